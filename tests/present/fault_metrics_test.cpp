// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The series that alerts are made of, and the set of metrics that they need.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "present/exposition.h"
#include "present/exposition_text.h"
#include "present/metrics_table.h"
#include "world.h"

namespace mtasts::present {
namespace {

std::string left_out_by_lean() {
  std::ifstream file(std::string(MTASTS_TESTS_DIR) + "/golden/metrics_not_lean.txt");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(FaultMetrics, SayWhatIsSeenNowAndWhatWasSeenEarlier) {
  world::Published board;
  board.set_domains({world::configured("broken.example")});
  board.publish(world::bad_report());
  const std::string text = whole(exposition_source("", board.exposition.snapshot()));
  for (const char* line :
       {"\nmtasts_fault{domain=\"broken.example\",alert=\"MtastsRecordMissing\",severity="
        "\"warning\","
        "code=\"sts-txt-missing\",stage=\"record\",subject=\"\",seen=\"now\"} 1\n",
        "\nmtasts_fault{domain=\"broken.example\",alert=\"MtastsPolicyCertificateInvalid\","
        "severity=\"warning\",code=\"sts-tls-expired\",stage=\"policy_certificate\",subject=\"\","
        "seen=\"earlier\"} 1\n",
        "\nmtasts_fault{domain=\"broken.example\",alert=\"MtastsTlsrptMissing\",severity="
        "\"warning\","
        "code=\"tlsrpt-missing\",stage=\"tlsrpt\",subject=\"\",seen=\"earlier\"} 0\n",
        "\nmtasts_mx_fault{mx=\"mx1.example.com\",alert=\"MtastsMxCertificateInvalid\","
        "severity=\"critical\",code=\"cert-expired\",stage=\"mx_certificate\","
        "subject=\"mx1.example.com [2001:db8::1]\",seen=\"earlier\"} 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(text.find("mtasts_fault{domain=\"broken.example\",alert=\"MtastsMx"
                      "CertificateInvalid"),
            std::string::npos)
      << "a fault of an MX host is no domain's";
}

TEST(StageMetrics, SayWhatIsNotSeenAndOnceThatItIsSeenAgain) {
  const std::string family = "mtasts_stage_unseen_since_timestamp_seconds{";
  world::Published board;
  board.set_domains({world::configured("example.com")});
  auto text = [&board] { return whole(exposition_source("", board.exposition.snapshot())); };
  board.publish(world::good_report());
  EXPECT_EQ(text().find(family), std::string::npos);
  auto unseen = world::good_report();
  unseen->checked_at += std::chrono::hours(1);
  unseen->stages[static_cast<size_t>(verdict::Stage::mx)] = verdict::StageResult::unknown;
  board.publish(unseen);
  EXPECT_NE(text().find(family + "domain=\"example.com\",stage=\"mx\"} 1763755600.25\n"),
            std::string::npos);
  auto seen = world::good_report();
  seen->checked_at += std::chrono::hours(2);
  board.publish(seen);
  EXPECT_NE(text().find(family + "domain=\"example.com\",stage=\"mx\"} 1763762800.25\n"),
            std::string::npos);
  board.publish(seen);
  EXPECT_EQ(text().find(family), std::string::npos);
}

TEST(CertificateMetrics, EndWithTheFirstOfTheChain) {
  auto report = world::good_report();
  auto text = [&report] { return probe_exposition(report, nullptr); };
  const std::string policy = "mtasts_policy_certificate_";
  EXPECT_NE(text().find(policy + "expiry_timestamp_seconds{domain=\"example.com\"} 1769999000\n"),
            std::string::npos);
  EXPECT_EQ(text().find(policy + "lifetime_seconds"), std::string::npos) << "an intermediate";
  auto chain = *world::chain_of("mta-sts.example.com", 1770000000);
  chain.chain_not_after = chain.leaf.not_after;
  report->policy.chain = std::make_shared<const protocol::PeerChain>(chain);
  EXPECT_NE(text().find(policy + "lifetime_seconds{domain=\"example.com\"} 70000000\n"),
            std::string::npos);
  report->stages[static_cast<size_t>(verdict::Stage::policy_certificate)] =
      verdict::StageResult::not_applicable;
  EXPECT_EQ(text().find(policy + "expiry"), std::string::npos) << "no sender asks for the policy";
}

// What a scrape has with the set. The domain has two MX hosts, and no open finding.
std::string of_set(MetricSet set) {
  world::Published board;
  board.set_domains({world::configured("example.com")});
  auto report = world::good_report();
  report->history = world::history();
  report->rollout = verdict::Rollout();
  auto chain = *report->policy.chain;
  chain.chain_not_after = chain.leaf.not_after;
  report->policy.chain = std::make_shared<const protocol::PeerChain>(chain);
  report->mx.push_back(report->mx.front());
  report->mx.back().host = "mx2.example.com";
  report->mx.back().facts = nullptr;
  board.publish(report);
  return whole(exposition_source("", board.exposition.snapshot(),
                                 {MetricSelection(metrics_outside(set), {}), {}}));
}

size_t series_with(const std::string& text, const std::string& label) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find("{" + label + "=", at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST(MetricSets, LeanHasAtMost14SeriesOfAHealthyDomain) {
  const std::string full = of_set(MetricSet::full);
  const std::string lean = of_set(MetricSet::lean);
  EXPECT_LE(series_with(lean, "domain"), 14u) << lean;
  EXPECT_GE(series_with(full, "domain"), 3 * series_with(lean, "domain"));
  EXPECT_LE(series_with(lean, "mx"), 6u) << lean;
  std::istringstream lines(lean);
  for (std::string line; std::getline(lines, line);)
    EXPECT_NE(full.find(line + "\n"), std::string::npos) << line << " is in the full set, too";
}

TEST(MetricSets, AreThoseOfTheGoldenList) {
  std::string list;
  for (const std::string& name : metrics_outside(MetricSet::lean)) list += name + "\n";
  EXPECT_EQ(list, left_out_by_lean());
  EXPECT_TRUE(metrics_outside(MetricSet::full).empty());
}

}  // namespace
}  // namespace mtasts::present
