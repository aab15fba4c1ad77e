// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Scheduler with a real engine in a small world of loopback servers. Only SchedulerTest knows how a
// scheduler is created and what it publishes; the tests refer to domains alone.
#include "schedule/scheduler.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "check/engine.h"
#include "check/thresholds.h"
#include "fakes/mail_world.h"
#include "fakes/run_until.h"
#include "verdict/judge.h"

namespace mtasts::schedule {
namespace {

using fakes::DnsBehaviour;
using std::chrono::milliseconds;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kZero = "d000.example", kOne = "d001.example", kTwo = "d002.example";

DomainName named(const std::string& domain) { return *DomainName::parse(domain); }

class SchedulerTest : public testing::Test {
 protected:
  // A new engine for these domains, as after a start or a reload.
  void use(const std::vector<std::string>& domains) {
    const std::vector<std::string> before = std::exchange(domains_, domains);
    auto engine = check::Engine::create(loop_.get_executor(), settings_, system_now, no_metrics());
    ASSERT_TRUE(engine.ok()) << engine.failure().detail;
    scheduler_.use(*engine, settings_.check);
    for (const std::string& domain : before)
      if (std::find(domains.begin(), domains.end(), domain) == domains.end())
        scheduler_.remove(domain);
    for (size_t i = 0; i < domains.size(); ++i)
      scheduler_.add(named(domains[i]), i, domains.size());
  }

  template <typename Condition>
  testing::AssertionResult run_until(std::string_view what, Condition condition) {
    return fakes::run_until(loop_, what, condition);
  }
  testing::AssertionResult run_until_published(size_t count) {
    return run_until("reports", [&] { return published_.size() >= count; });
  }
  void delay(const std::string& domain) {
    world_.dns().delay("_mta-sts." + domain, milliseconds(300));
  }
  // Where the report of a request goes; `given` counts them.
  RunningCheck::Done into(verdict::ReportPtr& report) {
    return [this, &report](verdict::ReportPtr made) {
      report = std::move(made);
      ++given_;
    };
  }
  // The report; null if there was none.
  verdict::ReportPtr checked_now(const std::string& domain, milliseconds limit) {
    std::optional<verdict::ReportPtr> report;
    scheduler_.check_now(named(domain), limit, [&](verdict::ReportPtr made) { report = made; });
    EXPECT_TRUE(run_until("the report", [&] { return report.has_value(); }));
    return report.value_or(nullptr);
  }
  void make_silent(const std::string& domain) {
    world_.dns().behave("_mta-sts." + domain, DnsBehaviour::silent);
  }

  void TearDown() override {
    scheduler_.stop();
    EXPECT_TRUE(run_until("all checks to end", [&] { return scheduler_.in_flight() == 0; }));
  }

  fakes::MailWorld world_{10};
  settings::Settings settings_ = world_.settings();
  std::vector<std::string> domains_;  // of the latest use()
  boost::asio::io_context loop_;
  std::vector<std::string> published_;   // by scheduled checks
  std::vector<std::string> requested_;   // by requested checks
  std::vector<std::string> unfinished_;  // of checks that went on
  int given_ = 0;
  std::chrono::seconds later_{0};
  Scheduler scheduler_{
      loop_.get_executor(),
      [this](const verdict::Evidence& evidence, Scheduler::Trigger trigger) {
        auto& judged = trigger == Scheduler::Trigger::due       ? published_
                       : trigger == Scheduler::Trigger::request ? requested_
                                                                : unfinished_;
        judged.push_back(evidence.domain.text());
        return std::make_shared<const verdict::Report>(
            verdict::judge(evidence, nullptr, check::thresholds_of(settings_), evidence.finished));
      },
      [this] { return std::chrono::steady_clock::now() + later_; }};
};

TEST_F(SchedulerTest, ChecksEveryDomainAndWaits) {
  use({kZero, kOne, kTwo});
  ASSERT_TRUE(run_until_published(3));
  EXPECT_THAT(published_, UnorderedElementsAre(kZero, kOne, kTwo));
  loop_.run_for(milliseconds(100));
  EXPECT_EQ(published_.size(), 3U) << "the interval is a day";
  EXPECT_EQ(scheduler_.in_flight(), 0U);
  EXPECT_EQ(scheduler_.queue_length(), 0U);
}

TEST_F(SchedulerTest, ChecksAgainAfterTheInterval) {
  settings_.check.interval = milliseconds(50);
  use({kZero});
  ASSERT_TRUE(run_until_published(3));
  EXPECT_THAT(published_, Each(kZero));
}

TEST_F(SchedulerTest, KeepsToTheConcurrencyLimit) {
  settings_.check.concurrency = 2;
  std::vector<std::string> all;
  for (const fakes::MailDomain& domain : world_.domains()) {
    world_.dns().delay("_mta-sts." + domain.name, milliseconds(300));
    all.push_back(domain.name);
  }
  use(all);
  size_t most = 0;
  size_t longest_queue = 0;
  ASSERT_TRUE(run_until("every report", [&] {
    most = std::max(most, scheduler_.in_flight());
    longest_queue = std::max(longest_queue, scheduler_.queue_length());
    return published_.size() == all.size();
  }));
  EXPECT_EQ(most, 2U);
  EXPECT_GT(longest_queue, 0U);
}

TEST_F(SchedulerTest, StopCancelsWhatRunsAndStartsNothing) {
  settings_.check.concurrency = 1;
  settings_.check.timeout = settings_.dns.timeout = std::chrono::minutes(5);
  for (const std::string& domain : {kZero, kOne}) make_silent(domain);
  use({kZero, kOne});
  ASSERT_TRUE(run_until("a check", [&] { return scheduler_.in_flight() == 1; }));
  scheduler_.stop();
  ASSERT_TRUE(run_until("its end", [&] { return scheduler_.in_flight() == 0; }));
  EXPECT_EQ(checked_now(kTwo, milliseconds(1000)), nullptr);
  EXPECT_THAT(published_, IsEmpty());
  EXPECT_THAT(requested_, IsEmpty());
}

TEST_F(SchedulerTest, ChecksAnyDomainOnRequest) {
  use({kZero});
  ASSERT_TRUE(run_until_published(1));
  later_ = RecentReports::kFresh + std::chrono::seconds(1);
  for (const std::string& domain : {kZero, kOne}) {
    verdict::ReportPtr report = checked_now(domain, settings_.check.timeout);
    ASSERT_NE(report, nullptr);
    EXPECT_EQ(report->domain, domain);
    EXPECT_EQ(report->outcome, verdict::Outcome::ok);
  }
  EXPECT_THAT(requested_, ElementsAre(kZero, kOne));
  EXPECT_THAT(published_, ElementsAre(kZero)) << "the first check alone was due";
}

TEST_F(SchedulerTest, ARequestedCheckKeepsToItsLimit) {
  use({kZero});
  ASSERT_TRUE(run_until_published(1));
  make_silent(kOne);
  verdict::ReportPtr report = checked_now(kOne, milliseconds(100));
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->outcome, verdict::Outcome::unknown);
  EXPECT_EQ(scheduler_.running(), 0U) << "nobody waits for its end";
}

TEST_F(SchedulerTest, RequestsShareOneCheckAndThenItsReport) {
  use({kZero});
  ASSERT_TRUE(run_until_published(1));
  delay(kOne);
  verdict::ReportPtr first, second;
  scheduler_.check_now(named(kOne), settings_.check.timeout, into(first));
  scheduler_.check_now(named(kOne), settings_.check.timeout, into(second));
  ASSERT_TRUE(run_until("both", [&] { return given_ == 2; }));
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first, second);
  later_ = RecentReports::kFresh - std::chrono::seconds(1);
  EXPECT_EQ(checked_now(kOne, settings_.check.timeout), first) << "it is fresh";
  EXPECT_THAT(requested_, ElementsAre(kOne));
  later_ = RecentReports::kFresh + std::chrono::seconds(1);
  EXPECT_NE(checked_now(kOne, settings_.check.timeout), first);
  EXPECT_THAT(requested_, ElementsAre(kOne, kOne));
}

TEST(RecentReports, AreNotFreshWhenTheClockWasSet) {
  auto report = std::make_shared<verdict::Report>();
  report->domain = kOne;
  const auto now = std::chrono::steady_clock::now();
  const Time calendar = system_now();
  RecentReports recent;
  recent.add(report, now, calendar);
  constexpr std::chrono::seconds kSecond(1);
  EXPECT_EQ(recent.find(kOne, now + kSecond, calendar + kSecond), report);
  EXPECT_EQ(recent.find(kOne, now + kSecond, calendar + std::chrono::hours(6)), nullptr);
  EXPECT_EQ(recent.find(kOne, now + kSecond, calendar - std::chrono::hours(6)), nullptr);
  EXPECT_EQ(recent.find(kOne, now + 6 * kSecond, calendar + 6 * kSecond), nullptr);
}

TEST_F(SchedulerTest, ARequestJoinsACheckThatIsDue) {
  delay(kZero);
  use({kZero});
  ASSERT_TRUE(run_until("a check", [&] { return scheduler_.in_flight() == 1; }));
  verdict::ReportPtr report = checked_now(kZero, settings_.check.timeout);
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->outcome, verdict::Outcome::ok);
  EXPECT_THAT(published_, ElementsAre(kZero));
  EXPECT_THAT(requested_, IsEmpty());
}

TEST_F(SchedulerTest, ACheckThatBecomesDueJoinsARequestedOne) {
  use({kZero});
  ASSERT_TRUE(run_until_published(1));
  delay(kOne);
  verdict::ReportPtr report;
  scheduler_.check_now(named(kOne), settings_.check.timeout, into(report));
  scheduler_.add(named(kOne), 0, 1);
  ASSERT_TRUE(run_until("it", [&] { return given_ == 1; }));
  loop_.run_for(milliseconds(100));
  EXPECT_THAT(published_, ElementsAre(kZero, kOne));
  EXPECT_THAT(requested_, IsEmpty());
}

TEST_F(SchedulerTest, EachRequestKeepsToItsOwnLimit) {
  use({kZero});
  ASSERT_TRUE(run_until_published(1));
  delay(kOne);
  verdict::ReportPtr hasty, patient;
  scheduler_.check_now(named(kOne), milliseconds(50), into(hasty));
  scheduler_.check_now(named(kOne), settings_.check.timeout, into(patient));
  ASSERT_TRUE(run_until("the first", [&] { return given_ == 1; }));
  ASSERT_NE(hasty, nullptr);
  EXPECT_EQ(hasty->outcome, verdict::Outcome::unknown) << "what is not done is not known";
  ASSERT_TRUE(run_until("the second", [&] { return given_ == 2; }));
  ASSERT_NE(patient, nullptr);
  EXPECT_EQ(patient->outcome, verdict::Outcome::ok) << "a shorter limit is not its own";
  EXPECT_THAT(unfinished_, ElementsAre(kOne));
  EXPECT_THAT(requested_, ElementsAre(kOne));
}

TEST_F(SchedulerTest, ManyRequestsAtOnceCostOneJudgement) {
  settings_.check.timeout = settings_.dns.timeout = std::chrono::minutes(5);
  make_silent(kZero);
  use({kZero});
  ASSERT_TRUE(run_until("a check", [&] { return scheduler_.in_flight() == 1; }));
  verdict::ReportPtr report;
  for (int i = 0; i < 50; ++i) scheduler_.check_now(named(kZero), milliseconds(50), into(report));
  ASSERT_TRUE(run_until("all", [&] { return given_ == 50; }));
  EXPECT_LE(unfinished_.size(), 3U);
  EXPECT_EQ(scheduler_.in_flight(), 1U) << "what is due goes on";
}

TEST_F(SchedulerTest, StopAnswersEveryRequest) {
  settings_.check.timeout = settings_.dns.timeout = std::chrono::minutes(5);
  use({kZero});
  ASSERT_TRUE(run_until_published(1));
  make_silent(kOne);
  verdict::ReportPtr report;
  for (int i = 0; i < 3; ++i)
    scheduler_.check_now(named(kOne), std::chrono::minutes(1), into(report));
  scheduler_.stop();
  EXPECT_EQ(given_, 3);
  EXPECT_EQ(report, nullptr);
}

TEST_F(SchedulerTest, DomainsComeAndGoWhileOthersKeepTheirTimes) {
  use({kZero, kOne});
  ASSERT_TRUE(run_until_published(2));
  published_.clear();
  scheduler_.add(named(kOne), 0, 2);
  scheduler_.add(named(kTwo), 1, 2);
  scheduler_.remove(kZero);
  ASSERT_TRUE(run_until_published(1));
  loop_.run_for(milliseconds(100));
  EXPECT_THAT(published_, ElementsAre(kTwo));
}

TEST_F(SchedulerTest, AReloadChecksNewDomainsAndForgetsOldOnes) {
  use({kZero, kOne});
  ASSERT_TRUE(run_until_published(2));
  published_.clear();
  use({kOne, kTwo});
  ASSERT_TRUE(run_until_published(1));
  loop_.run_for(milliseconds(100));
  EXPECT_THAT(published_, ElementsAre(kTwo)) << "the other keeps its time";
}

TEST(DomainsOfShard, EveryDomainBelongsToExactlyOne) {
  settings::Settings settings;
  for (const std::string& domain : {kZero, kOne, kTwo})
    settings.domains.push_back({named(domain), {}, std::nullopt});
  settings.shard.total = 2;
  std::vector<std::string> found;
  for (settings.shard.index = 0; settings.shard.index < 2; ++settings.shard.index)
    for (const settings::DomainEntry& entry : domains_of_shard(settings))
      found.push_back(entry.name.text());
  EXPECT_THAT(found, UnorderedElementsAre(kZero, kOne, kTwo));
}

}  // namespace
}  // namespace mtasts::schedule
