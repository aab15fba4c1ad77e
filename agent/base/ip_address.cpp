// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace mtasts {
namespace {

struct Range {
  const char* prefix;
  int bits;
  AddressScope scope;
};

// The IANA special-purpose registries; the first matching row applies.
constexpr Range kRanges4[] = {
    {"0.0.0.0", 8, AddressScope::unspecified},
    {"10.0.0.0", 8, AddressScope::private_use},
    {"100.64.0.0", 10, AddressScope::private_use},
    {"127.0.0.0", 8, AddressScope::loopback},
    {"169.254.0.0", 16, AddressScope::link_local},
    {"172.16.0.0", 12, AddressScope::private_use},
    {"192.0.0.0", 24, AddressScope::reserved},  // for protocols (RFC 6890)
    {"192.0.2.0", 24, AddressScope::documentation},
    {"192.88.99.0", 24, AddressScope::reserved},  // relays of 6to4, deprecated (RFC 7526)
    {"192.168.0.0", 16, AddressScope::private_use},
    {"198.18.0.0", 15, AddressScope::reserved},
    {"198.51.100.0", 24, AddressScope::documentation},
    {"203.0.113.0", 24, AddressScope::documentation},
    {"224.0.0.0", 4, AddressScope::multicast},
    {"240.0.0.0", 4, AddressScope::reserved},
};
constexpr Range kRanges6[] = {
    {"::", 128, AddressScope::unspecified},
    {"::1", 128, AddressScope::loopback},
    {"64:ff9b:1::", 48, AddressScope::private_use},  // RFC 8215: local-use translation
    {"100::", 64, AddressScope::discard},
    {"100:0:0:1::", 64, AddressScope::reserved},  // RFC 9780: dummy prefix, never on the wire
    // 2001::/23 is for protocols (RFC 2928), and of it only these two have hosts for everybody. Not
    // global here, though the registry says so: 2001:1::1 to ::3, which the own network's gateway
    // answers (as 192.0.0.9 and .10), and 2001:20::/28 and 2001:30::/28, which identify and do not
    // locate. 2001::/32 (Teredo) embeds an obfuscated IPv4 address.
    {"2001:3::", 32, AddressScope::global},      // AMT (RFC 7450)
    {"2001:4:112::", 48, AddressScope::global},  // AS112 (RFC 7535)
    {"2001::", 23, AddressScope::reserved},
    {"2001:db8::", 32, AddressScope::documentation},
    {"3fff::", 20, AddressScope::documentation},
    {"5f00::", 16, AddressScope::reserved},
    {"fc00::", 7, AddressScope::private_use},
    {"fe80::", 10, AddressScope::link_local},
    {"fec0::", 10, AddressScope::private_use},
    {"ff00::", 8, AddressScope::multicast},
    {"::", 96, AddressScope::reserved},
};

bool has_prefix(const uint8_t* octets, const uint8_t* prefix, int bits) {
  int whole = bits / 8;
  if (std::memcmp(octets, prefix, static_cast<size_t>(whole)) != 0) return false;
  int rest = bits % 8;
  if (rest == 0) return true;
  auto mask = static_cast<uint8_t>(0xFF << (8 - rest));
  return (octets[whole] & mask) == (prefix[whole] & mask);
}

template <size_t N>
AddressScope scope_in(const Range (&ranges)[N], int family, const uint8_t* octets) {
  for (const Range& range : ranges) {
    std::array<uint8_t, 16> prefix{};
    inet_pton(family, range.prefix, prefix.data());
    if (has_prefix(octets, prefix.data(), range.bits)) return range.scope;
  }
  return AddressScope::global;
}

// Offset of the IPv4 address embedded in an IPv6 address: mapped ::ffff:0:0/96 (RFC 4291),
// translated ::ffff:0:0:0/96 (RFC 2765), NAT64 64:ff9b::/96 (RFC 6052), 6to4 2002::/16 (RFC 3056).
// Negative when there is none.
int embedded_v4_offset(const std::array<uint8_t, 16>& octets) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  static constexpr uint8_t kTranslated[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0};
  static constexpr uint8_t kNat64[12] = {0, 0x64, 0xFF, 0x9B};
  static constexpr uint8_t k6to4[2] = {0x20, 0x02};
  for (const uint8_t* prefix : {kMapped, kTranslated, kNat64})
    if (has_prefix(octets.data(), prefix, 96)) return 12;
  return has_prefix(octets.data(), k6to4, 16) ? 2 : -1;
}

}  // namespace

std::string_view name_of(AddressScope scope) {
  switch (scope) {
    case AddressScope::global:
      return "global";
    case AddressScope::private_use:
      return "private";
    case AddressScope::loopback:
      return "loopback";
    case AddressScope::link_local:
      return "link-local";
    case AddressScope::unspecified:
      return "unspecified";
    case AddressScope::multicast:
      return "multicast";
    case AddressScope::documentation:
      return "documentation";
    case AddressScope::discard:
      return "discard-only placeholder";
    case AddressScope::reserved:
      return "reserved";
  }
  return "reserved";
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  std::string terminated(text);
  IpAddress address;
  if (text.size() < INET6_ADDRSTRLEN && terminated.find('\0') == std::string::npos) {
    if (inet_pton(AF_INET, terminated.c_str(), address.octets_.data()) == 1) return address;
    address.octets_.fill(0);
    address.family_ = AddressFamily::ipv6;
    if (inet_pton(AF_INET6, terminated.c_str(), address.octets_.data()) == 1) return address;
  }
  return Failure{FailureKind::invalid, "not an IP address"};
}

IpAddress IpAddress::v4(const std::array<uint8_t, 4>& octets) {
  IpAddress address;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

IpAddress IpAddress::v6(const std::array<uint8_t, 16>& octets) {
  IpAddress address;
  address.family_ = AddressFamily::ipv6;
  address.octets_ = octets;
  return address;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (family_ == AddressFamily::ipv6) {
    inet_ntop(AF_INET6, octets_.data(), buffer, sizeof buffer);
    return buffer;
  }
  char* at = buffer;
  for (size_t i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at = std::to_chars(at, buffer + sizeof buffer, octets_[i]).ptr;
  }
  return {buffer, at};
}

AddressScope IpAddress::scope() const {
  if (family_ == AddressFamily::ipv4) return scope_in(kRanges4, AF_INET, octets_.data());
  if (int offset = embedded_v4_offset(octets_); offset >= 0)
    return scope_in(kRanges4, AF_INET, octets_.data() + offset);
  return scope_in(kRanges6, AF_INET6, octets_.data());
}

bool may_contact(const IpAddress& address, bool allow_private_addresses) {
  switch (address.scope()) {
    case AddressScope::global:
      return true;
    case AddressScope::private_use:
    case AddressScope::loopback:
    case AddressScope::link_local:
      return allow_private_addresses;
    default:
      return false;
  }
}

}  // namespace mtasts
