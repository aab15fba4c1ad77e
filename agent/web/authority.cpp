// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/authority.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/ip_address.h"

namespace mtasts::web {
namespace {

// RFC 3986 §3.2.2: reg-name is made of unreserved, sub-delims and escapes.
bool is_name_character(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=%";
  return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

// RFC 3986 §3.2.3: digits, or nothing after the colon.
bool is_port(std::string_view digits) {
  if (digits.empty()) return true;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size();
}

// "[::1]" and what follows it.
std::optional<std::string> host_of_literal(std::string_view authority) {
  const size_t close = authority.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(authority.substr(1, close - 1));
  if (!address || address->family() != AddressFamily::ipv6) return std::nullopt;
  const std::string_view rest = authority.substr(close + 1);
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  return ascii_lower(authority.substr(0, close + 1));
}

}  // namespace

std::optional<std::string> host_of_authority(std::string_view authority) {
  if (authority.starts_with('[')) return host_of_literal(authority);
  const size_t colon = std::min(authority.find(':'), authority.size());
  std::string_view host = authority.substr(0, colon);
  if (colon < authority.size() && !is_port(authority.substr(colon + 1))) return std::nullopt;
  if (!all_of(host, is_name_character)) return std::nullopt;
  if (host.ends_with('.')) host.remove_suffix(1);
  return ascii_lower(host);
}

std::optional<AbsoluteForm> absolute_form_of(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const size_t end = std::min(target.find_first_of("/?#"), target.size());
    return AbsoluteForm{target.substr(0, end), target.substr(end)};
  }
  return std::nullopt;
}

}  // namespace mtasts::web
