// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// From which addresses of a policy host the policy is fetched, and when.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "check/address_selection.h"
#include "scripted_checks.h"

namespace mtasts::check {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kHost = "mta-sts.one.example";

class PolicyObserverTest : public ScriptedChecks {
 protected:
  PolicyObserverTest() {
    auto good = fetcher_.answer;
    fetcher_.answer = [this, good](const std::string& host, const IpAddress& address) {
      HttpsAttempt attempt = good(host, address);
      if (auto broken = broken_.find(address.text()); broken != broken_.end())
        broken->second(attempt);
      return attempt;
    };
  }

  void set_addresses(int count) {
    resolver_.answers.erase({kHost, RecordType::a});
    for (int i = 1; i <= count; ++i) resolver_.add_address(kHost, address(i));
  }
  static std::string address(int number) {
    return "192.88." + std::to_string(90 + number / 200) + "." + std::to_string(1 + number % 200);
  }
  void reverse_addresses() {
    auto& addresses = resolver_.answers[{kHost, RecordType::a}].addresses;
    std::reverse(addresses.begin(), addresses.end());
  }
  // Addresses that a check fetches from.
  std::multiset<std::string> fetched() {
    std::multiset<std::string> texts;
    for (const auto& [host, text] : fetcher_.fetched)
      if (host == kHost) texts.insert(text);
    fetcher_.fetched.clear();
    return texts;
  }
  verdict::Report look() { return check({"one.example"})[0]; }
  verdict::Report look_after(milliseconds wait) {
    later_ += wait;
    return look();
  }

  std::map<std::string, std::function<void(HttpsAttempt&)>> broken_;
};

void fail_404(HttpsAttempt& attempt) { attempt.http_status = 404; }

TEST_F(PolicyObserverTest, ABadAddressIsSeenWhateverTheOrderInDns) {
  set_addresses(2);
  broken_[address(2)] = fail_404;
  for (int i = 0; i < 6; ++i) {
    auto report = look_after(minutes(15));
    EXPECT_EQ(summary(report), "sts-host-address-fails:warning ") << i;
    EXPECT_EQ(report.findings.at(0).subject, std::string(kHost) + " [" + address(2) + "]");
    reverse_addresses();
  }
}

TEST_F(PolicyObserverTest, TheFirstCheckFetchesFromEveryAddress) {
  set_addresses(20);
  look();
  EXPECT_EQ(fetched().size(), 20u);
}

TEST_F(PolicyObserverTest, LaterChecksShareTheAddressesAmongThem) {
  set_addresses(8);
  look();
  fetched();
  std::multiset<std::string> within_interval;
  for (int i = 0; i < 4; ++i) {
    look_after(minutes(15));
    auto now = fetched();
    EXPECT_EQ(now.size(), 2u) << i;
    within_interval.merge(now);
    reverse_addresses();
  }
  EXPECT_EQ(std::set<std::string>(within_interval.begin(), within_interval.end()).size(), 8u);
}

TEST_F(PolicyObserverTest, OneAddressPerFamilyAtLeast) {
  settings_.network.families = {AddressFamily::ipv4, AddressFamily::ipv6};
  set_addresses(2);
  resolver_.add_address(kHost, "2a00::1");
  resolver_.add_address(kHost, "2a00::2");
  look();
  EXPECT_EQ(fetched().size(), 4u);
  look_after(minutes(15));
  EXPECT_EQ(fetched().size(), 2u);
}

TEST_F(PolicyObserverTest, AFailedAddressIsFetchedFromInEveryCheck) {
  set_addresses(8);
  broken_[address(7)] = fail_404;
  look();
  fetched();
  for (int i = 0; i < 3; ++i) {
    look_after(minutes(15));
    EXPECT_EQ(fetched().count(address(7)), 1u) << i;
  }
  broken_.clear();
  EXPECT_EQ(look_after(minutes(15)).outcome, Outcome::ok) << "seen at once";
}

TEST_F(PolicyObserverTest, AChangeAtOneAddressIsLookedForAtAll) {
  set_addresses(8);
  look();
  fetched();
  for (int i = 1; i <= 8; ++i)
    broken_[address(i)] = [](HttpsAttempt& attempt) {
      attempt.body = "version: STSv1\r\nmode: testing\r\nmx: *.mail.example\r\nmax_age: 86400\r\n";
    };
  auto report = look_after(minutes(15));
  EXPECT_EQ(fetched().size(), 8u);
  EXPECT_EQ(report.policy.mode, protocol::Mode::testing);
  EXPECT_EQ(summary(report).find("sts-host-addresses-differ"), std::string::npos)
      << summary(report);
}

TEST_F(PolicyObserverTest, AnAddressThatLeavesDnsIsForgotten) {
  set_addresses(3);
  broken_[address(3)] = fail_404;
  EXPECT_EQ(look().outcome, Outcome::warning);
  set_addresses(2);
  EXPECT_EQ(look_after(minutes(15)).outcome, Outcome::ok);
}

TEST_F(PolicyObserverTest, ManyAddressesAreBoundedAndTheRestIsReported) {
  set_addresses(70);
  auto report = look();
  EXPECT_EQ(fetched().size(), kMaxAddresses);
  EXPECT_EQ(summary(report), "sts-host-unchecked:unknown ");
  EXPECT_NE(report.findings.at(0).message.find("6 addresses"), std::string::npos);
}

TEST_F(PolicyObserverTest, ASlowFirstFetchIsRepeatedAtOnce) {
  set_addresses(1);
  broken_[address(1)] = [](HttpsAttempt& attempt) { attempt.total_time = seconds(3); };
  EXPECT_EQ(summary(look()), "sts-http-slow:info ");
  EXPECT_EQ(fetched().size(), 2u);
  EXPECT_EQ(summary(look_after(minutes(15))), "sts-http-slow:info ");
  EXPECT_EQ(fetched().size(), 1u) << "compared with the check before";
}

TEST_F(PolicyObserverTest, ASingleSlowFetchIsNotReported) {
  set_addresses(1);
  int fetches = 0;
  broken_[address(1)] = [&fetches](HttpsAttempt& attempt) {
    attempt.total_time = seconds(++fetches == 1 ? 9 : 0);
  };
  EXPECT_EQ(summary(look()), "");
  EXPECT_EQ(summary(look_after(minutes(15))), "");
}

// ---- MX hosts ----------------------------------------------------------------------------------

TEST_F(PolicyObserverTest, EveryAddressOfAnMxHostIsProbed) {
  resolver_.answers.erase({"mx1.mail.example", RecordType::a});
  for (int i = 1; i <= 20; ++i) resolver_.add_address("mx1.mail.example", address(i));
  prober_.answer = [good = prober_.answer](const std::string& host, const IpAddress& ip) {
    SmtpAttempt attempt = good(host, ip);
    auto chain = *attempt.chain;
    chain.leaf.fingerprint_sha256 = ip.text();
    if (ip.text() == address(20)) chain.faults = {protocol::ChainFault::expired};
    attempt.chain = std::make_shared<const protocol::PeerChain>(chain);
    return attempt;
  };
  auto report = look();
  EXPECT_EQ(prober_.probed.size(), 20u);
  EXPECT_EQ(summary(report), "cert-differs-by-ip:warning cert-expired:warning ");
  EXPECT_EQ(report.findings.at(1).subject, "mx1.mail.example [" + address(20) + "]");
}

TEST_F(PolicyObserverTest, MxHostsAndAddressesBeyondTheLimitsAreReported) {
  auto& mx = resolver_.script("one.example", RecordType::mx);
  mx.mx.clear();
  for (int i = 0; i < 130; ++i) {
    std::string host = "h" + std::to_string(i) + ".mail.example";
    mx.mx.push_back({10, host});
    resolver_.add_address(host, address(i));
  }
  for (int i = 0; i < 70; ++i) resolver_.add_address("h0.mail.example", address(200 + i));
  auto report = look();
  EXPECT_EQ(report.outcome, Outcome::unknown) << summary(report);
  std::string messages;
  for (const auto& finding : report.findings) {
    EXPECT_TRUE(finding.code().ends_with("-unchecked")) << finding.code();
    messages += finding.message + "\n";
  }
  EXPECT_NE(messages.find("30 MX hosts"), std::string::npos) << messages;
  EXPECT_NE(messages.find("7 addresses"), std::string::npos) << messages;
}

// ---- Selection ---------------------------------------------------------------------------------

TEST(SelectAddresses, IsSortedAndIndependentOfTheOrderInDns) {
  settings::NetworkSettings network;
  network.families = {AddressFamily::ipv4, AddressFamily::ipv6};
  verdict::HostAddresses found;
  found.answers.resize(2);
  for (const char* text : {"192.175.48.9", "10.0.0.1", "192.175.48.1", "192.175.48.9"})
    found.answers[0].addresses.push_back(*IpAddress::parse(text));
  for (int i = 0; i < 5; ++i)
    found.answers[1].addresses.push_back(*IpAddress::parse("2a00::" + std::to_string(i)));
  auto selected = select_addresses(found, network, 4);
  std::vector<std::string> texts;
  for (const auto& ip : selected) texts.push_back(ip.text());
  EXPECT_THAT(texts, ::testing::ElementsAre("192.175.48.1", "192.175.48.9", "2a00::", "2a00::1"));
  EXPECT_EQ(found.beyond_limit.size(), 4u);
  EXPECT_TRUE(found.unused_family.empty());
  network.families = {AddressFamily::ipv6};
  found.beyond_limit.clear();
  EXPECT_EQ(select_addresses(found, network).size(), 5u);
  EXPECT_EQ(found.unused_family.size(), 3u);
}

}  // namespace
}  // namespace mtasts::check
