// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/pipeline.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "verdict/healthy_evidence.h"

namespace mtasts::service {
namespace {

using Trigger = schedule::Scheduler::Trigger;
using testing::HasSubstr;
using testing::Not;

settings::DomainEntry configured(const std::string& name) {
  settings::DomainEntry entry{verdict::domain_named(name), {}, std::nullopt};
  return entry;
}

// The evidence of a check of example.com when everything is healthy.
verdict::Evidence healthy() {
  verdict::Scene scene;
  scene.judged();  // fills in the MX targets
  return scene.evidence;
}

// The same, but the lookup of the record failed.
verdict::Evidence inconclusive() {
  verdict::Evidence evidence = healthy();
  evidence.record = verdict::dns_answer("_mta-sts.example.com", protocol::RecordType::txt,
                                        protocol::DnsStatus::cancelled);
  return evidence;
}

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    state::State::Options options;
    options.path = ":memory:";
    state_ = std::move(*state::State::open(std::move(options)));
    pipeline_ = std::make_unique<Pipeline>(Destinations{reports_, exposition_, metrics_, *state_});
  }

  // As a reload does.
  void set_domains(const std::vector<settings::DomainEntry>& domains,
                   const std::vector<state::Remembered>& remembered) {
    for (const std::string& name : names_) {
      auto same = [&](const settings::DomainEntry& entry) { return entry.name.text() == name; };
      if (std::none_of(domains.begin(), domains.end(), same)) pipeline_->remove_domain(name);
    }
    names_.clear();
    for (const settings::DomainEntry& entry : domains) {
      pipeline_->put_domain(entry);
      names_.push_back(entry.name.text());
    }
    for (const state::Remembered& known : remembered) pipeline_->restore(known);
  }
  bool is_exposed(const std::string& domain) const {
    for (const auto& entry : exposition_.snapshot().domains)
      if (entry->name == domain) return true;
    return false;
  }
  verdict::ReportPtr published() const {
    board::DomainEntryPtr entry = reports_.find("example.com");
    return entry == nullptr ? nullptr : entry->report;
  }

  board::LatestReports reports_;
  present::ExpositionCache exposition_;
  present::AgentMetrics metrics_{present::BuildInfo{"0", "", ""}};
  std::unique_ptr<state::State> state_;
  std::unique_ptr<Pipeline> pipeline_;
  std::vector<std::string> names_;
};

TEST_F(PipelineTest, ADueCheckReachesEveryDestination) {
  set_domains({configured("example.com")}, {});
  verdict::ReportPtr report = pipeline_->conclude(healthy(), Trigger::due);
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->outcome, verdict::Outcome::ok);
  EXPECT_EQ(published(), report);
  EXPECT_TRUE(is_exposed("example.com"));
  EXPECT_EQ(exposition_.snapshot().hosts.size(), 2u);
  EXPECT_THAT(metrics_.text(), HasSubstr("mtasts_checks_total 1\n"));
  state_->flush();
  auto remembered = state_->recall({"example.com"});
  ASSERT_EQ(remembered.size(), 1u);
  EXPECT_EQ(remembered[0].report->checked_at, report->checked_at);
}

TEST_F(PipelineTest, HistoryGoesFromCheckToCheck) {
  set_domains({configured("example.com")}, {});
  verdict::ReportPtr first = pipeline_->conclude(healthy(), Trigger::due);
  ASSERT_NE(first->history, nullptr);
  verdict::Evidence changed = healthy();
  changed.record.texts = {"v=STSv1; id=another;"};
  verdict::ReportPtr second = pipeline_->conclude(changed, Trigger::due);
  ASSERT_NE(second->history, nullptr);
  EXPECT_EQ(second->history->began, first->history->began);
  EXPECT_TRUE(verdict::is_unsettled(*second->history)) << "the new id waits for its second check";
}

TEST_F(PipelineTest, WhatTheStateRemembersComesBefore) {
  set_domains({configured("example.com")}, {});
  verdict::ReportPtr before = pipeline_->conclude(healthy(), Trigger::due);
  state_->flush();
  auto remembered = state_->recall({"example.com"});
  set_domains({}, {});
  EXPECT_FALSE(is_exposed("example.com"));
  set_domains({configured("example.com")}, remembered);
  ASSERT_NE(published(), nullptr);
  EXPECT_EQ(published()->checked_at, before->checked_at);
  EXPECT_TRUE(is_exposed("example.com"));
}

TEST_F(PipelineTest, ADomainThatIsNotConfiguredIsOnlyReported) {
  set_domains({configured("other.example")}, {});
  for (Trigger trigger : {Trigger::request, Trigger::due}) {
    verdict::ReportPtr report = pipeline_->conclude(healthy(), trigger);
    EXPECT_EQ(report->outcome, verdict::Outcome::ok);
    EXPECT_EQ(report->history, nullptr) << "it has no memory";
  }
  EXPECT_FALSE(is_exposed("example.com"));
  EXPECT_TRUE(state_->recall({"example.com"}).empty());
  EXPECT_THAT(metrics_.text(), HasSubstr("mtasts_checks_total 0\n"));
}

TEST_F(PipelineTest, ARequestedCheckThatWasCutShortIsNotPublished) {
  set_domains({configured("example.com")}, {});
  verdict::ReportPtr whole = pipeline_->conclude(healthy(), Trigger::request);
  EXPECT_EQ(published(), whole);
  verdict::ReportPtr cut = pipeline_->conclude(inconclusive(), Trigger::request);
  EXPECT_EQ(cut->outcome, verdict::Outcome::unknown);
  EXPECT_EQ(published(), whole);
  verdict::ReportPtr due = pipeline_->conclude(inconclusive(), Trigger::due);
  EXPECT_EQ(published(), due) << "a due check had all the time there is";
}

TEST_F(PipelineTest, TheExpectedModeIsThatOfTheDomain) {
  settings::DomainEntry strict = configured("example.com");
  strict.expected_mode = protocol::Mode::enforce;
  verdict::Evidence testing_mode = healthy();
  for (auto& attempt : testing_mode.policy.attempts)
    attempt.body.replace(attempt.body.find("enforce"), 7, "testing");
  set_domains({strict}, {});
  auto report = pipeline_->conclude(testing_mode, Trigger::due);
  EXPECT_NE(verdict::find(*report, "sts-mode-weaker-than-expected"), nullptr);
  set_domains({configured("example.com")}, {});
  report = pipeline_->conclude(testing_mode, Trigger::due);
  EXPECT_EQ(verdict::find(*report, "sts-mode-weaker-than-expected"), nullptr);
}

TEST_F(PipelineTest, ThresholdsCountFromWhenTheyAreSet) {
  set_domains({configured("example.com")}, {});
  verdict::Thresholds thresholds;
  thresholds.vantage.dns_server = "192.0.2.53";
  pipeline_->set_thresholds(thresholds);
  verdict::Evidence evidence = healthy();
  evidence.record.texts.clear();
  evidence.record.status = protocol::DnsStatus::nodata;
  auto report = pipeline_->conclude(evidence, Trigger::due);
  const verdict::Finding* finding = verdict::find(*report, "sts-txt-missing");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->verify, HasSubstr("@192.0.2.53 "));
}

TEST_F(PipelineTest, EvidenceOfACheckThatGoesOnReplacesNothing) {
  set_domains({configured("example.com")}, {});
  EXPECT_NE(pipeline_->conclude(healthy(), Trigger::unfinished), nullptr);
  EXPECT_EQ(published(), nullptr);
}

}  // namespace
}  // namespace mtasts::service
