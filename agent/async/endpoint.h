// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Conversion between IpAddress and the address types of Boost.Asio. Pure, any thread.
#pragma once

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>

#include "base/ip_address.h"

namespace mtasts {

inline boost::asio::ip::tcp::endpoint endpoint_of(const IpAddress& address, uint16_t port) {
  namespace ip = boost::asio::ip;
  if (address.family() == AddressFamily::ipv6) return {ip::address_v6(address.octets()), port};
  ip::address_v4::bytes_type octets{};
  std::copy_n(address.octets().begin(), octets.size(), octets.begin());
  return {ip::address_v4(octets), port};
}

inline IpAddress address_of(const boost::asio::ip::address& address) {
  if (address.is_v6()) return IpAddress::v6(address.to_v6().to_bytes());
  return IpAddress::v4(address.to_v4().to_bytes());
}

}  // namespace mtasts
