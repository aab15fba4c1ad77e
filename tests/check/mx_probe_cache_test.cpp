// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The MX probe cache: what domains share, and how long a result is kept.
#include <fmt/format.h>

#include "scripted_checks.h"

namespace mtasts::check {
namespace {

class MxProbeCacheTest : public ScriptedChecks {
 protected:
  // Domains with an MX host each, all at 192.175.48.9.
  std::vector<std::string> add_customers(int count) {
    std::vector<std::string> domains;
    for (int i = 0; i < count; ++i) {
      domains.push_back("customer" + std::to_string(i) + ".example");
      const std::string host = "customer" + std::to_string(i) + ".mail.example";
      resolver_.add_address(host, "192.175.48.9");
      add_domain(domains.back(), {host});
    }
    return domains;
  }
};

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

// 150 customers of one provider, each with a name of its own for the same address. One connection
// at a time would take 4.5 s.
TEST_F(MxProbeCacheTest, EveryNameAtOneAddressIsObservedWithinTheCheck) {
  std::vector<std::string> domains = add_customers(150);
  prober_.delay = milliseconds(30);
  size_t unobserved = 0;
  for (const verdict::Report& report : check(domains, milliseconds(2500)))
    unobserved += report.outcome == Outcome::ok ? 0 : 1;
  EXPECT_EQ(unobserved, 0u) << "of " << domains.size();
  EXPECT_EQ(prober_.probed.size(), 150u) << "the certificate may depend on the name";
  EXPECT_LE(prober_.most_open["192.175.48.9"], static_cast<int>(MxProbeCache::kMaxPerAddress));
}

// What an address does not say before TLS does not depend on the name.
TEST_F(MxProbeCacheTest, ADeadAddressIsTriedOnceForAllItsNames) {
  std::vector<std::string> domains = add_customers(150);
  prober_.delay = milliseconds(30);
  prober_.answer = [this](const std::string& host, const IpAddress& address) {
    SmtpAttempt attempt;
    const bool dead = address == *IpAddress::parse("192.175.48.9");
    attempt.status = dead ? SmtpStatus::connect_timeout : SmtpStatus::ok;
    if (dead) return attempt;
    attempt.reply_code = 220;
    attempt.chain = fakes::trusted_chain(host);
    return attempt;
  };
  for (const verdict::Report& report : check(domains, milliseconds(2500)))
    EXPECT_EQ(summary(report), "smtp-connect-timeout:warning ");
  EXPECT_LE(prober_.probed.size(), MxProbeCache::kMaxPerAddress);
  later_ = std::chrono::seconds(61);
  const size_t before = prober_.probed.size();
  check({domains.front()});
  EXPECT_EQ(prober_.probed.size(), before + 1) << "a fault is confirmed by a look of its own";
}

// It may defer the agent because of the connections.
TEST_F(MxProbeCacheTest, AnAddressThatDefersSeesOneConnectionAtATime) {
  std::vector<std::string> domains = add_customers(20);
  prober_.answer = [](const std::string&, const IpAddress&) {
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::banner_rejected;
    attempt.reply_code = 421;
    return attempt;
  };
  check(domains);
  later_ = std::chrono::seconds(70);
  prober_.most_open.clear();
  check(domains);
  EXPECT_EQ(prober_.most_open["192.175.48.9"], 1);
}

// A domain's owner points any number of names at somebody else's address.
TEST_F(MxProbeCacheTest, ADomainCannotTurnTheAgentAgainstAnAddress) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("x" + std::to_string(i) + ".hostile.example");
    resolver_.add_address(names.back(), "192.175.48.1");  // of one.example
  }
  names.push_back("mx1.mail.example");
  add_domain("hostile.example", names);
  prober_.delay = milliseconds(5);
  auto reports = check({"hostile.example", "one.example"});
  EXPECT_LE(prober_.probed.size(), NameAllowance::kMostNamesPerAddress + 1);
  EXPECT_EQ(reports[1].outcome, Outcome::ok) << summary(reports[1]);
  // New names with every check change nothing within the hour.
  for (int round = 1; round < 4; ++round) {
    auto& mx = resolver_.script("hostile.example", RecordType::mx).mx;
    mx.clear();
    for (int i = 0; i < 100; ++i) {
      std::string name = "y" + std::to_string(100 * round + i) + ".hostile.example";
      resolver_.add_address(name, "192.175.48.1");
      mx.push_back({10, name});
    }
    later_ = std::chrono::minutes(14) * round;
    check({"hostile.example"});
  }
  EXPECT_LE(prober_.probed.size(), NameAllowance::kMostNamesPerAddress + 1);
  later_ = std::chrono::minutes(61);
  EXPECT_EQ(check({"one.example"})[0].outcome, Outcome::ok);
}

// A year in which a domain's owner changes all that can be changed with every check: a hundred MX
// hosts with addresses of their own. Memory stays what a few hours of it take.
TEST_F(MxProbeCacheTest, AHostileYearLeavesNoMemoryBehind) {
  prober_.delay = milliseconds(0);
  prober_.answer = [](const std::string&, const IpAddress& address) {
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::banner_rejected;  // of all caches
    attempt.reply_code = address.octets()[3] % 2 == 0 ? 421 : 554;
    return attempt;
  };
  build();
  size_t most_hosts = 0, most_addresses = 0;
  for (int round = 0; round < 365; ++round) {  // four checks, 15 minutes apart, every four days
    resolver_.answers.clear();
    resolver_.asked.clear();
    prober_.probed.clear();
    add_domain("hostile.example", {});
    auto& mx = resolver_.script("hostile.example", RecordType::mx).mx;
    for (int i = 0; i < 100; ++i) {
      const int number = round * 100 + i;
      std::string name = "x" + std::to_string(number) + ".hostile.example";
      resolver_.add_address(name, fmt::format("203.{}.{}.{}", 1 + number / 65536 % 100,
                                              number / 256 % 256, number % 256));
      mx.push_back({10, name});
    }
    later_ = std::chrono::hours(24) * (round / 4 * 4) + std::chrono::minutes(15) * (round % 4);
    check({"hostile.example"});
    mx_probes_->sweep();
    checker_->extra_probes().sweep();
    most_hosts = std::max(most_hosts, mx_probes_->size());
    most_addresses = std::max(most_addresses, mx_probes_->remembered());
  }
  EXPECT_LE(most_hosts, 3 * NameAllowance::kMostNames);
  EXPECT_LE(most_addresses, 3 * NameAllowance::kMostNames);
  std::printf("  at most %zu hosts and %zu addresses were kept\n", most_hosts, most_addresses);
}

TEST_F(MxProbeCacheTest, AnAddressSeesAFewConnectionsAtATime) {
  std::vector<std::string> hosts;
  for (int i = 2; i < 14; ++i) {
    hosts.push_back("mx" + std::to_string(i) + ".mail.example");
    resolver_.add_address(hosts.back(), "192.175.48.9");
  }
  add_domain("many.example", hosts);
  prober_.delay = milliseconds(5);
  check({"many.example"});
  EXPECT_EQ(prober_.probed.size(), hosts.size());
  EXPECT_LE(prober_.most_open["192.175.48.9"], static_cast<int>(MxProbeCache::kMaxPerAddress));
}

}  // namespace
}  // namespace mtasts::check
