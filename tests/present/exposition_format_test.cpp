// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/exposition_format.h"

#include <gtest/gtest.h>

#include "present/agent_metrics.h"
#include "present/exposition.h"
#include "present/exposition_text.h"
#include "present/metrics_table.h"
#include "world.h"

namespace mtasts::present {
namespace {

constexpr auto kOpen = ExpositionFormat::openmetrics;

TEST(MetricSelection, MatchesPatterns) {
  struct Case {
    std::string_view pattern, name;
    bool matches;
  };
  const Case cases[] = {
      {"a_b", "a_b", true},
      {"a_b", "a_b_c", false},
      {"a_b", "xa_b", false},
      {"a_*", "a_b", true},
      {"a_*", "a_", true},
      {"a_*", "a", false},
      {"*_b", "a_b", true},
      {"*_b", "_b_c", false},
      {"a*c", "abc", true},
      {"a*c", "ac", true},
      {"a*bc*bc", "abcbc", true},
      {"a*bc*bc", "abc", false},  // one text cannot be matched by both parts
      {"ab*ba", "aba", false},
      {"*a*", "bab", true},
      {"**", "x", true},
      {"*", "", true},
      {"", "", true},
      {"", "a", false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(matches_pattern(c.pattern, c.name), c.matches) << c.pattern << " " << c.name;
}

TEST(MetricSelection, LeavesOutAndAsksFor) {
  const MetricSelection all;
  EXPECT_TRUE(all.has("mtasts_finding"));
  const MetricSelection some({"mtasts_stage_*"}, {"mtasts_stage_success", "mtasts_mx_*"});
  EXPECT_TRUE(some.has("mtasts_mx_starttls"));
  EXPECT_FALSE(some.has("mtasts_finding"));
  EXPECT_FALSE(some.has("mtasts_stage_success"))
      << "what the settings leave out cannot be asked for";
  const MetricSelection samples({}, {"mtasts_phase_duration_seconds_bucket"});
  EXPECT_TRUE(samples.has("mtasts_phase_duration_seconds")) << "a sample of the histogram";
  EXPECT_FALSE(samples.has("mtasts_phase"));
}

TEST(ExpositionFormat, NamesFamiliesOfCountersWithoutTotal) {
  const Metric& counter = metric_named("process_cpu_seconds_total");
  EXPECT_EQ(family_head(counter, kOpen),
            "# HELP process_cpu_seconds Total user and system CPU time spent in seconds.\n"
            "# TYPE process_cpu_seconds counter\n"
            "# UNIT process_cpu_seconds seconds\n");
  EXPECT_EQ(family_head(counter, ExpositionFormat::text), metric_head(counter));
  const Metric& plain = metric_named("mtasts_checks_total");
  EXPECT_EQ(family_head(plain, kOpen).find("UNIT"), std::string::npos);
  EXPECT_NE(family_head(metric_named("tlsrpt_failure_ratio"), kOpen).find(" ratio\n"),
            std::string::npos);
}

TEST(ExpositionFormat, KeepsTextAsItIs) {
  const std::string text = AgentMetrics({"1", "r", "c"}).text();
  EXPECT_EQ(reformatted(text, {}), text);
}

TEST(ExpositionFormat, SelectsWholeFamilies) {
  AgentMetrics metrics({"1", "r", "c"});
  metrics.observe_phase(Phase::dns, std::chrono::duration<double>(0.3));
  const ExpositionOptions options{MetricSelection({}, {"mtasts_checks_total", "mtasts_shard*"}),
                                  {}};
  EXPECT_EQ(reformatted(metrics.text(), options),
            metric_head(metric_named("mtasts_checks_total")) + "mtasts_checks_total 0\n" +
                metric_head(metric_named("mtasts_shard_ordinal")) + "mtasts_shard_ordinal 0\n" +
                metric_head(metric_named("mtasts_shards")) + "mtasts_shards 1\n");
}

TEST(ExpositionFormat, SaysSinceWhenTheAgentCounts) {
  AgentMetrics metrics({"1", "r", "c"});
  metrics.count_dns_query("TXT");
  const ExpositionOptions options{MetricSelection({}, {"mtasts_dns_queries_total"}), kOpen};
  EXPECT_EQ(reformatted(metrics.text(), options, 1234.5),
            family_head(metric_named("mtasts_dns_queries_total"), kOpen) +
                "mtasts_dns_queries_total{type=\"TXT\"} 1\n"
                "mtasts_dns_queries_created{type=\"TXT\"} 1234.5\n");
  EXPECT_EQ(reformatted(metrics.text(), options).find("_created"), std::string::npos);
}

TEST(ExpositionFormat, WritesBoundsOfBucketsAsFloats) {
  AgentMetrics metrics({"1", "r", "c"});
  const std::string text = reformatted(metrics.text(), {{}, kOpen}, 1);
  EXPECT_NE(text.find("mtasts_loop_lag_seconds_bucket{le=\"1.0\"} 0\n"), std::string::npos);
  EXPECT_NE(text.find("mtasts_loop_lag_seconds_bucket{le=\"0.001\"} 0\n"), std::string::npos);
  EXPECT_NE(text.find("mtasts_loop_lag_seconds_bucket{le=\"+Inf\"} 0\n"), std::string::npos);
  EXPECT_NE(text.find("mtasts_loop_lag_seconds_created 1\n"), std::string::npos);
  EXPECT_EQ(text.find("mtasts_loop_lag_seconds_bucket{le=\"1\"}"), std::string::npos);
}

TEST(ExpositionFormat, EndsOpenMetricsOnce) {
  world::Published board;
  world::fill(board);
  const std::string text =
      whole(exposition_source("", board.exposition.snapshot(), {MetricSelection(), kOpen}));
  EXPECT_TRUE(text.ends_with("\n# EOF\n"));
  EXPECT_EQ(text.find("# EOF"), text.size() - 6);
  EXPECT_NE(text.find("# TYPE mtasts_policy_changes counter\n"), std::string::npos);
  EXPECT_NE(text.find("\nmtasts_policy_changes_total{domain="), std::string::npos);
  EXPECT_EQ(whole(exposition_source("", {}, {MetricSelection(), kOpen})), "# EOF\n");
}

TEST(ExpositionFormat, LeavesOutFamiliesOfDomainsAndHosts) {
  world::Published board;
  world::fill(board);
  const ExpositionOptions options{MetricSelection({"mtasts_stage_*", "mtasts_mx_starttls"}, {}),
                                  {}};
  const std::string text = whole(exposition_source("", board.exposition.snapshot(), options));
  EXPECT_EQ(text.find("mtasts_stage_"), std::string::npos);
  EXPECT_EQ(text.find("mtasts_mx_starttls"), std::string::npos);
  EXPECT_NE(text.find("mtasts_findings{"), std::string::npos);
  EXPECT_NE(text.find("mtasts_mx_reachable{"), std::string::npos);
}

TEST(ExpositionCache, GivesSomeEntriesAlone) {
  world::Published board;
  world::fill(board);
  const RenderedEntries some = board.exposition.snapshot_of({"broken.example", "no.example"}, {});
  ASSERT_EQ(some.domains.size(), 1U);
  EXPECT_EQ(some.domains.front()->name, "broken.example");
  EXPECT_TRUE(some.hosts.empty());
}

}  // namespace
}  // namespace mtasts::present
