// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Nothing is unknown without a reason: random evidence, in which parts are missing or failed.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "verdict/broken_cases.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::HttpsStatus;
using protocol::SmtpStatus;

constexpr int kScenes = 20000;

class RandomScenes {
 public:
  explicit RandomScenes(unsigned seed) : random_(seed) {}

  Scene next() {
    Scene scene;
    lookup(scene.evidence.record);
    lookup(scene.evidence.tlsrpt);
    lookup(scene.evidence.mx);
    if (scene.evidence.mx.status != DnsStatus::answered) {
      scene.hosts.clear();
      scene.evidence.mx.mx.clear();
      if (one_in(2)) scene.evidence.apex = addresses_of("example.com", {}).answers;
      for (auto& answer : scene.evidence.apex) lookup(answer);
    }
    addresses(scene.evidence.policy.addresses, scene.evidence.policy.attempts);
    for (auto& attempt : scene.evidence.policy.attempts) fetch(attempt);
    if (one_in(4)) with_history_ = !with_history_;
    for (auto& host : scene.hosts) {
      addresses(host.addresses, host.attempts);
      for (auto& attempt : host.attempts) probe(attempt);
    }
    if (one_in(5) && !scene.hosts.empty()) scene.hosts.pop_back();
    if (one_in(10)) scene.evidence.smtp_enabled = false;
    for (ChannelKind kind : kChannelKinds)
      if (one_in(3)) scene.lose(kind);
    return scene;
  }

 private:
  bool one_in(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }
  int pick(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }

  void lookup(protocol::DnsAnswer& answer) {
    if (!one_in(3)) return;
    answer.status = static_cast<DnsStatus>(pick(static_cast<int>(DnsStatus::cancelled)));
    if (answer.status == DnsStatus::answered) return;
    answer.texts.clear();
    answer.addresses.clear();
  }

  template <typename Attempts>
  void addresses(HostAddresses& found, Attempts& attempts) {
    if (one_in(10)) {  // never looked up
      found = {};
      attempts.clear();
      return;
    }
    for (auto& answer : found.answers) lookup(answer);
    auto known = [&](const IpAddress& address) {
      return std::any_of(found.answers.begin(), found.answers.end(), [&](const auto& answer) {
        return std::count(answer.addresses.begin(), answer.addresses.end(), address) > 0;
      });
    };
    std::erase_if(attempts, [&](const auto& attempt) { return !known(attempt.address); });
    for (auto* left_out : {&found.unused_family, &found.beyond_limit}) {
      if (attempts.empty() || !one_in(6)) continue;
      left_out->push_back(attempts.back().address);
      attempts.pop_back();
    }
  }

  void fetch(protocol::HttpsAttempt& attempt) {
    if (one_in(2)) return;
    attempt.status = static_cast<HttpsStatus>(pick(static_cast<int>(HttpsStatus::cancelled)));
    if (attempt.status == HttpsStatus::responded) {
      attempt.http_status = one_in(2) ? 404 : 200;
      return;
    }
    attempt.http_status = 0;
    attempt.body.clear();
    if (one_in(2)) attempt.chain = nullptr;
  }

  void probe(protocol::SmtpAttempt& attempt) {
    if (one_in(2)) return;
    attempt.status = static_cast<SmtpStatus>(pick(static_cast<int>(SmtpStatus::cancelled)));
    attempt.step = static_cast<protocol::SmtpStep>(pick(4));
    attempt.reply_code = one_in(2) ? 0 : one_in(2) ? 421 : 554;
    if (attempt.status == SmtpStatus::ok) return;
    attempt.chain = nullptr;
    attempt.starttls_offered.reset();
  }

  std::mt19937 random_;
  bool with_history_ = false;
};

bool has_unknown(const Report& report, std::optional<Stage> stage) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
    return finding.severity == Severity::unknown && (!stage || finding.row->stage == *stage);
  });
}

void expect_reasons(const Report& report) {
  if (report.outcome == Outcome::unknown) {
    EXPECT_TRUE(has_unknown(report, std::nullopt)) << summary(report);
  }
  for (Stage stage : kStages) {
    if (report.stage(stage) != StageResult::unknown) continue;
    EXPECT_TRUE(has_unknown(report, stage)) << name_of(stage) << ": " << summary(report);
  }
  for (const Finding& finding : report.findings) {
    EXPECT_FALSE(finding.message.empty()) << finding.code();
    EXPECT_FALSE(finding.fix.empty()) << finding.code();
  }
  // Nothing is ok that was not seen.
  if (report.outcome == Outcome::ok) {
    for (Stage stage : kStages) EXPECT_NE(report.stage(stage), StageResult::unknown);
  }
}

TEST(Unknown, AlwaysHasAReasonInItsStage) {
  RandomScenes scenes(20261127);
  int unknown = 0;
  for (int i = 0; i < kScenes && !::testing::Test::HasFailure(); ++i) {
    Scene scene = scenes.next();
    HistoryPtr before;
    if (i % 2 == 0)
      before = Scene()
                   .judged_at(kNow - std::chrono::hours(1), std::make_shared<const History>())
                   .history;
    Report report = scene.judged_at(kNow, before);
    expect_reasons(report);
    unknown += report.outcome == Outcome::unknown ? 1 : 0;
  }
  EXPECT_GT(unknown, kScenes / 100) << "the generator makes such evidence";
}

TEST(Unknown, AnMxHostWithOnlyAnUnusedFamilyNamesIt) {
  Scene scene;
  for (auto& host : scene.hosts) {
    host.addresses = addresses_of(host.host, {"2a00::1"});
    host.addresses.unused_family = {*IpAddress::parse("2a00::1")};
    host.attempts.clear();
  }
  Report report = scene.judged();
  EXPECT_EQ(report.outcome, Outcome::unknown);
  const Finding* finding = find(report, "mx-unchecked");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, Severity::unknown);
  EXPECT_NE(finding->message.find("only IPv6"), std::string::npos) << finding->message;
  EXPECT_NE(finding->fix.find("[network] families"), std::string::npos) << finding->fix;
  EXPECT_EQ(report.stage(Stage::smtp), StageResult::unknown);
}

}  // namespace
}  // namespace mtasts::verdict
