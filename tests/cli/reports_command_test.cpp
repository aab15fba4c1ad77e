// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/reports_command.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/state_fixture.h"
#include "report_store/sqlite_report_store.h"
#include "state/database.h"

namespace mtasts::cli {
namespace {

using protocol::ReportPolicyType;
using protocol::ResultType;
using testing::HasSubstr;

const reports::Day kToday{std::chrono::year(2026) / 11 / 27};
const Time kNow = Time(kToday) + std::chrono::hours(9);

reports::StoredReport report_of(const std::string& organization, int days_ago) {
  reports::StoredReport report;
  report.domain = "example.com";
  report.organization = organization;
  report.report_id = "id-of-" + organization;
  report.identity = report.key = organization + std::to_string(days_ago);
  report.day = kToday - std::chrono::days(days_ago);
  report.received = Time(report.day) + std::chrono::hours(30);
  report.policies = {
      {ReportPolicyType::sts, false, "mode=enforce max_age=86400 mx=mx1.example.com", 890, 0}};
  return report;
}

reports::StoredReport failing_report() {
  reports::StoredReport report = report_of("Google Inc.", 1);
  report.authenticity = reports::Authenticity::authenticated;
  report.policies[0].failed = 47;
  reports::FailureRow expired;
  expired.policy_type = ReportPolicyType::sts;
  expired.type = ResultType::certificate_expired;
  expired.receiving_mx = "mx2.example.com";
  expired.receiving_ip = "192.0.2.2";
  expired.sending_network = "198.51.100.0/24";
  expired.reason = "evil\x1B[2J";
  expired.sessions = 46;
  reports::FailureRow invented;
  invented.policy_type = ReportPolicyType::sts;
  invented.type_text = "x-\nstrange";
  invented.sessions = 1;
  report.failures = {expired, invented};
  return report;
}

struct CommandResult {
  int status;
  std::string out;
  std::string err;
};

class ReportsCommand : public StateFixture {
 protected:
  ReportsCommand() {
    write_settings("[reports]\nenabled = true\n[reports.maildir]\npath = \"/var/mail/reports\"\n");
  }

  CommandResult reports_of(const std::string& domain, std::optional<int> days = std::nullopt,
                           bool as_json = false) {
    ReportsOptions options;
    options.domain = domain;
    options.config = file_.string();
    options.days = days;
    options.json = as_json;
    std::ostringstream out, err;
    int status = run_reports(options, out, err, kNow);
    return {status, out.str(), err.str()};
  }

  void store(const std::vector<reports::StoredReport>& batch) {
    state::State::Options options;
    options.path = state_.string();
    auto state = state::State::open(options);
    ASSERT_TRUE(state.ok()) << state.failure().detail;
    ASSERT_TRUE(report_store::SqliteReportStore(**state).add(batch).ok());
  }
};

TEST_F(ReportsCommand, ByDayAndOrganization) {
  reports::StoredReport without = report_of("mail.ru", 2);
  without.policies = {{ReportPolicyType::no_policy_found, false, "", 3, 0}};
  store({failing_report(), report_of("Yahoo", 1), without, report_of("Google Inc.", 40)});
  CommandResult result = reports_of("Example.COM.");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out,
            "example.com: 3 organizations from 2026-11-20 to 2026-11-27\n"
            "  MTA-STS (sts): 1780 successful, 47 failed (2.57 %): watch, 1 to 5 %\n"
            "  no policy (no-policy-found): 3 successful, 0 failed: normal, under 1 %\n"
            "\n"
            "2026-11-26\n"
            "  Google Inc., authenticated, id id-of-Google Inc.\n"
            "    MTA-STS (sts): 890 successful, 47 failed (5.02 %)\n"
            "      - 46 sessions: certificate-expired at mx2.example.com [192.0.2.2], from "
            "198.51.100.0/24:\n"
            "        evil\\x1B[2J\n"
            "      - 1 session: x-\\x0Astrange, host not told\n"
            "  Yahoo, not authenticated, id id-of-Yahoo\n"
            "    MTA-STS (sts): 890 successful, 0 failed\n"
            "\n"
            "2026-11-25\n"
            "  mail.ru, not authenticated, id id-of-mail.ru\n"
            "    no policy (no-policy-found): 3 successful, 0 failed\n");
  EXPECT_THAT(reports_of("example.com", 45).out, HasSubstr("\n2026-10-18\n"));
}

TEST_F(ReportsCommand, AsJson) {
  store({failing_report()});
  CommandResult result = reports_of("example.com", 7, true);
  EXPECT_EQ(result.status, 0) << result.err;
  auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["domain"], "example.com");
  EXPECT_EQ(json["failed"], 47);
  ASSERT_EQ(json["lines"].size(), 1u);
  EXPECT_EQ(json["lines"][0]["organization"], "Google Inc.");
  EXPECT_EQ(json["lines"][0]["failures"].size(), 2u);
}

TEST_F(ReportsCommand, SaysWhyThereIsNothing) {
  CommandResult result = reports_of("example.com");
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, HasSubstr("there is no state file"));
  store({report_of("Google", 40)});
  result = reports_of("example.org");
  EXPECT_EQ(result.status, 69);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "mtasts-exporter reports: no TLS report about example.org is stored\n");
  result = reports_of("example.com");
  EXPECT_EQ(result.status, 69);
  EXPECT_EQ(result.err,
            "mtasts-exporter reports: no TLS report about example.com from 2026-11-20 to 2026-11-27"
            " is stored; use --days to see more\n");
}

TEST_F(ReportsCommand, SaysThatReportsAreOff) {
  write_settings("");
  store({failing_report()});
  CommandResult result = reports_of("example.org");
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, HasSubstr("taking reports is off, set [reports] enabled = true"));
  result = reports_of("example.com");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("taking reports is off"));
  EXPECT_THAT(result.out, HasSubstr("Google Inc."));
}

TEST_F(ReportsCommand, AnOlderFileHasNoReports) {
  store({failing_report()});
  state::State::Options options;
  options.path = state_.string();
  {
    auto state = state::State::open(options);
    auto error = (*state)->with_database([](state::Database& database) {
      database.execute(
          "DROP TABLE tlsrpt_text; DROP TABLE tlsrpt_domain; DROP TABLE tlsrpt_failure_total;"
          "DROP TABLE tlsrpt_report; DROP TABLE tlsrpt_organization; DROP TABLE tlsrpt_day;"
          "DROP TABLE tlsrpt_line; DROP TABLE tlsrpt_policy; DROP TABLE tlsrpt_failure;"
          "DROP TABLE tlsrpt_failing_host; PRAGMA user_version=3");
    });
    ASSERT_EQ(error.text, "");
  }
  CommandResult result = reports_of("example.com");
  EXPECT_EQ(result.status, 69);
  EXPECT_EQ(result.err, "mtasts-exporter reports: no TLS report about example.com is stored\n");
}

TEST_F(ReportsCommand, UsageAndSettings) {
  EXPECT_EQ(reports_of("no domain").status, 64);
  write_settings("[nonsense]\n");
  EXPECT_EQ(reports_of("example.com").status, 78);
}

}  // namespace
}  // namespace mtasts::cli
