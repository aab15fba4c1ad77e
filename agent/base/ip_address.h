// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// IpAddress: an IPv4 or IPv6 address as a plain value, and the address ranges that must not be
// contacted even when DNS names them (IANA special-purpose registries, RFC 6890). Any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/enum_words.h"
#include "base/result.h"

namespace mtasts {

BOOST_DEFINE_FIXED_ENUM_CLASS(AddressFamily, uint8_t, ipv4, ipv6)
inline std::string_view name_of(AddressFamily family) { return enumerator_name(family); }

enum class AddressScope {
  global,         // may be contacted
  private_use,    // RFC 1918, RFC 6598 (shared), fc00::/7
  loopback,       // 127/8, ::1
  link_local,     // 169.254/16, fe80::/10
  unspecified,    // 0/8, ::
  multicast,      // 224/4, ff00::/8
  documentation,  // RFC 5737, RFC 3849, 3fff::/20
  discard,        // 100::/64 (RFC 6666); used as a placeholder for un-proxied CDN names
  reserved,       // 240/4, benchmarking, and other ranges without hosts
};
std::string_view name_of(AddressScope scope);  // for display: "private", "documentation", …

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0

  // Dotted quad or RFC 4291 text, no zone, no brackets.
  static Result<IpAddress> parse(std::string_view text);
  static IpAddress v4(const std::array<uint8_t, 4>& octets);
  static IpAddress v6(const std::array<uint8_t, 16>& octets);

  AddressFamily family() const { return family_; }
  // For IPv4, the first four octets are used.
  const std::array<uint8_t, 16>& octets() const { return octets_; }
  std::string text() const;
  // An IPv6 address that embeds an IPv4 address (mapped, NAT64, 6to4) has the scope of the latter.
  AddressScope scope() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  AddressFamily family_ = AddressFamily::ipv4;
  std::array<uint8_t, 16> octets_{};
};

// Documentation, multicast, discard, reserved and unspecified addresses are never contacted;
// private, loopback and link-local ones only when the settings allow private addresses.
bool may_contact(const IpAddress& address, bool allow_private_addresses);

}  // namespace mtasts
