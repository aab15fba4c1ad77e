// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage reports: when each finding appears, and when it must not.
#include <gtest/gtest.h>

#include "reports/policy_text.h"
#include "reports/statistics.h"
#include "verdict/broken_cases.h"
#include "verdict/reported_scene.h"

namespace mtasts::verdict {
namespace {

Report judged(
    Reported reported, HistoryPtr history = nullptr,
    const std::function<void(Scene&)>& change = [](Scene&) {}) {
  Scene scene;
  change(scene);
  scene.history = std::move(history);
  scene.reported = reported.take();
  return scene.judged();
}

std::string severity_of_code(const Report& report, std::string_view code) {
  const Finding* finding = find(report, code);
  return finding == nullptr ? "none" : std::string(name_of(finding->severity));
}
std::string message_of_code(const Report& report, std::string_view code) {
  const Finding* finding = find(report, code);
  return finding == nullptr ? "" : finding->message;
}
bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Reports, TheStage) {
  Scene off;
  EXPECT_EQ(off.judged().stage(Stage::reports), StageResult::not_applicable);
  EXPECT_EQ(judged(Reported()).stage(Stage::reports), StageResult::not_applicable) << "none yet";
  Reported old;
  old.organization("Google").days = days_ago({20});
  EXPECT_EQ(judged(old).stage(Stage::reports), StageResult::not_applicable) << "none in the window";
  Report good = judged(Reported().sessions("Google", 500, 0));
  EXPECT_EQ(good.stage(Stage::reports), StageResult::pass);
  EXPECT_EQ(summary(good), "");
  Report bad = judged(Reported().sessions("Google", 0, 156));
  EXPECT_EQ(bad.stage(Stage::reports), StageResult::fail);
}

TEST(Reports, FailureRatio) {
  auto testing = [](Scene& scene) { scene.set_body(policy_text("testing", kMx, "604800")); };
  auto ratio = [](
                   Reported reported, const std::function<void(Scene&)>& change = [](Scene&) {}) {
    return severity_of_code(judged(std::move(reported), nullptr, change), "rpt-failure-ratio");
  };
  // Two organizations, authenticated, certainly over 5 %.
  auto two = [] { return Reported().sessions("Google", 50, 50).sessions("Microsoft", 50, 50); };
  EXPECT_EQ(ratio(two()), "critical");
  EXPECT_EQ(ratio(two(), testing), "warning");
  auto signed_by = [&](const std::string& one, const std::string& other) {
    Reported reported = two();
    reported.organization("Google").submitter = one;
    reported.organization("Microsoft").submitter = other;
    return ratio(reported);
  };
  EXPECT_EQ(signed_by("evil.example", "evil.example"), "warning") << "one signer, two names";
  EXPECT_EQ(signed_by("a.evil.example", "b.evil.example"), "warning");
  EXPECT_EQ(signed_by("google.com", ""), "warning") << "several signers of one name";
  EXPECT_EQ(signed_by("google.com", "microsoft.com"), "critical");
  EXPECT_EQ(ratio(Reported().sessions("Google", 9, 1)), "none") << "small numbers lie";
  EXPECT_EQ(ratio(Reported().sessions("Google", 0, 1)), "none") << "one session is no share";
  EXPECT_EQ(ratio(Reported().sessions("Google", 0, 156)), "warning") << "one alone cannot page";
  EXPECT_EQ(ratio(Reported().sessions("Google", 0, 156).sessions("Microsoft", 500, 0)), "warning");
  EXPECT_EQ(ratio(Reported().sessions("Google", 9000, 3)), "none");
  EXPECT_EQ(ratio(Reported().sessions("Google", 4850, 75).sessions("Microsoft", 4850, 75)),
            "warning")
      << "band watch";
  EXPECT_EQ(ratio(Reported().sessions("A", 50, 50, false).sessions("B", 50, 50, false)), "warning")
      << "unauthenticated reports cannot page";
  EXPECT_EQ(ratio(Reported().sessions("A", 0, 156).sessions("B", 0, 156, false)), "warning")
      << "only one of them is authenticated";
  EXPECT_EQ(ratio(Reported().sessions("A", 0, 900).sessions("B", 50000, 1)), "warning")
      << "a single session of many does not confirm it";
  EXPECT_EQ(
      ratio(Reported().sessions("A", 50, 50, true, kWithout).sessions("B", 50, 50, true, kWithout)),
      "warning")
      << "sessions without a policy are delivered";
  EXPECT_EQ(ratio(two().sessions("Liar", 1000000000, 0, false)), "critical")
      << "what nobody authenticated hides nothing";
}

TEST(Reports, RatiosOfPolicyTypesAreNotAddedUp) {
  // Each type has few failures, added up they would be more.
  Report report = judged(Reported()
                             .sessions("A", 1000, 4, true, kSts)
                             .sessions("A", 100, 2, true, kTlsa)
                             .sessions("B", 1000, 5, true, kSts));
  EXPECT_EQ(severity_of_code(report, "rpt-failure-ratio"), "none");
  report = judged(Reported().sessions("A", 1000, 0, true, kSts).sessions("A", 10, 90, true, kTlsa));
  EXPECT_TRUE(contains(message_of_code(report, "rpt-failure-ratio"),
                       "90 of 100 sessions (90.0 %) with DANE (policy type tlsa) failed"))
      << message_of_code(report, "rpt-failure-ratio");
}

TEST(Reports, FailureRatioNamesWhatToChange) {
  Reported reported;
  reported.sessions("Google", 890, 300).sessions("Microsoft", 100, 50);
  reported.failure(ResultType::certificate_host_mismatch, "mx2.example.com", 300, {"Google"});
  reported.failure(ResultType::certificate_expired, "mx1.example.com", 50, {"Microsoft"});
  Report report = judged(reported);
  const Finding* finding = find(report, "rpt-failure-ratio");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->message,
            "From 2026-10-26 on, 350 of 1340 sessions (26.1 %) with the MTA-STS policy failed, "
            "mostly certificate-host-mismatch at mx2.example.com, as reported by Google and "
            "Microsoft");
  EXPECT_EQ(finding->fix,
            "Install a certificate on mx2.example.com that has the host name among its subject "
            "alternative names.");
  EXPECT_EQ(finding->verify, "mtasts-exporter reports example.com");
}

TEST(Reports, ForeignHostsAreToldAndNotAdvisedOn) {
  Reported reported;
  reported.sessions("Google", 0, 300);
  reported.failure(ResultType::certificate_expired, "mail.other.example", 300, {"Google"});
  Report report = judged(reported);
  const Finding* finding = find(report, "rpt-failure-ratio");
  ASSERT_NE(finding, nullptr);
  EXPECT_TRUE(contains(finding->fix, "mail.other.example, which is no MX host of example.com"))
      << finding->fix;
}

TEST(Reports, TheModeIsTheLastKnownOneWhileThePolicyIsNotObserved) {
  auto unseen = [](Scene& scene) {
    scene.for_each_fetch([](auto& attempt) {
      IpAddress address = attempt.address;
      attempt = protocol::HttpsAttempt();
      attempt.address = address;
    });
  };
  auto two = [] { return Reported().sessions("Google", 50, 50).sessions("Microsoft", 50, 50); };
  EXPECT_EQ(severity_of_code(judged(two(), watched_for(30), unseen), "rpt-failure-ratio"),
            "critical");
  EXPECT_EQ(severity_of_code(judged(two(), nullptr, unseen), "rpt-failure-ratio"), "warning");
}

TEST(Reports, NewFailures) {
  auto with = [](DayBits days, std::vector<std::string> who, bool type_before, bool host_before,
                 bool history = true, const std::string& host = "mx1.example.com") {
    Reported reported;
    reported.sessions("Google", 90000, 3).sessions("Microsoft", 90000, 0);
    reported.summary.has_history = history;
    auto& failure = reported.failure(ResultType::certificate_expired, host, 3, who, days);
    failure.type_seen_before = type_before;
    failure.host_seen_before = host_before;
    return judged(reported);
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(summary(with(days_ago({1, 2}), {"Google"}, false, true)),
            "rpt-new-result-type:warning ");
  EXPECT_EQ(summary(with(days_ago({1, 2}), {"Google"}, true, false)),
            "rpt-new-failing-mx:warning ");
  EXPECT_EQ(summary(with(days_ago({1}), Names{"Google", "Yahoo"}, false, true)),
            "rpt-new-result-type:warning ");
  EXPECT_EQ(summary(with(days_ago({1}), {"Google"}, false, false)), "") << "one report";
  EXPECT_EQ(summary(with(days_ago({1, 2}), {"Google"}, true, true)), "") << "known";
  EXPECT_EQ(summary(with(days_ago({1, 2}), {"Google"}, false, false, false)), "")
      << "without earlier reports nothing is new";
  Report report = with(days_ago({1, 2}), {"Google"}, true, false);
  EXPECT_EQ(find(report, "rpt-new-failing-mx")->subject, "mx1.example.com");
  // A host that is none of ours, from a report that anyone may have sent.
  report = with(days_ago({1, 2}), {"Liar"}, true, false, true, "evil.example");
  EXPECT_EQ(summary(report), "rpt-new-failing-mx:info ");
  EXPECT_EQ(find(report, "rpt-new-failing-mx")->subject, "");
}

TEST(Reports, UnseenByProbe) {
  auto with = [](
                  HistoryPtr history, DayBits days = days_ago({1, 2}),
                  ResultType type = ResultType::certificate_expired,
                  const std::string& host = "mx1.example.com",
                  const std::function<void(Scene&)>& change = [](Scene&) {}) {
    Reported reported;
    reported.sessions("Google", 90000, 3);
    reported.failure(type, host, 3, {"Google"}, days);
    return severity_of_code(judged(reported, std::move(history), change), "rpt-unseen-by-probe");
  };
  auto without = [](Stage stage, const std::string& host) {
    auto history = std::make_shared<History>(*watched_for(30));
    std::erase_if(history->passes,
                  [&](const SeenPass& pass) { return pass.stage == stage && pass.host == host; });
    return history;
  };
  EXPECT_EQ(with(watched_for(30)), "warning");
  EXPECT_EQ(with(watched_for(30), days_ago({1})), "none") << "one day";
  EXPECT_EQ(with(nullptr), "none") << "no history";
  EXPECT_EQ(with(watched_for(1)), "none") << "not watched on those days";
  EXPECT_EQ(with(without(Stage::mx_certificate, "mx1.example.com")), "none") << "not conclusive";
  EXPECT_EQ(with(without(Stage::mx_certificate, "mx2.example.com")), "warning") << "another host";
  EXPECT_EQ(with(watched_for(30), days_ago({1, 2}), ResultType::certificate_expired,
                 "mail.other.example"),
            "none")
      << "not probed";
  EXPECT_EQ(with(watched_for(30), days_ago({1, 2}), ResultType::tlsa_invalid), "none")
      << "not observed by any probe";
  EXPECT_EQ(with(watched_for(30), days_ago({1, 2}), ResultType::sts_policy_fetch_error, ""),
            "warning");
  EXPECT_EQ(with(without(Stage::policy_fetch, ""), days_ago({1, 2}),
                 ResultType::sts_policy_fetch_error, ""),
            "none");
  EXPECT_EQ(
      with(watched_for(30), days_ago({1, 2}), ResultType::certificate_expired, "mx1.example.com",
           [](Scene& scene) { mx_chain(with_fault(protocol::ChainFault::expired))(scene); }),
      "none")
      << "the probe sees it by now";
}

reports::PolicySummary applied(const std::string& policy, int last_day_ago) {
  reports::PolicySummary summary;
  summary.policy = policy;
  summary.organizations = {"Google"};
  summary.organization_count = 1;
  summary.first_day = summary.last_day = kToday - std::chrono::days(last_day_ago);
  return summary;
}

TEST(Reports, StalePolicy) {
  const std::string old_policy = "mode=enforce max_age=2592000 mx=mx1.example.com,mx2.example.com";
  // The policy of `patterns` was replaced by the healthy one five days ago.
  auto replaced = [](const std::string& max_age, std::string_view patterns) {
    HistoryPtr history = watched_for(30, policy_text("enforce", patterns, max_age));
    for (int hours : {24 * 5, 24 * 5 - 1}) {
      Scene later;
      history = later.judged_at(kNow - std::chrono::hours(hours), history).history;
    }
    return history;
  };
  auto with = [](const reports::PolicySummary& policy, HistoryPtr history) {
    Reported reported;
    reported.sessions("Google", 90000, 0);
    reported.summary.policies = {policy};
    Report report = judged(reported, std::move(history));
    const Finding* finding = find(report, "rpt-policy-stale");
    return finding == nullptr ? std::string("none")
                              : std::string(name_of(finding->severity)) + ": " + finding->message;
  };
  const std::string longer = "mode=enforce max_age=5184000 mx=mx1.example.com,mx2.example.com";
  EXPECT_EQ(with(applied(longer, 1), replaced("5184000", kMx)),
            "info: Google applied an earlier policy (mode enforce, max_age 5184000, mx "
            "mx1.example.com, mx2.example.com) on 2026-11-01, which was replaced on 2026-10-28 and "
            "may stay in its cache until 2026-12-27");
  EXPECT_EQ(with(applied("mode=enforce max_age=5184000 mx=mx2.example.com,mx1.example.com", 1),
                 replaced("5184000", kMx))
                .substr(0, 4),
            "info")
      << "the order does not matter";
  EXPECT_EQ(with(applied(longer, 6), replaced("5184000", kMx)), "none") << "it was today's then";
  EXPECT_EQ(with(applied(old_policy, 1), replaced("5184000", kMx)), "none") << "today's";
  EXPECT_EQ(
      with(applied("mode=testing max_age=5184000 mx=evil.example", 1), replaced("5184000", kMx)),
      "none")
      << "never was the domain's";
  EXPECT_EQ(with(applied("", 1), replaced("5184000", kMx)), "none");
  // More patterns than are kept of a reported policy: told by their digest.
  std::string many(kMx);
  std::vector<std::string> patterns = {"mx1.example.com", "mx2.example.com"};
  for (int i = 0; i < 150; ++i) {
    patterns.push_back("mail-exchanger-" + std::to_string(i) + ".example.com");
    many += "mx: " + patterns.back() + "\r\n";
  }
  auto text_of = [&](uint64_t max_age) {
    return reports::policy_text(protocol::Mode::enforce, max_age, patterns);
  };
  EXPECT_EQ(with(applied(text_of(5184000), 1), replaced("5184000", many)).substr(0, 5), "info:");
  EXPECT_EQ(with(applied(text_of(5184001), 1), replaced("5184000", many)), "none");
  patterns.back() = "mail-exchanger-0.example.com";
  EXPECT_EQ(with(applied(text_of(5184000), 1), replaced("5184000", many)), "none");
  EXPECT_EQ(with(applied(longer, 1), nullptr), "none");
  std::string uncovered = with(applied("mode=enforce max_age=5184000 mx=mx1.example.com", 1),
                               replaced("5184000", "mx: mx1.example.com\r\n"));
  EXPECT_EQ(uncovered.substr(0, 8), "warning:") << uncovered;
  EXPECT_TRUE(contains(uncovered, "it does not cover mx2.example.com")) << uncovered;
}

TEST(Reports, NoPolicyFoundAfterPublish) {
  auto with = [](Reported reported, HistoryPtr history) {
    return severity_of_code(judged(std::move(reported), std::move(history)),
                            "rpt-no-policy-found-after-publish");
  };
  auto none = [](const std::string& who, DayBits days = kWholeWeek) {
    return Reported().sessions(who, 50, 0, true, kWithout, days);
  };
  EXPECT_EQ(with(none("Example"), watched_for(30)), "warning") << "nobody sees it";
  EXPECT_EQ(with(none("Example"), nullptr), "none");
  EXPECT_EQ(with(none("Example").sessions("Microsoft", 50, 0), watched_for(30)), "info")
      << "may not support MTA-STS";
  EXPECT_EQ(with(none("Google Inc.").sessions("Microsoft", 50, 0), watched_for(30)), "warning");
  EXPECT_EQ(with(none("Example").sessions("Example", 50, 0), watched_for(30)), "warning")
      << "sees it at times";
  EXPECT_EQ(with(Reported().sessions("Example", 50, 0), watched_for(30)), "none");
}

// kNow is noon: published four days ago at noon, only the report of yesterday is about a day that
// began two days later.
TEST(Reports, NoPolicyFoundCountsFromTwoDaysAfterPublishing) {
  constexpr const char* kCode = "rpt-no-policy-found-after-publish";
  auto with = [](DayBits days, HistoryPtr history) {
    return judged(Reported().sessions("Example", 50, 0, true, kWithout, days), std::move(history));
  };
  const std::chrono::hours noon = std::chrono::floor<std::chrono::hours>(kNow - Time(kToday));
  ASSERT_GT(noon.count(), 0) << "a day that has begun is not one that began later";
  EXPECT_EQ(severity_of_code(with(days_ago({2, 3, 4}), watched_for(4)), kCode), "none");
  EXPECT_EQ(severity_of_code(with(days_ago({1, 2, 3, 4}), watched_for(4)), kCode), "warning");
  EXPECT_EQ(severity_of_code(with(days_ago({1}), watched_for(3)), kCode), "none");
  EXPECT_EQ(severity_of_code(with(days_ago({0}), watched_for(3)), kCode), "warning");
  EXPECT_EQ(message_of_code(with(days_ago({1, 3, 4, 5}), watched_for(7)), kCode),
            "Example found no policy in sessions of 3 days, the last of them " +
                reports::day_text(kToday - std::chrono::days(1)) +
                ", although the record has been published since " +
                date_text(kNow - std::chrono::days(7)));
  EXPECT_TRUE(contains(message_of_code(with(days_ago({2}), watched_for(7)), kCode),
                       "in sessions of " + reports::day_text(kToday - std::chrono::days(2)) + ","));
}

// The record was there, but what it announced could not be fetched or used until three days ago.
TEST(Reports, NoPolicyFoundDoesNotCountWhileThePolicyWasBroken) {
  constexpr const char* kCode = "rpt-no-policy-found-after-publish";
  auto mended = [](Stage stage, int days) {
    auto history = std::make_shared<History>(*watched_for(30));
    for (SeenPass& pass : history->passes)
      if (pass.stage == stage) pass.since = kNow - std::chrono::days(days);
    return history;
  };
  auto with = [](DayBits days, HistoryPtr history) {
    return judged(Reported().sessions("Example", 50, 0, true, kWithout, days), std::move(history));
  };
  for (Stage stage : {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax}) {
    EXPECT_EQ(severity_of_code(with(days_ago({2, 3, 4, 5}), mended(stage, 4)), kCode), "none");
    EXPECT_EQ(severity_of_code(with(days_ago({1}), mended(stage, 4)), kCode), "warning");
    auto unknown = std::make_shared<History>(*watched_for(30));
    std::erase_if(unknown->passes, [&](const SeenPass& pass) { return pass.stage == stage; });
    EXPECT_EQ(severity_of_code(with(days_ago({1}), unknown), kCode), "none");
  }
  EXPECT_TRUE(
      contains(message_of_code(with(days_ago({1}), mended(Stage::policy_syntax, 4)), kCode),
               "and the policy has been valid since " + date_text(kNow - std::chrono::days(4))));
}

TEST(Reports, SilentReporter) {
  auto with = [](std::vector<std::pair<std::string, DayBits>> organizations, HistoryPtr history,
                 bool failures_only = false) {
    Reported reported;
    for (const auto& [name, days] : organizations) {
      reported.sessions(name, 50, 0);
      reported.organization(name).days = days;
      reported.organization(name).days_without_failures = failures_only ? 0 : days;
    }
    return severity_of_code(judged(reported, std::move(history)), "rpt-reporter-silent");
  };
  DayBits stopped = days_ago({5, 6, 7, 8, 9, 10, 11});
  DayBits workdays = days_ago({5, 6, 7, 8, 9});
  HistoryPtr history = watched_for(30);
  EXPECT_EQ(with({{"A", stopped}, {"B", kWholeWeek}}, history), "info");
  EXPECT_EQ(with({{"A", stopped}, {"B", stopped}}, history), "warning") << "all are silent";
  EXPECT_EQ(with({{"A", stopped}}, history), "warning") << "the only one, every day before";
  EXPECT_EQ(with({{"A", workdays}}, history), "info") << "a holiday may explain it";
  EXPECT_EQ(with({{"A", stopped << 10}, {"B", stopped << 10}}, history), "warning") << "goes on";
  EXPECT_EQ(with({{"A", stopped >> 1}}, history), "none") << "may still come";
  EXPECT_EQ(with({{"A", days_ago({5, 6, 7, 8})}}, history), "none") << "not regular";
  EXPECT_EQ(with({{"A", stopped}}, history, true), "none") << "reports failures alone";
  EXPECT_EQ(with({{"A", stopped}}, watched_for(2)), "none") << "reports could not be taken in";
  EXPECT_EQ(with({{"A", stopped}}, nullptr), "none");
}

TEST(Reports, QualityIsToldOncePerCode) {
  Reported reported;
  for (int i = 0; i < 100; ++i) {
    reported.sessions("Org " + std::to_string(i) + "\x1b[31m", 100, 0);
    reported.organization("Org " + std::to_string(i) + "\x1b[31m").qualities =
        ~reports::Qualities{};
  }
  Report report = judged(reported);
  EXPECT_EQ(report.findings.size(), reports::kQualities.size()) << summary(report);
  EXPECT_EQ(report.stage(Stage::reports), StageResult::pass);
  for (const Finding& finding : report.findings) {
    EXPECT_EQ(finding.severity, Severity::info);
    EXPECT_EQ(finding.message.find('\x1b'), std::string::npos);
    EXPECT_TRUE(contains(finding.message, "and 95 more")) << finding.message;
  }
}

}  // namespace
}  // namespace mtasts::verdict
