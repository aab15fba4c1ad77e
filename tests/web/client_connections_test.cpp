// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/client_connections.h"

#include <gtest/gtest.h>

namespace mtasts::web {
namespace {

IpAddress at(const char* text) { return IpAddress::parse(text).value(); }

TEST(ClientConnections, BoundsEachClientAlone) {
  ClientConnections connections(2);
  EXPECT_TRUE(connections.take(at("198.51.100.1")));
  EXPECT_TRUE(connections.take(at("198.51.100.1")));
  EXPECT_FALSE(connections.take(at("198.51.100.1")));
  EXPECT_TRUE(connections.take(at("198.51.100.2")));
  connections.give_back(at("198.51.100.1"));
  EXPECT_TRUE(connections.take(at("198.51.100.1")));
  EXPECT_EQ(connections.clients(), 2u);
}

TEST(ClientConnections, AnIpv6ClientIsItsNetwork) {
  ClientConnections connections(1);
  EXPECT_TRUE(connections.take(at("2001:db8:1:2::1")));
  EXPECT_FALSE(connections.take(at("2001:db8:1:2:ffff::9")));
  EXPECT_TRUE(connections.take(at("2001:db8:1:3::1")));
}

TEST(ClientConnections, AProxyHasNoLimitOfItsOwn) {
  ClientConnections connections(1);
  for (const char* inside : {"127.0.0.1", "::1", "10.1.2.3", "fd00::1"})
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(connections.take(at(inside))) << inside;
  EXPECT_EQ(connections.clients(), 0u);
}

TEST(ClientConnections, ForgetsClientsThatLeft) {
  ClientConnections connections(1);
  for (int i = 1; i < 200; ++i) {
    const std::string address = "198.51.100." + std::to_string(i);
    EXPECT_TRUE(connections.take(at(address.c_str())));
    connections.give_back(at(address.c_str()));
  }
  EXPECT_EQ(connections.clients(), 0u);
  ClientConnections unlimited(0);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(unlimited.take(at("198.51.100.1")));
  EXPECT_EQ(unlimited.clients(), 0u);
}

}  // namespace
}  // namespace mtasts::web
