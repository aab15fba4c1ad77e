// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The contract of ReportStore: every implementation passes these tests. An implementation has a
// fixture type with `ReportStore& store()` (empty at first) and `void reopen()`, after which
// store() has what was kept, and is named in INSTANTIATE_TYPED_TEST_SUITE_P.
#pragma once

#include <gtest/gtest.h>
#include <map>

#include <algorithm>
#include <thread>
#include <vector>

#include "report_store/naive_store.h"
#include "report_store/samples.h"
#include "reports/policy_text.h"

namespace mtasts::report_store {

template <typename Fixture>
class ReportStoreContract : public ::testing::Test {
 protected:
  ReportStore& store() { return fixture_.store(); }

  AddOutcome add(const StoredReport& report) {
    auto outcomes = store().add({report});
    EXPECT_TRUE(outcomes.ok()) << outcomes.failure().detail;
    EXPECT_EQ(outcomes->size(), 1u);
    return outcomes->front();
  }
  reports::DomainSummary summary(int window_days = 7) {
    auto summary = store().summary("a.example", window_days, kNow);
    EXPECT_TRUE(summary.ok()) << summary.failure().detail;
    return *summary;
  }
  void purge(Day before) {
    for (int calls = 0; calls < 10000; ++calls) {
      auto more = store().purge(before);
      ASSERT_TRUE(more.ok()) << more.failure().detail;
      if (!*more) return;
    }
    FAIL() << "the purge has no end";
  }
  void expect_as(NaiveStore& naive, int window_days) {
    for (const char* domain : {"a.example", "b.example", "c.example", "unknown.example"}) {
      SCOPED_TRACE(std::string(domain) + ", window " + std::to_string(window_days));
      expect_equal(*store().summary(domain, window_days, kNow),
                   *naive.summary(domain, window_days, kNow));
      expect_equal(*store().list(domain, window_days, 100000, kNow),
                   *naive.list(domain, window_days, 100000, kNow));
    }
  }

  Fixture fixture_;
};
TYPED_TEST_SUITE_P(ReportStoreContract);

TYPED_TEST_P(ReportStoreContract, ANewStoreIsEmpty) {
  auto summary = this->summary();
  EXPECT_EQ(summary.to, kToday);
  EXPECT_EQ(summary.from, days_ago(7));
  EXPECT_EQ(summary.reporters, 0u);
  EXPECT_EQ(summary.totals.reports, 0u);
  EXPECT_EQ(summary.totals.last_report_end, kNever);
  EXPECT_FALSE(summary.has_history);
  EXPECT_TRUE(this->store().domains()->empty());
  EXPECT_TRUE(this->store().list("a.example", 90, 10, kNow)->lines.empty());
  EXPECT_TRUE(this->store().add({})->empty());
  EXPECT_FALSE(*this->store().purge(kToday));
}

// Several names of one signer are not several; a name that several use tells nobody.
TYPED_TEST_P(ReportStoreContract, TheSubmitterIsOfAuthenticatedReports) {
  int number = 0;
  auto add = [&](const char* name, const char* submitter, int days,
                 Authenticity authenticity = Authenticity::authenticated) {
    StoredReport report = sample_report(name, days_ago(days), ++number);
    report.submitter = submitter;
    report.authenticity = authenticity;
    EXPECT_EQ(this->add(report), AddOutcome::added);
  };
  add("A", "a.evil.example", 1);
  add("A", "evil.example", 1);
  add("B", "b.evil.example", 2);
  add("B", "google.com", 2, Authenticity::unknown);
  add("B", "google.com", 20);
  add("C", "google.com", 1);
  add("C", "evil.example", 1);
  add("C", "google.com", 1);
  add("D", "google.com", 1);
  add("D", "evil.example", 2);
  add("D", "google.com", 3);
  add("E", "google.com", 1, Authenticity::failed);
  std::vector<std::string> found;
  for (const auto& one : this->summary().organizations)
    found.push_back(one.name + ":" + one.submitter);
  std::ranges::sort(found);
  EXPECT_EQ(found,
            (std::vector<std::string>{"A:evil.example", "B:evil.example", "C:", "D:", "E:"}));
}

// A policy that was published in the window is missing on later days only when something is wrong.
TYPED_TEST_P(ReportStoreContract, EachPolicyTypeHasItsDays) {
  constexpr auto kSts = static_cast<size_t>(protocol::ReportPolicyType::sts);
  constexpr auto kTlsa = static_cast<size_t>(protocol::ReportPolicyType::tlsa);
  constexpr auto kWithout = static_cast<size_t>(protocol::ReportPolicyType::no_policy_found);
  int number = 0;
  auto add = [&](int days, std::vector<PolicyRow> policies,
                 Authenticity authenticity = Authenticity::authenticated) {
    StoredReport report = sample_report("A", days_ago(days), ++number);
    report.policies = std::move(policies);
    report.authenticity = authenticity;
    EXPECT_EQ(this->add(report), AddOutcome::added);
  };
  PolicyRow without;
  without.successful = 5;
  PolicyRow no_sessions;
  PolicyRow about_host = without;
  about_host.about_mx_host = true;
  add(0, {sts_row(1, 0)});
  add(2, {without});
  add(2, {sts_row(0, 1)}, Authenticity::unknown);
  add(3, {no_sessions, sts_row(0, 0), about_host});
  add(7, {without}, Authenticity::unknown);
  add(8, {without, sts_row(1, 0)});
  auto summary = this->summary();
  ASSERT_EQ(summary.organizations.size(), 1u);
  const auto& found = summary.organizations[0];
  EXPECT_EQ(found.days, 0b110001101u);
  EXPECT_EQ(found.days_by_type[kSts], 0b101u);
  EXPECT_EQ(found.days_by_type[kWithout], 0b10000100u) << "in the window";
  EXPECT_EQ(found.days_by_type[kTlsa], 0u);
  // The 64 days that have a bit.
  auto wide = this->summary(80);
  EXPECT_EQ(wide.organizations[0].days_by_type[kWithout], 0b110000100u);
  add(63, {without});
  add(64, {without});
  EXPECT_EQ(this->summary(80).organizations[0].days_by_type[kWithout],
            0b110000100u | reports::DayBits{1} << 63);
}

TYPED_TEST_P(ReportStoreContract, TheSameKeyCountsOnce) {
  StoredReport report = sample_report("Google", days_ago(1));
  report.policies = {sts_row(937, 47)};
  EXPECT_EQ(this->add(report), AddOutcome::added);
  EXPECT_EQ(this->add(report), AddOutcome::duplicate);
  report.received += std::chrono::hours(3);
  report.organization = "another name";
  EXPECT_EQ(this->add(report), AddOutcome::duplicate);
  auto summary = this->summary();
  EXPECT_EQ(summary.totals.reports, 1u);
  EXPECT_EQ(summary.counts[1], (reports::SessionCounts{937, 47}));
  ASSERT_EQ(summary.organizations.size(), 1u);
  EXPECT_EQ(summary.organizations[0].name, "Google");
}

TYPED_TEST_P(ReportStoreContract, TheSameIdentityIsAddedAgain) {
  StoredReport report = sample_report("mox", days_ago(1));
  EXPECT_EQ(this->add(report), AddOutcome::added);
  report.key = "other policies";
  EXPECT_EQ(this->add(report), AddOutcome::added_again);
  EXPECT_EQ(this->add(report), AddOutcome::duplicate);
  auto summary = this->summary();
  EXPECT_EQ(summary.totals.reports, 2u);
  EXPECT_EQ(summary.counts[1].successful, 200u);
  ASSERT_EQ(summary.organizations.size(), 1u);
  EXPECT_TRUE(has(summary.organizations[0].qualities, reports::Quality::same_id));
}

TYPED_TEST_P(ReportStoreContract, OutcomesAreInTheOrderOfTheBatch) {
  StoredReport one = sample_report("one", days_ago(1));
  StoredReport two = sample_report("two", days_ago(1));
  StoredReport again = one;
  again.key = "other policies";
  auto outcomes = this->store().add({one, two, one, again});
  ASSERT_TRUE(outcomes.ok());
  EXPECT_EQ(*outcomes, (std::vector{AddOutcome::added, AddOutcome::added, AddOutcome::duplicate,
                                    AddOutcome::added_again}));
}

TYPED_TEST_P(ReportStoreContract, DomainsAreApart) {
  StoredReport report = sample_report("Google", days_ago(1));
  EXPECT_EQ(this->add(report), AddOutcome::added);
  report.domain = "b.example";
  EXPECT_EQ(this->add(report), AddOutcome::added) << "an MX host of two domains";
  EXPECT_EQ(this->summary().totals.reports, 1u);
  auto domains = *this->store().domains();
  std::ranges::sort(domains);
  EXPECT_EQ(domains, (std::vector<std::string>{"a.example", "b.example"}));
}

TYPED_TEST_P(ReportStoreContract, RowsAboutAnMxHostCountNowhere) {
  StoredReport report = sample_report("mox", days_ago(1));
  report.policies.push_back({ReportPolicyType::no_policy_found, true, "", 100, 7});
  this->add(report);
  auto summary = this->summary();
  EXPECT_EQ(summary.counts[2].total(), 0u);
  EXPECT_EQ(summary.totals.counts[2].total(), 0u);
  EXPECT_EQ(summary.counts[1].total(), 100u);
  EXPECT_EQ(summary.organizations[0].days_without_failures, reports::DayBits{2});
}

TYPED_TEST_P(ReportStoreContract, CountsDoNotOverflow) {
  StoredReport report = sample_report("liar", days_ago(1));
  report.policies = {sts_row(protocol::kMostSessions, protocol::kMostSessions)};
  report.failures = {failure_row(ResultType::validation_failure, "mx", protocol::kMostSessions)};
  std::vector<StoredReport> batch;
  for (int i = 0; i < 300; ++i) {
    report.key = std::to_string(i);
    batch.push_back(report);
  }
  ASSERT_TRUE(this->store().add(batch).ok());
  report.key = "largest";
  report.policies = {sts_row(UINT64_MAX, UINT64_MAX)};
  report.failures[0].sessions = UINT64_MAX;
  this->add(report);
  constexpr uint64_t kMost = uint64_t{1} << 60;
  auto summary = this->summary();
  EXPECT_EQ(summary.counts[1].failed, kMost);
  EXPECT_EQ(summary.counts[1].total(), 2 * kMost);
  EXPECT_EQ(summary.totals.counts[1].failed, kMost);
  EXPECT_EQ(summary.totals.failures[4], kMost);
  ASSERT_EQ(summary.failures.size(), 1u);
  EXPECT_EQ(summary.failures[0].sessions[1].failed, kMost);
}

TYPED_TEST_P(ReportStoreContract, TheWindowHasItsFirstAndItsLastDay) {
  for (int ago : {0, 7, 8}) this->add(sample_report("Google", days_ago(ago)));
  auto summary = this->summary();
  EXPECT_EQ(summary.counts[1].successful, 200u);
  EXPECT_EQ(summary.organizations[0].days, reports::DayBits{0b110000001});
  EXPECT_TRUE(summary.has_history);
}

TYPED_TEST_P(ReportStoreContract, NewIsWhatTheDaysBeforeDidNotHave) {
  auto failing = [&](int ago, ResultType type, const std::string& host) {
    StoredReport report = sample_report("Google", days_ago(ago));
    report.failures = {failure_row(type, host, 1)};
    this->add(report);
  };
  failing(1, ResultType::certificate_expired, "mx1");
  failing(2, ResultType::validation_failure, "mx2");
  failing(3, ResultType::dane_required, "mx3");
  failing(8, ResultType::certificate_expired, "mx9");      // the day before the window
  failing(35, ResultType::starttls_not_supported, "mx2");  // the first day that is compared
  failing(36, ResultType::dane_required, "mx3");           // one day too early
  auto failures = this->summary().failures;
  ASSERT_EQ(failures.size(), 3u);
  for (const auto& failure : failures) {
    EXPECT_EQ(failure.type_seen_before, failure.receiving_mx == "mx1");
    EXPECT_EQ(failure.host_seen_before, failure.receiving_mx == "mx2");
  }
}

TYPED_TEST_P(ReportStoreContract, ShowsTheLargestAndCountsTheRest) {
  std::vector<StoredReport> batch;
  for (int i = 0; i < 250; ++i) {
    StoredReport report = sample_report("org" + std::to_string(i), days_ago(1));
    report.policies = {policy_row(ReportPolicyType::sts, 1000, static_cast<uint64_t>(i),
                                  "mode=enforce max_age=" + std::to_string(i) + " mx=")};
    report.failures = {
        failure_row(ResultType::validation_failure, "mx" + std::to_string(i),
                    static_cast<uint64_t>(i) + 1),
        failure_row(ResultType::dane_required, "mx", 5000 + static_cast<uint64_t>(i))};
    batch.push_back(report);
  }
  ASSERT_TRUE(this->store().add(batch).ok());
  auto summary = this->summary();
  EXPECT_EQ(summary.reporters, 250u);
  ASSERT_EQ(summary.organizations.size(), reports::kMostOrganizations);
  EXPECT_EQ(summary.organizations_dropped, 250 - reports::kMostOrganizations);
  EXPECT_EQ(summary.organizations.front().name, "org249");
  EXPECT_EQ(summary.organizations.back().name, "org150");
  ASSERT_EQ(summary.failures.size(), reports::kMostFailureSummaries);
  EXPECT_EQ(summary.failures_dropped, 251 - reports::kMostFailureSummaries);
  EXPECT_EQ(summary.failures[0].receiving_mx, "mx");
  EXPECT_EQ(summary.failures[0].organization_count, 250u);
  ASSERT_EQ(summary.failures[0].organizations.size(), 10u);
  EXPECT_EQ(summary.failures[0].organizations.front(), "org249");
  EXPECT_EQ(summary.failures[0].organizations.back(), "org240");
  EXPECT_EQ(summary.failures[1].receiving_mx, "mx249");
  EXPECT_EQ(summary.policies.size(), reports::kMostPolicySummaries);
  auto listing = *this->store().list("a.example", 7, 20, kNow);
  EXPECT_TRUE(listing.cut);
  ASSERT_EQ(listing.lines.size(), 20u);
  EXPECT_EQ(listing.lines[0].organization, "org249");
}

TYPED_TEST_P(ReportStoreContract, TotalsOutliveTheReports) {
  StoredReport report = sample_report("Google", days_ago(40));
  report.failures = {failure_row(ResultType::certificate_expired, "mx1", 3)};
  this->add(report);
  this->add(sample_report("Google", days_ago(1)));
  this->purge(days_ago(30));
  auto summary = this->summary();
  EXPECT_EQ(summary.totals.reports, 2u);
  EXPECT_EQ(summary.totals.counts[1].successful, 200u);
  EXPECT_EQ(summary.totals.failures[2], 3u);
  EXPECT_FALSE(summary.has_history);
  EXPECT_EQ(summary.organizations[0].days, reports::DayBits{2});
  EXPECT_EQ(this->store().list("a.example", 90, 10, kNow)->lines.size(), 1u);
  EXPECT_EQ(this->add(report), AddOutcome::added) << "its key was purged";
}

TYPED_TEST_P(ReportStoreContract, PoliciesAreKeptInFull) {
  StoredReport report = sample_report("org", days_ago(1), 1);
  const std::string begin = "mode=enforce max_age=604800 mx=";
  report.policies = {sts_row(100, 0)};
  report.policies[0].policy =
      begin + std::string(reports::kPolicyTextLimit_bytes - begin.size(), 'a');
  this->add(report);
  auto summary = this->summary();
  ASSERT_EQ(summary.policies.size(), 1u);
  EXPECT_EQ(summary.policies[0].policy, report.policies[0].policy);
}

TYPED_TEST_P(ReportStoreContract, AnyTextIsKept) {
  const std::string hostile("a\0b\xff\xfe \\ \"'%\n\x01", 13);
  StoredReport report = sample_report(hostile, days_ago(1));
  report.report_id = hostile;
  report.failures = {failure_row(ResultType::other, hostile, 1)};
  report.failures[0].reason = hostile;
  report.failures[0].type_text = hostile;
  this->add(report);
  auto lines = this->store().list("a.example", 7, 10, kNow)->lines;
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].organization, hostile);
  EXPECT_EQ(lines[0].report_id, hostile);
  ASSERT_EQ(lines[0].failures.size(), 1u);
  EXPECT_EQ(lines[0].failures[0].receiving_mx, hostile);
  EXPECT_EQ(lines[0].failures[0].reason, hostile);
  EXPECT_EQ(lines[0].failures[0].type_text, hostile);
}

TYPED_TEST_P(ReportStoreContract, KeepsEverythingWhenReopened) {
  StoredReport report = sample_report("Google", days_ago(1));
  report.failures = {failure_row(ResultType::certificate_expired, "mx1", 3)};
  this->add(report);
  auto before = this->summary();
  this->fixture_.reopen();
  expect_equal(this->summary(), before);
  EXPECT_EQ(this->add(report), AddOutcome::duplicate);
}

TYPED_TEST_P(ReportStoreContract, SaysWhatTheNaiveStoreSays) {
  std::mt19937 random(20261127);  // NOLINT: the same reports in every run
  NaiveStore naive;
  // A known report that is authenticated later has the same contents, which these have not.
  std::map<std::string, reports::Authenticity> authenticities;
  for (int number = 0; number < 10000;) {
    std::vector<StoredReport> batch;
    for (int i = 0; i < 100; ++i) {
      StoredReport report = random_report(random, number++);
      auto known = authenticities.emplace(report.domain + "\n" + report.key, report.authenticity);
      report.authenticity = known.first->second;
      batch.push_back(std::move(report));
    }
    EXPECT_EQ(*this->store().add(batch), *naive.add(batch));
    if (number == 3000 || number == 6000) {
      this->purge(days_ago(93));
      ASSERT_TRUE(naive.purge(days_ago(93)).ok());
    }
  }
  for (int window : {0, 1, 7, 30, 60}) this->expect_as(naive, window);
  this->fixture_.reopen();
  this->purge(days_ago(20));
  ASSERT_TRUE(naive.purge(days_ago(20)).ok());
  for (int window : {0, 7, 30}) this->expect_as(naive, window);
}

// The same reports come again, authenticated or not. What a line tells of its latest report alone
// may be of one that has left it, so this is the same for all of a line here.
TYPED_TEST_P(ReportStoreContract, SaysWhatTheNaiveStoreSaysOfLaterAuthentication) {
  std::mt19937 random(20261128);  // NOLINT: the same reports in every run
  NaiveStore naive;
  std::map<std::string, StoredReport> sent;  // by domain and key
  std::vector<std::string> names;
  std::map<AddOutcome, int> outcomes;
  constexpr auto kAuthenticities = enumerators<reports::Authenticity>();
  for (int number = 0; number < 6000;) {
    std::vector<StoredReport> batch;
    for (int i = 0; i < 60; ++i) {
      StoredReport report = random_report(random, number++);
      if (i % 3 == 0 && !names.empty()) report = sent.at(names[random() % names.size()]);
      report.received = Time(report.day) + std::chrono::hours(30);
      report.report_id = report.organization;
      report.qualities = 0;
      const std::string name = report.domain + "\n" + report.key;
      auto [place, is_new] = sent.try_emplace(name, report);
      if (is_new) names.push_back(name);
      report = place->second;
      report.authenticity = kAuthenticities[random() % kAuthenticities.size()];
      batch.push_back(std::move(report));
    }
    auto done = this->store().add(batch);
    ASSERT_EQ(*done, *naive.add(batch));
    for (AddOutcome outcome : *done) ++outcomes[outcome];
    if (number % 1200 == 0)
      for (int window : {0, 7, 60}) this->expect_as(naive, window);
    if (number == 3600) {
      this->purge(days_ago(93));
      ASSERT_TRUE(naive.purge(days_ago(93)).ok());
    }
  }
  EXPECT_GT(outcomes[AddOutcome::authenticated], 300);
  EXPECT_GT(outcomes[AddOutcome::duplicate], 300);
  EXPECT_GT(outcomes[AddOutcome::added_again], 50);
}

TYPED_TEST_P(ReportStoreContract, ManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  ReportStore& store = this->store();
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&store, thread] {
      for (int i = 0; i < 25; ++i) {
        StoredReport report = sample_report("org" + std::to_string(thread), days_ago(1), i);
        EXPECT_TRUE(store.add({report}).ok());
        EXPECT_TRUE(store.summary("a.example", 7, kNow).ok());
        EXPECT_TRUE(store.list("a.example", 7, 10, kNow).ok());
        EXPECT_TRUE(store.purge(days_ago(90)).ok());
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(this->summary().totals.reports, 100u);
}

REGISTER_TYPED_TEST_SUITE_P(ReportStoreContract, ANewStoreIsEmpty, TheSameKeyCountsOnce,
                            TheSubmitterIsOfAuthenticatedReports, EachPolicyTypeHasItsDays,
                            TheSameIdentityIsAddedAgain, OutcomesAreInTheOrderOfTheBatch,
                            DomainsAreApart, RowsAboutAnMxHostCountNowhere, CountsDoNotOverflow,
                            TheWindowHasItsFirstAndItsLastDay, NewIsWhatTheDaysBeforeDidNotHave,
                            ShowsTheLargestAndCountsTheRest, TotalsOutliveTheReports,
                            PoliciesAreKeptInFull, AnyTextIsKept, KeepsEverythingWhenReopened,
                            SaysWhatTheNaiveStoreSays,
                            SaysWhatTheNaiveStoreSaysOfLaterAuthentication, ManyThreadsAtOnce);

}  // namespace mtasts::report_store
