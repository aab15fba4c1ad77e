// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What holds for any reports, also for those that lie.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/printable.h"
#include "verdict/broken_cases.h"
#include "verdict/reported_scene.h"

namespace mtasts::verdict {
namespace {

class RandomReports {
 public:
  explicit RandomReports(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t limit) { return random_() % limit; }

  Reported next() {
    Reported reported;
    uint64_t organizations = below(6);
    std::vector<std::string> names;
    for (uint64_t i = 0; i < organizations; ++i) {
      names.push_back("Organization " + std::to_string(i));
      reported.organization(names.back()).submitter = "s" + std::to_string(below(3)) + ".example";
      for (size_t type : {kSts, kTlsa, kWithout})
        if (below(2) == 0)
          reported.sessions(names.back(), below(1000), below(4) == 0 ? below(1000) : 0,
                            below(2) == 0, type);
    }
    uint64_t failures = names.empty() ? 0 : below(5);
    for (uint64_t i = 0; i < failures; ++i) {
      const char* hosts[] = {"", "mx1.example.com", "mx2.example.com", "mail.other.example",
                             "\x01"};
      auto& failure =
          reported.failure(protocol::kResultTypes[below(12)], hosts[below(5)], 1 + below(900),
                           {names[below(names.size())]}, 1 + below(0xFF), below(3));
      failure.type_text = "\x1b[2Jtype";
      failure.type_seen_before = below(2) == 0;
      failure.host_seen_before = below(2) == 0;
      failure.authenticated_sessions = below(2);
    }
    reported.summary.has_history = below(2) == 0;
    return reported;
  }

 private:
  std::mt19937_64 random_;
};

// Submitters with authenticated failures, of any policy type.
size_t authenticated_reporters(const reports::DomainSummary& summary) {
  std::set<std::string> submitters;
  for (const auto& one : summary.organizations) {
    bool failed = false;
    for (const auto& counts : one.authenticated_counts) failed |= counts.failed > 0;
    if (failed && !one.submitter.empty()) submitters.insert(one.submitter);
  }
  return submitters.size();
}

TEST(ReportsProperty, OneReporterOrUnauthenticatedReportsNeverPage) {
  RandomReports random(8460);
  HistoryPtr history = watched_for(30);
  int pages = 0;
  for (int round = 0; round < 10000; ++round) {
    Scene scene;
    bool enforce = random.below(2) == 0;
    if (!enforce) scene.set_body(policy_text("testing", kMx, "604800"));
    if (random.below(4) == 0) scene.lose(kChannelKinds[random.below(kChannelKinds.size())]);
    if (random.below(2) == 0) scene.history = history;
    scene.reported = random.next().take();
    Report report = scene.judged();
    for (const Finding& finding : report.findings) {
      if (finding.row->stage != Stage::reports) continue;
      EXPECT_EQ(printable(finding.message, 100000), finding.message);
      EXPECT_EQ(printable(finding.subject, 100000), finding.subject);
      EXPECT_EQ(printable(finding.fix, 100000), finding.fix);
      EXPECT_TRUE(finding.subject.empty() || finding.subject == "mx1.example.com" ||
                  finding.subject == "mx2.example.com")
          << finding.subject;
      if (finding.severity != Severity::critical) continue;
      ++pages;
      EXPECT_TRUE(enforce || scene.history != nullptr);
      EXPECT_GE(authenticated_reporters(*scene.reported), 2u) << finding.message;
    }
  }
  EXPECT_GT(pages, 50) << "the property was tested";
}

// The summary is bounded; these are its bounds, full of lies.
TEST(ReportsProperty, ALyingReportChangesLittle) {
  Reported reported;
  reported.sessions("Google", 10000, 0).sessions("Microsoft", 10000, 0);
  for (size_t i = 2; i < reports::kMostOrganizations; ++i)
    reported.sessions(std::string(500, 'x') + "\n\x1b[31m" + std::to_string(i), 0, 1000, false);
  for (size_t i = 0; i < reports::kMostFailureSummaries; ++i) {
    auto& failure = reported.failure(ResultType::other, "h" + std::to_string(i) + ".evil.example",
                                     1000, {"a\x07", "b"});
    failure.type_text = "\x1b]0;title\x07";
    failure.type_seen_before = failure.host_seen_before = false;
  }
  for (size_t i = 0; i < reports::kMostPolicySummaries; ++i) {
    reports::PolicySummary policy;
    policy.policy = "mode=enforce max_age=99999999999999999999 mx=" + std::string(900, '*');
    policy.organizations = {"a\x07"};
    policy.last_day = kToday;
    reported.summary.policies.push_back(policy);
  }
  Scene scene;
  scene.history = watched_for(30);
  scene.reported = reported.take();
  Report report = scene.judged();
  EXPECT_LE(report.findings.size(), 3u) << summary(report);
  for (const Finding& finding : report.findings) {
    EXPECT_NE(finding.severity, Severity::critical) << finding.message;
    EXPECT_EQ(printable(finding.message, 100000), finding.message);
    EXPECT_LE(finding.message.size(), 2000u);
    EXPECT_EQ(finding.subject, "");
  }
}

TEST(ReportsProperty, ManyFailingHostsAreSummedUp) {
  Scene scene;
  std::vector<std::string> hosts;
  Reported reported;
  reported.sessions("Google", 90000, 400);
  for (int i = 0; i < 40; ++i) {
    hosts.push_back("mx" + std::to_string(i) + ".example.com");
    reported.failure(ResultType::certificate_expired, hosts.back(), 10, {"Google"})
        .host_seen_before = false;
  }
  scene.set_mx(hosts);
  scene.set_body(policy_text("enforce", "mx: *.example.com\r\n", "2592000"));
  scene.reported = reported.take();
  Report report = scene.judged();
  int told = 0;
  for (const Finding& finding : report.findings) told += finding.code() == "rpt-new-failing-mx";
  EXPECT_EQ(told, 11) << summary(report);
}

}  // namespace
}  // namespace mtasts::verdict
