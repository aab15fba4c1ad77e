// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The metrics of TLS reports: of the agent, and of a domain.
#include <gtest/gtest.h>

#include <sstream>

#include "present/agent_metrics.h"
#include "present/exposition_text.h"
#include "present/metrics_table.h"
#include "world.h"

namespace mtasts::present {
namespace {

TEST(AgentMetrics, WithoutReportsSayNothingAboutThem) {
  AgentMetrics metrics({"0.1.0", "", "g++ 12"});
  metrics.set_mailbox(std::nullopt);
  metrics.set_endpoint_certificate(std::nullopt);
  EXPECT_EQ(metrics.text().find("tlsrpt_"), std::string::npos);
  metrics.enable_reports();
  metrics.enable_reports();
  std::string text = metrics.text();
  for (reports::Rejection reason : reports::kRejections)
    EXPECT_NE(text.find("{reason=\"" + std::string(name_of(reason)) + "\"} 0\n"),
              std::string::npos);
  EXPECT_EQ(text.find("tlsrpt_mailbox_"), std::string::npos) << "reports by HTTPS alone";
}

TEST(AgentMetrics, FollowTheMailbox) {
  AgentMetrics metrics({"0.1.0", "", "g++ 12"});
  metrics.set_mailbox(MailboxFacts{});
  std::string text = metrics.text();
  EXPECT_NE(text.find("tlsrpt_mailbox_last_success_timestamp_seconds 0\n"), std::string::npos);
  EXPECT_NE(text.find("tlsrpt_mailbox_failures_total 0\n"), std::string::npos);
  metrics.set_mailbox(MailboxFacts{world::at(7), 5, 1});
  metrics.set_mailbox(MailboxFacts{world::at(9), 8, 1});
  EXPECT_NE(metrics.text().find("tlsrpt_mailbox_messages_total 8\n"), std::string::npos);
  metrics.set_mailbox(MailboxFacts{world::at(9), 2, 0});  // another mailbox after a reload
  EXPECT_NE(metrics.text().find("tlsrpt_mailbox_messages_total 2\n"), std::string::npos);
  metrics.set_mailbox(std::nullopt);
  EXPECT_EQ(metrics.text().find("tlsrpt_mailbox_"), std::string::npos);
}

TEST(ReportMetrics, AreAbsentWhereReportsAreNotTakenIn) {
  world::Published board;
  world::fill(board);
  EXPECT_EQ(whole(exposition_source("", board.exposition.snapshot())).find("tlsrpt_"),
            std::string::npos);
}

TEST(ReportMetrics, StartAtZeroWithoutRatioAndTime) {
  world::Published board;
  world::fill(board);
  board.set_reported("example.com", reports::DomainSummary{});
  std::string text = whole(exposition_source("", board.exposition.snapshot()));
  expect_well_formed(text);
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes)
    for (std::string which : {"successful", "failed"})
      EXPECT_NE(
          text.find("\ntlsrpt_" + which + "_sessions_total{domain=\"example.com\",policy_type=\"" +
                    std::string(name_of(type)) + "\"} 0\n"),
          std::string::npos);
  for (protocol::ResultType type : protocol::kResultTypes)
    EXPECT_NE(text.find("\ntlsrpt_failures_total{domain=\"example.com\",result_type=\"" +
                        std::string(name_of(type)) + "\"} 0\n"),
              std::string::npos);
  EXPECT_NE(text.find("\ntlsrpt_reporters{domain=\"example.com\"} 0\n"), std::string::npos);
  EXPECT_EQ(text.find("tlsrpt_failure_ratio"), std::string::npos) << "no sessions";
  EXPECT_EQ(text.find("tlsrpt_last_report_"), std::string::npos) << "no report";
  EXPECT_EQ(text.find("domain=\"broken.example\",policy_type"), std::string::npos);
}

// As documented in docs/metrics.md.
TEST(ReportMetrics, OfADomainAre22SeriesAndWhatTheWindowHas) {
  world::Published board;
  world::fill(board);
  auto before = whole(exposition_source("", board.exposition.snapshot()));
  board.set_reported("example.com", world::reported());
  auto after = whole(exposition_source("", board.exposition.snapshot()));
  auto series = [](const std::string& text) {
    std::istringstream lines(text);
    int count = 0;
    for (std::string line; std::getline(lines, line);) count += line.starts_with("#") ? 0 : 1;
    return count;
  };
  const int of_window = 1 + 2;  // one policy type has sessions, two result types have failures
  EXPECT_EQ(series(after) - series(before), 22 + of_window);
}

TEST(ReportMetrics, SayWhatTheReportsSay) {
  world::Published board;
  world::fill(board);
  board.set_reported("example.com", world::reported());
  std::string text = whole(exposition_source("", board.exposition.snapshot()));
  expect_well_formed(text);
  for (const char* line :
       {"tlsrpt_reports_total{domain=\"example.com\"} 31\n",
        "tlsrpt_successful_sessions_total{domain=\"example.com\",policy_type=\"sts\"} 9000\n",
        "tlsrpt_failed_sessions_total{domain=\"example.com\",policy_type=\"sts\"} 57\n",
        "tlsrpt_failed_sessions_total{domain=\"example.com\",policy_type=\"tlsa\"} 0\n",
        "tlsrpt_failures_total{domain=\"example.com\",result_type=\"certificate-expired\"} 47\n",
        "tlsrpt_failures_total{domain=\"example.com\",result_type=\"other\"} 10\n",
        "tlsrpt_failure_ratio{domain=\"example.com\"} 0.057\n",
        "tlsrpt_reporters{domain=\"example.com\"} 2\n",
        "tlsrpt_last_report_timestamp_seconds{domain=\"example.com\"} 1763683199\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(text.find("Evil"), std::string::npos) << "organizations are no labels";
}

}  // namespace
}  // namespace mtasts::present
