// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/reports_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "present/json.h"
#include "present/reported_view.h"
#include "verdict/findings/reported_by.h"
#include "world.h"

namespace mtasts::present {
namespace {

using Json = nlohmann::ordered_json;

reports::ReportListing listing() {
  reports::ReportLine line;
  line.day = world::reported().to - std::chrono::days(1);
  line.organization = "Google Inc.";
  line.report_id = "2025-11-20T00:00:00Z_example.com";
  line.received = world::at(1763700000);
  line.reports = 1;
  line.authenticity = reports::Authenticity::authenticated;
  line.counts[static_cast<size_t>(protocol::ReportPolicyType::sts)] = {300, 20};
  reports::FailureRow failure;
  failure.policy_type = protocol::ReportPolicyType::sts;
  failure.type = protocol::ResultType::certificate_expired;
  failure.receiving_mx = "mx1.example.com";
  failure.sending_network = "192.0.2.0/24";
  failure.sessions = 20;
  failure.reason = "bad \xff";
  line.failures = {failure};
  reports::ReportListing all;
  all.lines = {line};
  return all;
}

Json whole() { return Json::parse(reports_json("example.com", world::reported(), listing())); }

// "failures[].sessions" of every member, as the tables of docs/json.md name them.
void collect(const Json& json, const std::string& path, std::set<std::string>& paths) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items())
      collect(value, path.empty() ? key : path + "." + key, paths);
  } else if (json.is_array() && !json.empty()) {
    for (const Json& item : json) collect(item, path + "[]", paths);
  } else {
    paths.insert(json.is_array() ? path + "[]" : path);
  }
}

std::set<std::string> documented(const std::string& heading) {
  std::ifstream file(std::string(MTASTS_ROOT_DIR) + "/docs/json.md");
  std::ostringstream text;
  text << file.rdbuf();
  std::string page = text.str();
  size_t begin = page.find("\n## " + heading + "\n");
  if (begin == std::string::npos) return {};
  std::istringstream lines(page.substr(begin + 1, page.find("\n## ", begin + 1) - begin));
  std::set<std::string> paths;
  const std::regex row(R"(^\| `([^`]+)` \|.*)");
  std::smatch match;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_match(line, match, row)) paths.insert(match[1]);
  return paths;
}

TEST(ReportsJson, HasTheDocumentedMembers) {
  std::set<std::string> paths;
  collect(whole(), "", paths);
  EXPECT_EQ(paths, documented("TLS reports"));
}

TEST(ReportsJson, SaysWhatTheReportsSay) {
  Json json = whole();
  EXPECT_EQ(json["window"]["from"], "2025-11-14");
  EXPECT_EQ(json["window"]["to"], "2025-11-21");
  EXPECT_EQ(json["policy_type"], "sts");
  EXPECT_EQ(json["successful"], 943);
  EXPECT_EQ(json["failed"], 57);
  EXPECT_EQ(json["ratio"], 0.057);
  EXPECT_EQ(json["band"], "act");
  EXPECT_EQ(json["policy_types"]["tlsa"]["ratio"], nullptr);
  EXPECT_EQ(json["policy_types"]["no-policy-found"]["band"], "normal");
  ASSERT_EQ(json["reporters"].size(), 3u);
  EXPECT_EQ(json["reporters"][0]["authenticated"], true);
  EXPECT_EQ(json["reporters"][0]["days"], 3);
  EXPECT_EQ(json["reporters"][1]["authenticated"], false);
  EXPECT_EQ(json["reporters"][2]["days"], 0) << "before the window";
  EXPECT_EQ(json["reporters"][2]["ratio"], nullptr);
  EXPECT_EQ(json["reporters"][2]["authenticated"], false) << "nothing to be sure of";
  EXPECT_EQ(json["failures"][0]["result_type"], "certificate-expired");
  EXPECT_EQ(json["failures"][0]["sessions"], 47);
  EXPECT_EQ(json["failures"][0]["result_type_text"], nullptr);
  EXPECT_EQ(json["failures"][1]["receiving_mx"], nullptr);
  EXPECT_EQ(json["failures"][1]["authenticated_sessions"], 0);
  EXPECT_EQ(json["lines"][0]["day"], "2025-11-20");
  EXPECT_EQ(json["lines"][0]["policy_types"],
            (Json::array({{{"type", "sts"}, {"successful", 300}, {"failed", 20}}})));
  EXPECT_EQ(json["lines"][0]["failures"][0]["reason"], "bad \xEF\xBF\xBD");
  EXPECT_EQ(json["cut"], false);
}

TEST(ReportsJson, SaysWhatToDoAboutEachFailure) {
  Json expired = whole()["failures"][0];
  EXPECT_EQ(expired["cause"], "the certificate that mx1.example.com presented has expired");
  EXPECT_EQ(expired["fix"],
            "renew the certificate of mx1.example.com, and reload the mail server so that it "
            "presents the new one");
  EXPECT_EQ(expired["verify"],
            "openssl s_client -starttls smtp -connect mx1.example.com:25 -servername "
            "mx1.example.com -verify_hostname mx1.example.com -showcerts </dev/null");
  EXPECT_EQ(whole()["failures"][1]["verify"], "mtasts-exporter check example.com");
  Json foreign = Json::parse(
      reports_json("example.com", world::reported(), {}, {"mx7.example.com"}))["failures"][0];
  EXPECT_EQ(foreign["verify"], "dig +noall +answer +comments MX example.com")
      << "nothing to change at a host of somebody else";
}

TEST(ReportsJson, RejectedReportsHaveTheDocumentedMembers) {
  EXPECT_EQ(rejected_reports_json({}), "{\"rejected\":[]}");
  Json json = Json::parse(rejected_reports_json(
      {{world::at(1763700000), "mailbox", "", reports::Rejection::out_of_range, "old \xff"}}));
  std::set<std::string> paths;
  collect(json, "", paths);
  EXPECT_EQ(paths, documented("Rejected TLS reports"));
  EXPECT_EQ(json["rejected"][0]["from"], nullptr);
  EXPECT_EQ(json["rejected"][0]["reason"], "out_of_range");
  EXPECT_EQ(json["rejected"][0]["received"], "2025-11-21T04:40:00Z");
}

TEST(ReportsJson, OfNothingHasNoRatio) {
  Json json = Json::parse(reports_json("example.com", {}, {}));
  EXPECT_EQ(json["ratio"], nullptr);
  EXPECT_EQ(json["policy_type"], nullptr);
  EXPECT_EQ(json["band"], "normal");
  EXPECT_EQ(json["lines"], Json::array());
}

TEST(ReportsJson, NeverAddsPolicyTypesUp) {
  reports::DomainSummary summary;
  summary.counts = {{{100, 0}, {90, 10}, {0, 0}}};
  Json json = Json::parse(reports_json("example.com", summary, {}));
  EXPECT_EQ(json["policy_type"], "sts");
  EXPECT_EQ(json["ratio"], 0.1);
  reports::FailureSummary failure;
  failure.sessions = {{{0, 10}, {0, 12}, {0, 0}}};
  EXPECT_EQ(failed_sessions(failure), 12u);
}

TEST(ReportedView, CountsDaysOfTheWindowAlone) {
  reports::DomainSummary summary;
  summary.to = world::reported().to;
  reports::OrganizationSummary organization;
  organization.days = ~reports::DayBits{0};
  for (auto [back, expected] :
       {std::pair(0, 1), std::pair(7, 8), std::pair(63, 64), std::pair(90, 64), std::pair(-1, 0)}) {
    summary.from = summary.to - std::chrono::days(back);
    EXPECT_EQ(days_in_window(organization, summary), expected) << back;
  }
}

TEST(ReportedView, KnowsMxHostsFromTheReportAndTheHistory) {
  EXPECT_TRUE(known_mx_hosts(nullptr).empty());
  auto report = std::make_shared<verdict::Report>(*world::good_report("example.com"));
  report->mx.clear();
  EXPECT_TRUE(known_mx_hosts(report.get()).empty());
  auto history = std::make_shared<verdict::History>();
  history->mx.value = std::vector<std::string>{"mx9.example.com"};
  report->history = history;
  EXPECT_EQ(known_mx_hosts(report.get()), std::vector<std::string>{"mx9.example.com"});
}

TEST(ReportJson, SaysWhoReportsAFindingToo) {
  auto report = world::bad_report();
  report->findings[1].reported =
      verdict::ReportedBy{{"Google Inc.", "b\xff"}, 3, 47, 937, "2025-11-20"};
  Json findings = Json::parse(report_json(*report))["findings"];
  EXPECT_EQ(findings[0]["reported"], nullptr);
  std::set<std::string> paths;
  collect(findings[1]["reported"], "", paths);
  EXPECT_EQ(paths, documented("Findings that senders report"));
  EXPECT_EQ(findings[1]["reported"]["failed"], 47);
  EXPECT_EQ(findings[1]["reported"]["text"], reported_sentence(*report->findings[1].reported));
  EXPECT_NE(findings[1]["reported"]["text"].get<std::string>().find(
                "47 of 937 sessions since 2025-11-20"),
            std::string::npos);
}

}  // namespace
}  // namespace mtasts::present
