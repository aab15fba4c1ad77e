// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/findings/reported_by.h"

#include <gtest/gtest.h>

#include "verdict/broken_cases.h"
#include "verdict/reported_scene.h"

namespace mtasts::verdict {
namespace {

const Finding* joined(const Report& report, std::string_view code) {
  const Finding* finding = find(report, code);
  return finding != nullptr && finding->reported ? finding : nullptr;
}

TEST(ReportedBy, AFindingThatReportsConfirmSaysSo) {
  Reported reported;
  reported.sessions("Google", 590, 40).sessions("Microsoft", 200, 5).sessions("Yahoo", 100, 2);
  reported.failure(ResultType::certificate_expired, "mx1.example.com", 45, {"Google", "Microsoft"},
                   days_ago({1, 5}));
  reported.failure(ResultType::certificate_expired, "mx1.example.com", 2, {"Yahoo"});
  reported.failure(ResultType::certificate_expired, "mx2.example.com", 7, {"mail.ru"});
  Scene scene;
  mx_chain(with_fault(protocol::ChainFault::expired))(scene);
  Report before = scene.judged();
  scene.reported = reported.take();
  Report report = scene.judged();
  const Finding* finding = joined(report, "cert-expired");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->reported->organizations,
            (std::vector<std::string>{"Google", "Microsoft", "Yahoo"}));
  EXPECT_EQ(reported_sentence(*finding->reported),
            "also reported by Google and 2 others: 47 of 937 sessions since 2026-10-28");
  EXPECT_EQ(finding->message, find(before, "cert-expired")->message);
  EXPECT_EQ(finding->severity, find(before, "cert-expired")->severity);
}

TEST(ReportedBy, OnlyTheSameFailureAtTheSameHostConfirms) {
  auto with = [](ResultType type, const std::string& host) {
    Reported reported;
    reported.sessions("Google", 590, 40);
    reported.failure(type, host, 40, {"Google"});
    Scene scene;
    mx_chain(with_fault(protocol::ChainFault::expired))(scene);
    scene.reported = reported.take();
    return joined(scene.judged(), "cert-expired") != nullptr;
  };
  EXPECT_TRUE(with(ResultType::certificate_expired, "mx1.example.com"));
  EXPECT_FALSE(with(ResultType::certificate_expired, "mx2.example.com"));
  EXPECT_FALSE(with(ResultType::certificate_expired, "")) << "two hosts: which one is not told";
  EXPECT_FALSE(with(ResultType::certificate_not_trusted, "mx1.example.com"));
}

TEST(ReportedBy, FailuresOfThePolicyHaveNoHost) {
  Reported reported;
  reported.sessions("Google", 0, 156);
  reported.failure(ResultType::sts_policy_fetch_error, "", 156, {"Google"});
  Scene scene;
  scene.for_each_fetch([](auto& attempt) { attempt.http_status = 404; });
  scene.reported = reported.take();
  Report report = scene.judged();
  const Finding* finding = joined(report, "sts-http-status");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(reported_sentence(*finding->reported),
            "also reported by Google: 156 of 156 sessions since 2026-10-30");
}

TEST(ReportedBy, TheSentence) {
  EXPECT_EQ(reported_sentence({{"A", "B"}, 2, 3, 9, "2026-11-20"}),
            "also reported by A and B: 3 of 9 sessions since 2026-11-20");
  EXPECT_EQ(reported_sentence({{"A", "B", "C"}, 12, 3, 9, "2026-11-20"}),
            "also reported by A and 11 others: 3 of 9 sessions since 2026-11-20");
  EXPECT_EQ(reported_sentence({{"A\x1b[2J"}, 1, 3, 9, "2026-11-20"}),
            "also reported by A\\x1B[2J: 3 of 9 sessions since 2026-11-20");
}

}  // namespace
}  // namespace mtasts::verdict
