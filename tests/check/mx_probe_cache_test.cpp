// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The MX probe cache: what domains share, and how long a result is kept.
#include "scripted_checks.h"

namespace mtasts::check {
namespace {

class MxProbeCacheTest : public ScriptedChecks {};

TEST_F(MxProbeCacheTest, DomainsShareTheProbeOfAnMxHost) {
  add_domain("two.example", {"mx1.mail.example"});
  auto reports = check({"one.example", "two.example"});
  EXPECT_EQ(summary(reports[0]) + summary(reports[1]), "");
  EXPECT_EQ(prober_.probed.size(), 1u);
  EXPECT_EQ(reports[0].mx[0].facts, reports[1].mx[0].facts) << "the facts are shared, not copied";
  check({"one.example"});
  EXPECT_EQ(prober_.probed.size(), 1u) << "within smtp_interval nobody is probed again";
}

TEST_F(MxProbeCacheTest, AFaultyHostIsProbedAgainSoonerThanAGoodOne) {
  using std::chrono::minutes;
  auto probes_at = [this](minutes time) {
    later_ = time;
    check({"one.example"});
    return prober_.probed.size();
  };
  EXPECT_EQ(probes_at(minutes(0)), 1u);
  EXPECT_EQ(probes_at(minutes(59)), 1u) << "a good host is left alone for smtp_interval";
  refusing_host_ = "mx1.mail.example";
  EXPECT_EQ(probes_at(minutes(61)), 2u);
  EXPECT_EQ(probes_at(minutes(62)), 3u);  // confirmed after a minute
  EXPECT_EQ(probes_at(minutes(63)), 3u);
  EXPECT_EQ(probes_at(minutes(64)), 4u);  // then after 2, 4 and 5
  EXPECT_EQ(probes_at(minutes(67)), 4u);
  EXPECT_EQ(probes_at(minutes(68)), 5u);
  EXPECT_EQ(probes_at(minutes(72)), 5u);
  EXPECT_EQ(probes_at(minutes(73)), 6u) << "a fault is never kept for longer than five minutes";
  refusing_host_.clear();
  EXPECT_EQ(probes_at(minutes(78)), 7u) << "fixed";
  EXPECT_EQ(probes_at(minutes(137)), 7u);
}

TEST_F(MxProbeCacheTest, ADeferringServerIsProbedAtGrowingIntervals) {
  using std::chrono::minutes;
  prober_.answer = [](const std::string&, const IpAddress&) {
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::banner_rejected;
    attempt.reply_code = 421;
    return attempt;
  };
  size_t probes = 0;
  for (int minute : {0, 1, 3, 7, 15, 31, 63, 123}) {  // 1, 2, 4 … 32 minutes, then the hour
    for (int early : {1, 0}) {
      if (minute < early) continue;
      later_ = minutes(minute) - std::chrono::seconds(30) * early;
      check({"one.example"});
      probes += early == 0 ? 1 : 0;
      EXPECT_EQ(prober_.probed.size(), probes) << "at minute " << minute << ", early " << early;
    }
  }
}

// One address always defers the agent and is probed once an hour; a fault of the other one must not
// wait that long.
TEST_F(MxProbeCacheTest, AFaultOfAHostWithADeferringAddressIsProbedAgainSoon) {
  using std::chrono::minutes;
  settings_.network.families = {AddressFamily::ipv4, AddressFamily::ipv6};
  resolver_.add_address("mx1.mail.example", "2a00::1");
  auto good = prober_.answer;
  prober_.answer = [&](const std::string& host, const IpAddress& address) {
    if (address.family() == AddressFamily::ipv4) return good(host, address);
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::banner_rejected;
    attempt.reply_code = 554;
    return attempt;
  };
  auto rounds_at = [this](int minute) {
    later_ = minutes(minute);
    check({"one.example"});
    return prober_.probed.size() / 2;
  };
  size_t rounds = 0;
  for (int minute : {0, 1, 3, 7, 15, 31, 63}) EXPECT_EQ(rounds_at(minute), ++rounds) << minute;
  EXPECT_EQ(rounds_at(122), rounds);
  refusing_host_ = "mx1.mail.example";
  EXPECT_EQ(rounds_at(123), ++rounds);
  EXPECT_EQ(rounds_at(124), ++rounds) << "confirmed after a minute";
  refusing_host_.clear();
  EXPECT_EQ(rounds_at(126), ++rounds) << "fixed";
  EXPECT_EQ(rounds_at(180), rounds);
}

TEST_F(MxProbeCacheTest, AnAddressSeesOneConnectionAtATime) {
  std::vector<std::string> hosts;
  for (int i = 2; i < 10; ++i) {
    hosts.push_back("mx" + std::to_string(i) + ".mail.example");
    resolver_.add_address(hosts.back(), "192.88.99.9");
  }
  add_domain("many.example", hosts);
  prober_.delay = milliseconds(5);
  check({"many.example"});
  EXPECT_EQ(prober_.probed.size(), hosts.size());
  EXPECT_EQ(prober_.most_open["192.88.99.9"], 1);
}

}  // namespace
}  // namespace mtasts::check
