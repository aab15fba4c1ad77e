// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/rua_target.h"

#include <charconv>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/ip_address.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kUriLimit_bytes = 2048;

// RFC 3986 §2.1; empty when an escape is incomplete or stands for a control character.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned value = 0;
    std::string_view digits = text.substr(i + 1, 2);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || digits.size() != 2 || end != digits.data() + 2 || value < 0x20)
      return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

std::optional<std::string> host_name(std::string_view text) {
  if (text.empty() || IpAddress::parse(text)) return std::nullopt;
  auto name = DomainName::parse(text);
  if (!name) return std::nullopt;
  return name->text();
}

// RFC 6068 §2: addr-spec, then fields after a question mark. The last @ ends a quoted local part.
std::optional<RuaTarget> mail_target(std::string_view rest) {
  auto address = percent_decoded(rest.substr(0, rest.find('?')));
  if (!address) return std::nullopt;
  size_t at = address->rfind('@');
  if (at == std::string::npos || at == 0) return std::nullopt;
  bool several = address->find(',') != std::string::npos && address->front() != '"';
  if (several) return std::nullopt;
  auto domain = host_name(std::string_view(*address).substr(at + 1));
  if (!domain) return std::nullopt;
  RuaTarget target;
  target.host = std::move(*domain);
  return target;
}

// RFC 3986 §3.2: //[userinfo@]host[:port], ended by a path, query or fragment.
std::optional<RuaTarget> web_target(std::string_view rest) {
  if (!rest.starts_with("//")) return std::nullopt;
  std::string_view authority = rest.substr(2);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  RuaTarget target;
  target.kind = RuaTarget::Kind::https;
  if (size_t colon = authority.rfind(':'); colon != std::string_view::npos) {
    std::string_view digits = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), target.port);
    bool whole = error == std::errc() && end == digits.data() + digits.size() && target.port != 0;
    if (!digits.empty() && !whole) return std::nullopt;
  }
  auto decoded = percent_decoded(authority);
  auto host = decoded ? host_name(*decoded) : std::nullopt;
  if (!host) return std::nullopt;
  target.host = std::move(*host);
  return target;
}

}  // namespace

std::optional<RuaTarget> rua_target(std::string_view uri) {
  if (uri.size() > kUriLimit_bytes) return std::nullopt;
  size_t colon = uri.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string scheme = ascii_lower(uri.substr(0, colon));
  if (scheme == "mailto") return mail_target(uri.substr(colon + 1));
  if (scheme == "https") return web_target(uri.substr(colon + 1));
  return std::nullopt;
}

}  // namespace mtasts::protocol
