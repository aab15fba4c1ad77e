// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/printable.h"

namespace mtasts::settings {
namespace {

Failure refused(std::string_view text, std::string_view fault) {
  return {FailureKind::invalid,
          fmt::format("\"{}\" is not an address and port: {}", printable(text, 80), fault)};
}

std::optional<uint16_t> port_of(std::string_view digits) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
    return std::nullopt;
  return port;
}

struct Parts {
  std::string_view address;
  std::optional<std::string_view> port;
};

// Empty when the brackets do not close or something else follows them.
std::optional<Parts> split(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    Parts parts{text.substr(1, close - 1), std::nullopt};
    std::string_view rest = text.substr(close + 1);
    if (rest.empty()) return parts;
    if (rest.front() != ':') return std::nullopt;
    parts.port = rest.substr(1);
    return parts;
  }
  if (std::count(text.begin(), text.end(), ':') != 1) return Parts{text, std::nullopt};
  size_t colon = text.find(':');
  return Parts{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

std::string Endpoint::text() const {
  bool v6 = address.family() == AddressFamily::ipv6;
  return v6 ? fmt::format("[{}]:{}", address.text(), port)
            : fmt::format("{}:{}", address.text(), port);
}

Result<Endpoint> parse_endpoint(std::string_view text, uint16_t default_port) {
  auto parts = split(text);
  if (!parts) return refused(text, "write an IPv6 address in brackets, as in \"[::1]:53\"");
  if (parts->address.empty() && parts->port)
    return refused(text, fmt::format("the address is missing; write \"[::]:{0}\" or "
                                     "\"0.0.0.0:{0}\" for all addresses of this host",
                                     printable(*parts->port, 8)));
  auto address = IpAddress::parse(parts->address);
  if (!address && parts->address.find('%') != std::string_view::npos)
    return refused(text, "IPv6 zones are not supported; write an address without \"%\"");
  if (!address)
    return refused(text,
                   "write an IP address, not a name, as in \"127.0.0.1:53\" or "
                   "\"[::1]:53\"");
  bool brackets = text.front() == '[';
  if (brackets && address->family() == AddressFamily::ipv4)
    return refused(text, "brackets are only for IPv6 addresses; remove them");
  if (!parts->port) {
    if (default_port != 0) return Endpoint{*address, default_port};
    bool v6 = address->family() == AddressFamily::ipv6;
    return refused(text, fmt::format("the port is missing; write \"{}{}{}:PORT\"", v6 ? "[" : "",
                                     address->text(), v6 ? "]" : ""));
  }
  auto port = port_of(*parts->port);
  if (!port) return refused(text, "the port must be a number from 1 to 65535");
  return Endpoint{*address, *port};
}

}  // namespace mtasts::settings
