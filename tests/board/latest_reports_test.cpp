// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "board/latest_reports.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "fakes/board_domains.h"

namespace mtasts::board {
namespace {

using testing::ElementsAre;

using verdict::Stage;
using verdict::StageResult;

settings::DomainEntry configured(const std::string& name) {
  return {DomainName::parse(name).value(), {}, std::nullopt};
}

std::shared_ptr<const verdict::MxHostReport> facts_of(const std::string& host, int probed_second) {
  auto facts = std::make_shared<verdict::MxHostReport>();
  facts->host = host;
  facts->probed_at = Time(std::chrono::seconds(probed_second));
  return facts;
}

std::shared_ptr<verdict::Report> report_of(const std::string& domain) {
  auto report = std::make_shared<verdict::Report>();
  report->domain = domain;
  report->stages.fill(StageResult::pass);
  return report;
}

void add_mx(verdict::Report& report, const std::string& host,
            std::shared_ptr<const verdict::MxHostReport> facts) {
  verdict::MxReport mx;
  mx.host = host;
  mx.facts = std::move(facts);
  report.mx.push_back(mx);
}

TEST(LatestReports, FindsOnlyConfiguredDomains) {
  LatestReports board;
  fakes::set_domains(board, {configured("a.example"), configured("b.example")});
  EXPECT_EQ(board.snapshot().domains.size(), 2u);
  EXPECT_EQ(board.find("c.example"), nullptr);
  ASSERT_NE(board.find("a.example"), nullptr);
  EXPECT_EQ(board.find("a.example")->report, nullptr);
  EXPECT_FALSE(board.publish(report_of("c.example")));
  EXPECT_FALSE(board.publish(nullptr));
  EXPECT_EQ(board.snapshot().domains.size(), 2u);
}

TEST(LatestReports, KeepsWhatTlsReportsSayAcrossChecksAndReloads) {
  LatestReports board;
  fakes::set_domains(board, {configured("a.example"), configured("b.example")});
  auto reported = std::make_shared<reports::DomainSummary>();
  Update update = board.set_reported("a.example", reported);
  ASSERT_EQ(update.domains.size(), 1u);
  EXPECT_EQ(update.domains[0]->reported, reported);
  EXPECT_TRUE(board.set_reported("c.example", reported).domains.empty()) << "not configured";
  board.publish(report_of("a.example"));
  fakes::set_domains(board, {configured("a.example"), configured("c.example")});
  EXPECT_EQ(board.find("a.example")->reported, reported);
  EXPECT_EQ(board.find("c.example")->reported, nullptr);
  board.set_reported("a.example", nullptr);
  EXPECT_EQ(board.find("a.example")->reported, nullptr);
  EXPECT_NE(board.find("a.example")->report, nullptr);
}

TEST(LatestReports, IsCompleteWhenEveryDomainHasAReport) {
  LatestReports board;
  EXPECT_TRUE(board.complete()) << "nothing configured, nothing to wait for";
  fakes::set_domains(board, {configured("a.example"), configured("b.example")});
  EXPECT_FALSE(board.complete());
  EXPECT_TRUE(board.publish(report_of("a.example")));
  EXPECT_TRUE(board.publish(report_of("a.example"))) << "a second report counts no second domain";
  EXPECT_FALSE(board.complete());
  EXPECT_TRUE(board.publish(report_of("b.example")));
  EXPECT_TRUE(board.complete());
  fakes::set_domains(board, {configured("a.example"), configured("c.example")});
  EXPECT_FALSE(board.complete());
}

TEST(LatestReports, KeepsReportsOverAReloadAndForgetsRemovedDomains) {
  LatestReports board;
  fakes::set_domains(board, {configured("a.example"), configured("b.example")});
  auto a = report_of("a.example");
  add_mx(*a, "mx.a.example", facts_of("mx.a.example", 1));
  auto b = report_of("b.example");
  add_mx(*b, "mx.b.example", facts_of("mx.b.example", 1));
  ASSERT_TRUE(board.publish(a) && board.publish(b));
  ASSERT_EQ(board.snapshot().hosts.size(), 2u);

  settings::DomainEntry relabelled = configured("b.example");
  relabelled.labels = {{"team", "mail"}};
  fakes::set_domains(board, {relabelled});
  EXPECT_EQ(board.find("a.example"), nullptr);
  ASSERT_NE(board.find("b.example"), nullptr);
  EXPECT_EQ(board.find("b.example")->report, b);
  EXPECT_EQ(board.find("b.example")->configured->labels.at("team"), "mail");
  ASSERT_EQ(board.snapshot().hosts.size(), 1u);
  EXPECT_EQ(board.snapshot().hosts[0]->name, "mx.b.example");
}

TEST(LatestReports, KeepsAHostAsLongAsSomeReportHoldsItsFacts) {
  LatestReports board;
  fakes::set_domains(board, {configured("a.example"), configured("b.example")});
  auto shared = facts_of("mx.example", 1);
  auto a = report_of("a.example");
  add_mx(*a, "mx.example", shared);
  add_mx(*a, "mx.example", shared);  // listed twice by hostile evidence: counts once
  auto b = report_of("b.example");
  add_mx(*b, "mx.example", shared);
  ASSERT_TRUE(board.publish(a) && board.publish(b) && board.publish(a));
  ASSERT_EQ(board.snapshot().hosts.size(), 1u);
  ASSERT_TRUE(board.publish(report_of("a.example")));
  EXPECT_EQ(board.snapshot().hosts.size(), 1u) << "b.example still uses it";
  auto without_facts = report_of("b.example");
  add_mx(*without_facts, "mx.example", nullptr);
  ASSERT_TRUE(board.publish(without_facts));
  EXPECT_TRUE(board.snapshot().hosts.empty());
}

TEST(LatestReports, TakesTheNewestFactsOfAHost) {
  LatestReports board;
  fakes::set_domains(board, {configured("a.example"), configured("b.example")});
  auto newer = facts_of("mx.example", 20);
  auto a = report_of("a.example");
  add_mx(*a, "mx.example", newer);
  auto b = report_of("b.example");
  add_mx(*b, "mx.example", facts_of("mx.example", 10));
  ASSERT_TRUE(board.publish(a) && board.publish(b));
  EXPECT_EQ(board.snapshot().hosts[0]->facts, newer);
  auto newest = facts_of("mx.example", 30);
  auto again = report_of("b.example");
  add_mx(*again, "mx.example", newest);
  ASSERT_TRUE(board.publish(again));
  EXPECT_EQ(board.snapshot().hosts[0]->facts, newest);
}

TEST(LatestReports, HostNamesAreValidLabelValues) {
  EXPECT_EQ(host_key("mx1.example.com"), "mx1.example.com");
  EXPECT_EQ(host_key("mx\xff.example"), "mx\\xFF.example");
  EXPECT_EQ(host_key("mx\n.example"), "mx\\x0A.example");
}

TEST(LastResult, UnknownKeepsNotApplicableClears) {
  struct Case {
    StageResult before, now, after;
    int at;
  };
  const Case cases[] = {
      {StageResult::not_applicable, StageResult::pass, StageResult::pass, 2},  // first result
      {StageResult::not_applicable, StageResult::unknown, StageResult::not_applicable, 0},  // none
      {StageResult::pass, StageResult::unknown, StageResult::pass, 1},  // kept with its time
      {StageResult::fail, StageResult::unknown, StageResult::fail, 1},  // kept with its time
      {StageResult::pass, StageResult::fail, StageResult::fail, 2},     // newer
      {StageResult::fail, StageResult::pass, StageResult::pass, 2},     // newer
      {StageResult::fail, StageResult::not_applicable, StageResult::not_applicable, 0},  // cleared
  };
  for (const Case& c : cases) {
    LastResults before{};
    if (c.before != StageResult::not_applicable)
      before[0] = {c.before, Time(std::chrono::seconds(1))};
    verdict::Report report;
    report.checked_at = Time(std::chrono::seconds(2));
    report.stages.fill(c.now);
    LastResult after = updated_results(before, report)[0];
    EXPECT_EQ(after.result, c.after);
    EXPECT_EQ(after.at, Time(std::chrono::seconds(c.at)));
  }
}

TEST(LatestReports, RemembersStagesFromReportToReport) {
  LatestReports board;
  fakes::set_domains(board, {configured("a.example")});
  auto first = report_of("a.example");
  first->checked_at = Time(std::chrono::seconds(5));
  ASSERT_TRUE(board.publish(first));
  auto blind = report_of("a.example");
  blind->checked_at = Time(std::chrono::seconds(6));
  blind->stages.fill(StageResult::unknown);
  ASSERT_TRUE(board.publish(blind));
  fakes::set_domains(board, {configured("a.example")});
  auto stages = board.find("a.example")->stages;
  EXPECT_EQ(stages[0].result, StageResult::pass);
  EXPECT_EQ(stages[0].at, Time(std::chrono::seconds(5)));
}

std::vector<std::string> names_of(const auto& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry->name);
  return names;
}

TEST(LatestReports, SaysWhatEachCallChanged) {
  LatestReports board;
  Update update = board.put_domain(configured("b.example"));
  EXPECT_THAT(names_of(update.domains), ElementsAre("b.example"));
  EXPECT_TRUE(update.hosts.empty() && update.removed_domains.empty());
  update = board.put_domain(configured("a.example"));
  EXPECT_THAT(names_of(update.domains), ElementsAre("a.example"));
  EXPECT_TRUE(update.hosts.empty() && update.removed_domains.empty());

  auto report = report_of("a.example");
  add_mx(*report, "mx.example", facts_of("mx.example", 1));
  update = board.publish(report).value();
  EXPECT_THAT(names_of(update.domains), ElementsAre("a.example"));
  EXPECT_EQ(update.domains[0], board.find("a.example"));
  EXPECT_THAT(names_of(update.hosts), ElementsAre("mx.example"));
  update = board.publish(report).value();
  EXPECT_TRUE(update.hosts.empty()) << "the same facts are no change";

  auto moved = report_of("a.example");
  add_mx(*moved, "other.example", facts_of("other.example", 2));
  update = board.publish(moved).value();
  EXPECT_THAT(names_of(update.hosts), ElementsAre("other.example"));
  EXPECT_THAT(update.removed_hosts, ElementsAre("mx.example"));

  update = board.remove_domain("a.example");
  EXPECT_THAT(update.removed_domains, ElementsAre("a.example"));
  EXPECT_THAT(update.removed_hosts, ElementsAre("other.example"));
  EXPECT_FALSE(board.publish(moved).has_value());
  EXPECT_TRUE(board.restore(moved, LastResults{}).domains.empty());
}

TEST(LatestReports, ReadersAndWritersDoNotDisturbEachOther) {
  LatestReports board;
  std::vector<settings::DomainEntry> all;
  for (int i = 0; i < 50; ++i) all.push_back(configured("d" + std::to_string(i) + ".example"));
  fakes::set_domains(board, all);
  std::atomic<bool> stop = false;
  std::atomic<size_t> read = 0;
  std::thread reader([&] {
    while (!stop) {
      Snapshot snapshot = board.snapshot();
      for (const auto& entry : snapshot.domains) read += entry->name.size();
    }
  });
  for (int round = 0; round < 40; ++round) {
    for (const auto& domain : all) {
      auto report = report_of(domain.name.text());
      add_mx(*report, "mx.example", facts_of("mx.example", round));
      EXPECT_TRUE(board.publish(report));
    }
    fakes::set_domains(board, all);
  }
  stop = true;
  reader.join();
  EXPECT_EQ(board.snapshot().hosts.size(), 1u);
  fakes::set_domains(board, {});
  EXPECT_TRUE(board.snapshot().hosts.empty());
}

}  // namespace
}  // namespace mtasts::board
