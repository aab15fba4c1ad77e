// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/ip_address.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace mtasts {
namespace {

TEST(IpAddress, ParsesAndWrites) {
  struct Good {
    std::string text;
    std::string canonical;
    AddressFamily family;
  };
  const std::vector<Good> good = {
      {"0.0.0.0", "0.0.0.0", AddressFamily::ipv4},
      {"192.0.2.255", "192.0.2.255", AddressFamily::ipv4},
      {"::", "::", AddressFamily::ipv6},
      {"2001:DB8:0:0::1", "2001:db8::1", AddressFamily::ipv6},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1", AddressFamily::ipv6},
      {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       AddressFamily::ipv6},  // the longest text
  };
  for (const Good& c : good) {
    auto address = IpAddress::parse(c.text);
    ASSERT_TRUE(address) << c.text;
    EXPECT_EQ(address->text(), c.canonical);
    EXPECT_EQ(address->family(), c.family);
    EXPECT_EQ(*IpAddress::parse(address->text()), *address);
  }
  const std::vector<std::string> bad = {
      "",                            // nothing
      "1.2.3",                       // short
      "1.2.3.4.5",                   // long
      "1.2.3.256",                   // over an octet
      "01.2.3.4",                    // octal to some
      "0x7f.0.0.1",                  // hexadecimal to some
      "127.1",                       // short form to some
      " 1.2.3.4",                    // blank
      "1.2.3.4 ",                    // blank
      "1.2.3.4/32",                  // a network
      "[::1]",                       // brackets
      "fe80::1%eth0",                // zone
      ":::",                         // colons
      "1::2::3",                     // two gaps
      std::string("1.2.3.4\0x", 9),  // NUL
      std::string(5000, ':'),        // long
  };
  for (const std::string& text : bad) EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpAddress, FromOctets) {
  EXPECT_EQ(IpAddress::v4({192, 0, 2, 1}), *IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(IpAddress::v6({0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
            *IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(IpAddress().text(), "0.0.0.0");
  EXPECT_NE(*IpAddress::parse("::ffff:192.0.2.1"), *IpAddress::parse("192.0.2.1"));
}

struct Scoped {
  std::string address;
  AddressScope scope;
};

TEST(IpAddress, ScopeFollowsTheRegistries) {
  const std::vector<Scoped> cases = {
      {"8.8.8.8", AddressScope::global},
      {"0.1.2.3", AddressScope::unspecified},
      {"9.255.255.255", AddressScope::global},         // below 10/8
      {"10.0.0.0", AddressScope::private_use},         // its first
      {"10.255.255.255", AddressScope::private_use},   // its last
      {"11.0.0.0", AddressScope::global},              // above
      {"100.63.255.255", AddressScope::global},        // below 100.64/10
      {"100.64.0.0", AddressScope::private_use},       // RFC 6598
      {"100.127.255.255", AddressScope::private_use},  // its last
      {"100.128.0.0", AddressScope::global},           // above
      {"127.255.255.255", AddressScope::loopback},
      {"169.254.169.254", AddressScope::link_local},  // cloud metadata
      {"172.15.255.255", AddressScope::global},
      {"172.16.0.0", AddressScope::private_use},
      {"172.31.255.255", AddressScope::private_use},
      {"172.32.0.0", AddressScope::global},
      {"192.0.0.1", AddressScope::reserved},
      {"192.0.2.1", AddressScope::documentation},
      {"192.88.98.255", AddressScope::global},
      {"192.88.99.1", AddressScope::reserved},  // relays of 6to4, RFC 7526
      {"192.88.100.1", AddressScope::global},
      {"192.168.1.1", AddressScope::private_use},
      {"198.17.255.255", AddressScope::global},
      {"198.19.255.255", AddressScope::reserved},  // benchmarking
      {"198.51.100.1", AddressScope::documentation},
      {"203.0.113.1", AddressScope::documentation},
      {"223.255.255.255", AddressScope::global},
      {"224.0.0.1", AddressScope::multicast},
      {"240.0.0.1", AddressScope::reserved},
      {"255.255.255.255", AddressScope::reserved},  // broadcast
      {"2606:4700::1", AddressScope::global},
      {"::", AddressScope::unspecified},
      {"::1", AddressScope::loopback},
      {"::2", AddressScope::reserved},               // IPv4-compatible, RFC 4291 §2.5.5.1
      {"::127.0.0.1", AddressScope::reserved},       // IPv4-compatible
      {"100::1", AddressScope::discard},             // the un-proxied placeholder
      {"100:0:0:1::1", AddressScope::reserved},      // the dummy prefix, RFC 9780
      {"100:0:0:2::1", AddressScope::global},        // behind it
      {"2002:c058:6301::", AddressScope::reserved},  // 6to4 of 192.88.99.1
      {"2001:db8::1", AddressScope::documentation},
      {"2001:2::1", AddressScope::reserved},
      {"2001::1", AddressScope::reserved},     // Teredo, RFC 4380: carries an address unseen
      {"2001:10::1", AddressScope::reserved},  // ORCHID
      {"2001:20::1", AddressScope::reserved},  // ORCHIDv2: no route leads there
      {"2001:4860::1", AddressScope::global},  // beside them
      {"3fff::1", AddressScope::documentation},
      {"3fff:1000::1", AddressScope::global},  // behind 3fff::/20
      {"5f00::1", AddressScope::reserved},
      {"fc00::1", AddressScope::private_use},
      {"fdff::1", AddressScope::private_use},
      {"fe80::1", AddressScope::link_local},
      {"febf::1", AddressScope::link_local},
      {"fec0::1", AddressScope::private_use},
      {"ff02::1", AddressScope::multicast},
      {"::ffff:127.0.0.1", AddressScope::loopback},      // mapped
      {"::ffff:8.8.8.8", AddressScope::global},          // mapped
      {"::ffff:0:10.0.0.1", AddressScope::private_use},  // translated, RFC 2765
      {"64:ff9b::10.0.0.1", AddressScope::private_use},  // NAT64
      {"64:ff9b::8.8.8.8", AddressScope::global},        // NAT64
      {"64:ff9b:1::a", AddressScope::private_use},       // local NAT64, RFC 8215
      {"2002:a00:1::", AddressScope::private_use},       // 6to4 of 10.0.0.1
      {"2002:808:808::1", AddressScope::global},         // 6to4 of 8.8.8.8
  };
  for (const Scoped& c : cases) {
    auto address = IpAddress::parse(c.address);
    ASSERT_TRUE(address) << c.address;
    EXPECT_EQ(name_of(address->scope()), name_of(c.scope)) << c.address;
  }
}

// Every entry of the two registries (as of 2025), by its first and last address, with what is just
// outside where that is global. "Globally reachable" is what the registry says.
struct Entry {
  std::string first;
  std::string last;
  bool globally_reachable;
};

const Entry kEntries[] = {
    {"0.0.0.0", "0.255.255.255", false},        // RFC 791
    {"10.0.0.0", "10.255.255.255", false},      // RFC 1918
    {"100.64.0.0", "100.127.255.255", false},   // RFC 6598
    {"127.0.0.0", "127.255.255.255", false},    // RFC 1122
    {"169.254.0.0", "169.254.255.255", false},  // RFC 3927
    {"172.16.0.0", "172.31.255.255", false},    // RFC 1918
    {"192.0.0.0", "192.0.0.255", false},        // RFC 6890; .9 and .10 answer in the own network
    {"192.0.2.0", "192.0.2.255", false},        // RFC 5737
    {"192.31.196.0", "192.31.196.255", true},   // AS112, RFC 7535
    {"192.52.193.0", "192.52.193.255", true},   // AMT, RFC 7450
    {"192.88.99.0", "192.88.99.255", false},    // 6to4 relays, RFC 7526
    {"192.168.0.0", "192.168.255.255", false},  // RFC 1918
    {"192.175.48.0", "192.175.48.255", true},   // AS112, RFC 7534
    {"198.18.0.0", "198.19.255.255", false},    // RFC 2544
    {"198.51.100.0", "198.51.100.255", false},  // RFC 5737
    {"203.0.113.0", "203.0.113.255", false},    // RFC 5737
    {"224.0.0.0", "239.255.255.255", false},    // multicast, RFC 1112
    {"240.0.0.0", "255.255.255.255", false},    // RFC 1112, RFC 8190
    {"::", "::1", false},                       // RFC 4291
    {"::ffff:0.0.0.0", "::ffff:0.255.255.255", false},
    {"::ffff:169.254.169.254", "::ffff:169.254.169.254", false},
    {"::ffff:192.88.99.0", "::ffff:192.88.99.255", false},
    {"64:ff9b::a00:0", "64:ff9b::aff:ffff", false},  // RFC 6052, of 10/8
    {"64:ff9b::808:808", "64:ff9b::808:808", true},
    {"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", false},  // RFC 8215
    {"100::", "100::ffff:ffff:ffff:ffff", false},                  // RFC 6666
    {"100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", false},       // RFC 9780
    {"2001::", "2001:2:ffff:ffff:ffff:ffff:ffff:ffff", false},     // RFC 2928, 4380, 5180
    {"2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", true},    // AMT, RFC 7450
    {"2001:4::", "2001:4:111:ffff:ffff:ffff:ffff:ffff", false},
    {"2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", true},  // AS112, RFC 7535
    {"2001:4:113::", "2001:f:ffff:ffff:ffff:ffff:ffff:ffff", false},
    {"2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", false},  // RFC 4843
    {"2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", false},  // RFC 7343: no locators
    {"2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", false},  // RFC 9374: no locators
    {"2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", false},
    {"2001:200::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", true},     // allocated to networks
    {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", false},    // RFC 3849
    {"2002:a9fe::", "2002:a9fe:ffff:ffff:ffff:ffff:ffff:ffff", false},  // 6to4 of 169.254/16
    {"2002:c0a8::", "2002:c0a8:ffff:ffff:ffff:ffff:ffff:ffff", false},  // 6to4 of 192.168/16
    {"2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", true},  // AS112, RFC 7534
    {"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", false},        // RFC 9637
    {"5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},       // RFC 9602
    {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},       // RFC 4193
    {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},       // RFC 4291
    {"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},       // RFC 3879
    {"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},       // multicast
};

TEST(IpAddress, EveryEntryOfTheRegistries) {
  for (const Entry& entry : kEntries)
    for (const std::string& text : {entry.first, entry.last}) {
      auto address = IpAddress::parse(text);
      ASSERT_TRUE(address) << text;
      EXPECT_EQ(may_contact(*address, false), entry.globally_reachable) << text;
    }
}

TEST(IpAddress, MayContact) {
  auto may = [](const char* text, bool private_too) {
    return may_contact(*IpAddress::parse(text), private_too);
  };
  EXPECT_TRUE(may("8.8.8.8", false));
  for (const char* near :
       {"10.0.0.1", "127.0.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(may(near, false)) << near;
    EXPECT_TRUE(may(near, true)) << near;
  }
  for (const char* never : {"0.0.0.0", "::", "224.0.0.1", "ff02::1", "192.0.2.1", "2001:db8::1",
                            "100::1", "240.0.0.1", "::7f00:1", "192.88.99.1", "100:0:0:1::1"}) {
    EXPECT_FALSE(may(never, false)) << never;
    EXPECT_FALSE(may(never, true)) << never;
  }
}

TEST(IpAddress, Names) {
  EXPECT_EQ(name_of(AddressFamily::ipv4), "ipv4");
  EXPECT_EQ(name_of(AddressFamily::ipv6), "ipv6");
  std::set<std::string_view> scopes;
  for (int i = 0; i <= static_cast<int>(AddressScope::reserved); ++i)
    scopes.insert(name_of(static_cast<AddressScope>(i)));
  EXPECT_EQ(scopes.size(), static_cast<size_t>(AddressScope::reserved) + 1);
}

}  // namespace
}  // namespace mtasts
