// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/hosted_metrics.h"

#include <gtest/gtest.h>

#include "present/agent_metrics.h"
#include "present/exposition_text.h"
#include "present/metrics_table.h"

namespace mtasts::present {
namespace {

TEST(AgentMetrics, ThePolicyHostHasSeriesWhileItServes) {
  AgentMetrics metrics({"0.1.0", "", "g++ 12"});
  const auto has = [&metrics](const std::string& line) {
    return metrics.text().find("\n" + line + "\n") != std::string::npos;
  };
  EXPECT_EQ(metrics.text().find("hosted_policy"), std::string::npos);
  AgentMetrics::PolicyHostFacts facts;
  facts.requests.served[static_cast<size_t>(PolicyReader::postfix_tlspol)] = 3;
  metrics.set_policy_host(facts);
  EXPECT_TRUE(has("mtasts_hosted_policy_requests_by_agent_total{agent=\"postfix-tlspol\"} 3"));
  EXPECT_TRUE(has("mtasts_hosted_policy_requests_by_agent_total{agent=\"google\"} 0"));
  EXPECT_TRUE(has("mtasts_hosted_policy_rejected_requests_total{reason=\"host\"} 0"));
  EXPECT_EQ(metrics.text().find("hosted_policy_certificate"), std::string::npos);
  facts.requests.rejected[static_cast<size_t>(PolicyRejection::malformed)] = 7;
  facts.not_after = Time(std::chrono::seconds(1780000000));
  metrics.set_policy_host(facts);
  EXPECT_TRUE(has("mtasts_hosted_policy_rejected_requests_total{reason=\"malformed\"} 7"));
  EXPECT_TRUE(has("mtasts_hosted_policy_certificate_not_after_timestamp_seconds 1780000000"));
  metrics.set_policy_host(std::nullopt);
  EXPECT_EQ(metrics.text().find("hosted_policy"), std::string::npos);
}

TEST(HostedMetrics, AreWholeFamilies) {
  EXPECT_EQ(hosted_metrics_text({}), "");
  EXPECT_EQ(hosted_metrics_text({{"a.example", "1f", 2}, {"b.example", "2f", 0}}),
            metric_head(metric_named("mtasts_hosted_policy_info")) +
                "mtasts_hosted_policy_info{domain=\"a.example\",id=\"1f\"} 1\n"
                "mtasts_hosted_policy_info{domain=\"b.example\",id=\"2f\"} 1\n" +
                metric_head(metric_named("mtasts_hosted_policy_requests_total")) +
                "mtasts_hosted_policy_requests_total{domain=\"a.example\"} 2\n"
                "mtasts_hosted_policy_requests_total{domain=\"b.example\"} 0\n");
}

TEST(HostedMetrics, ReadersAreKnownByUserAgent) {
  EXPECT_EQ(policy_reader_of(""), PolicyReader::none);
  EXPECT_EQ(policy_reader_of("  "), PolicyReader::none);
  EXPECT_EQ(policy_reader_of("GOOGLE-SMTP-STS"), PolicyReader::google);
  EXPECT_EQ(policy_reader_of("postfix-mta-sts-resolver"), PolicyReader::postfix_mta_sts_resolver);
  EXPECT_EQ(policy_reader_of("Go-http-client/2.0"), PolicyReader::go);
  EXPECT_EQ(policy_reader_of("Mozilla/5.0"), PolicyReader::other);
  EXPECT_EQ(name_of(PolicyReader::postfix_mta_sts_resolver), "postfix-mta-sts-resolver");
}

}  // namespace
}  // namespace mtasts::present
