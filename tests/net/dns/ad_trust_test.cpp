// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Whose AD bit is believed.
#include "net/dns/ad_trust.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace mtasts::net {
namespace {

using settings::TrustAd;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

settings::DnsSettings dns(const std::vector<std::string>& servers,
                          TrustAd trust = TrustAd::automatic) {
  settings::DnsSettings settings;
  for (const std::string& server : servers)
    settings.servers.push_back({*IpAddress::parse(server), 53});
  settings.trust_ad = trust;
  return settings;
}

TEST(ResolvConfText, IsReadAsTheManualSays) {
  const ResolvConf conf = parse_resolv_conf(
      "# nameserver 192.0.2.9\n"
      "; options trust-ad\n"
      "search example.com\n"
      "nameserver 127.0.0.53\n"
      "\tnameserver\t192.0.2.53 # a comment\n"
      "nameserver\n"
      "nameserver fe80::1%eth0\n"
      "options edns0 ndots:2\n"
      "options timeout:1  trust-ad");
  EXPECT_THAT(conf.servers, ElementsAre("127.0.0.53", "192.0.2.53", "fe80::1%eth0"));
  EXPECT_TRUE(conf.trust_ad);
  EXPECT_FALSE(parse_resolv_conf("options no-trust-ad trust-ad2\n#options trust-ad\n").trust_ad);
  EXPECT_THAT(parse_resolv_conf("").servers, IsEmpty());
  EXPECT_THAT(parse_resolv_conf(std::string(10000, '\n') + std::string(3, '\0')).servers,
              IsEmpty());
}

TEST(AdTrust, AutoBelievesResolversOnThisMachine) {
  struct Case {
    std::vector<std::string> servers;
    bool believed;
    std::string why;
  };
  const std::vector<IpAddress> own = {*IpAddress::parse("10.1.2.3"), *IpAddress::parse("fd00::5")};
  for (const auto& [servers, believed, why] :
       std::vector<Case>{{{"127.0.0.1"}, true, "loopback"},
                         {{"127.0.0.53"}, true, "loopback"},
                         {{"::1"}, true, "loopback"},
                         {{"10.1.2.3"}, true, "an address of the pod: a sidecar"},
                         {{"fd00::5"}, true, "an address of the pod: a sidecar"},
                         {{"10.1.2.4"}, false, "the next machine"},
                         {{"192.0.2.53"}, false, "elsewhere"},
                         {{"127.0.0.1", "192.0.2.53"}, false, "either may answer"},
                         {{"127.0.0.11"}, false, "Docker's forwarder"},
                         {{"2002:7f00:1::1"}, false, "6to4 of 127.0.0.1 leads elsewhere"},
                         {{"64:ff9b::7f00:1"}, false, "NAT64 of 127.0.0.1 leads elsewhere"}}) {
    EXPECT_EQ(ad_trust_of(dns(servers), {}, own).believed, believed) << why;
    ResolvConf conf;
    conf.servers = servers;
    EXPECT_EQ(ad_trust_of(dns({}), conf, own).believed, believed) << why << ", in resolv.conf";
  }
  EXPECT_TRUE(ad_trust_of(dns({}), {}, {}).believed) << "without a nameserver it is 127.0.0.1";
}

TEST(AdTrust, TrustAdOfResolvConfCountsForItsOwnServers) {
  ResolvConf conf;
  conf.servers = {"192.0.2.53", "fe80::1%eth0"};
  EXPECT_FALSE(ad_trust_of(dns({}), conf, {}).believed);
  EXPECT_THAT(ad_trust_of(dns({}), conf, {}).reason, HasSubstr("192.0.2.53"));
  conf.trust_ad = true;
  EXPECT_TRUE(ad_trust_of(dns({}), conf, {}).believed);
  EXPECT_TRUE(ad_trust_of(dns({"192.0.2.53"}), conf, {}).believed);
  EXPECT_FALSE(ad_trust_of(dns({"192.0.2.54"}), conf, {}).believed) << "not one of its servers";
}

TEST(AdTrust, TheSettingOverrulesBothWays) {
  EXPECT_TRUE(ad_trust_of(dns({"192.0.2.53"}, TrustAd::always), {}, {}).believed);
  const AdTrust never = ad_trust_of(dns({"127.0.0.1"}, TrustAd::never), {}, {});
  EXPECT_FALSE(never.believed);
  EXPECT_EQ(never.reason, "[dns] trust_ad is false");
}

}  // namespace
}  // namespace mtasts::net
