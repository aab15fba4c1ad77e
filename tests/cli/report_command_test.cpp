// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/report_command.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/console_text.h"
#include "cli/tls_report_input.h"
#include "cli/tls_report_text.h"
#include "cli/tls_report_totals.h"
#include "fakes/golden.h"
#include "fakes/gzip.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

namespace fs = std::filesystem;

const fs::path kSamples = fs::path(MTASTS_TESTS_DIR) / "cli" / "tls_reports";

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A report with one sts policy for `domain`.
std::string report_json(const std::string& domain, uint64_t successful, uint64_t failed,
                        const std::string& id = "1") {
  return R"({"organization-name":"Sender","date-range":{"start-datetime":"2026-11-21T00:00:00Z",)"
         R"("end-datetime":"2026-11-21T23:59:59Z"},"contact-info":"a@sender.example","report-id":")" +
         id +
         R"(","policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1"],)" +
         R"("policy-domain":")" + domain + R"(","mx-host":["mx.example.org"]},)" +
         R"("summary":{"total-successful-session-count":)" + std::to_string(successful) +
         R"(,"total-failure-session-count":)" + std::to_string(failed) + "}}]}";
}

class ReportCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() / ("mtasts-report-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& octets) {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << octets;
    return path.string();
  }

  int run(std::vector<std::string> files, bool as_json = false, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out, err;
    const int status = run_report({std::move(files), as_json}, in, out, err);
    out_ = out.str();
    err_ = err.str();
    return status;
  }

  json run_json(std::vector<std::string> files, const std::string& input = "") {
    status_ = run(std::move(files), true, input);
    return json::parse(out_);
  }

  fs::path folder_;
  std::string out_;
  std::string err_;
  int status_ = -1;
};

std::string text_of(const std::string& name, bool colour) {
  auto report = protocol::parse_tls_report(content_of(kSamples / name));
  if (!report) return report.failure().detail;
  OfflineReport read = offline_report(name, 0, std::move(*report), {});
  ReportTotals totals;
  totals.add(read);
  totals.add(read);
  return tls_report_text(read, colour, 80) + tls_report_totals_text(totals, 1, colour);
}

TEST(TlsReportText, GoldenAt80Columns) {
  for (const char* name : {"host_mismatch", "several"}) {
    const std::string text = text_of(std::string(name) + ".json", false);
    if (std::getenv("MTASTS_WRITE_GOLDEN") != nullptr)
      std::ofstream(std::string(MTASTS_TESTS_DIR) + "/golden/report_" + name + ".txt") << text;
    EXPECT_EQ(text, fakes::golden(std::string("report_") + name + ".txt")) << text;
  }
  const std::string coloured = text_of("several.json", true);
  EXPECT_THAT(coloured, HasSubstr("\x1B[33mwatch\x1B[0m"));
  EXPECT_THAT(coloured, Not(HasSubstr("\x1B[31m")));  // as a peer wrote it
}

TEST(TlsReportText, LinesFit) {
  std::istringstream text(text_of("several.json", false));
  for (std::string line; std::getline(text, line);)
    EXPECT_TRUE(shown_width(line) <= 80 || line.find(" verify  ") != std::string::npos) << line;
}

// The same decision as when reports are taken in.
TEST(OfflineReport, NoDaneEntriesCountNowhere) {
  using protocol::ReportPolicyType;
  auto policy = [](ReportPolicyType type, const char* domain, uint64_t successful) {
    protocol::ReportPolicy made;
    made.type = type;
    made.domain = domain;
    made.successful = successful;
    if (type == ReportPolicyType::sts) made.mx_hosts = {"*.Example.org", "example.org"};
    return made;
  };
  protocol::TlsReport report;
  report.policies = {policy(ReportPolicyType::sts, "example.org", 9),
                     policy(ReportPolicyType::no_policy_found, "MX.example.org.", 4),
                     policy(ReportPolicyType::no_policy_found, "example.org", 9),
                     policy(ReportPolicyType::no_policy_found, "example.org", 8),
                     policy(ReportPolicyType::no_policy_found, "a.mx.example.org", 9),
                     policy(ReportPolicyType::tlsa, "mx.example.org", 9)};
  OfflineReport read = offline_report("file", 0, report, {});
  std::vector<bool> about;
  for (const OfflinePolicy& one : read.policies) about.push_back(one.about_mx_host);
  EXPECT_EQ(about, (std::vector{false, true, true, false, false, false}));
}

TEST_F(ReportCommandTest, Json) {
  json all = run_json({(kSamples / "host_mismatch.json").string()});
  EXPECT_EQ(status_, 2);
  ASSERT_EQ(all["reports"].size(), 1u);
  json report = all["reports"][0];
  report["file"] = "";
  report["deviations"] = json::array();
  json failure = report["policies"][0]["failures"][0];
  for (const char* text : {"cause", "fix", "verify"})
    EXPECT_THAT(failure[text].get<std::string>(), HasSubstr("mail2.example.org"));
  report["policies"][0]["failures"] = json::array();
  EXPECT_EQ(report, json::parse(R"({"file":"","organization":"Google Inc.",
    "report_id":"2026-11-20T00:00:00Z_example.org","begin":"2026-11-20T00:00:00Z",
    "end":"2026-11-20T23:59:59Z","contact":"smtp-tls-reporting@google.com","deviations":[],
    "policies":[{"type":"sts","domain":"example.org","mode":"enforce",
    "mx":["mail.example.org","mail2.example.org"],"successful":890,"failed":47,"failures":[]}]})"));
  failure.erase("cause");
  failure.erase("fix");
  failure.erase("verify");
  EXPECT_EQ(failure, json::parse(R"({"result_type":"certificate-host-mismatch","sessions":47,
    "receiving_mx":"mail2.example.org","receiving_ip":"198.51.100.20",
    "sending_ip":"40.107.22.89","reason":null})"));
  EXPECT_EQ(all["domains"].size(), 1u);
  json domain = all["domains"]["example.org"];
  EXPECT_NEAR(domain["ratio"].get<double>(), 0.05016, 0.00001);
  domain.erase("ratio");
  EXPECT_EQ(domain, json::parse(R"({"successful":890,"failed":47,"band":"act"})"));
  EXPECT_EQ(all["errors"], json::array());
}

TEST_F(ReportCommandTest, SeveralPolicies) {
  json all = run_json({(kSamples / "several.json").string()});
  // The entry about an MX host of the sts policy counts nowhere.
  EXPECT_EQ(all["domains"].size(), 3u);
  EXPECT_EQ(all["domains"]["example.org"]["band"], "watch");
  EXPECT_EQ(all["domains"]["mx.example.com"]["band"], "act");
  EXPECT_EQ(all["domains"]["example.net"]["ratio"], 1.0);
  const json& fetch = all["reports"][0]["policies"][3]["failures"][0];
  EXPECT_TRUE(fetch["receiving_mx"].is_null());
  EXPECT_THAT(fetch["verify"].get<std::string>(), HasSubstr("https://mta-sts.example.net/"));
  // What is no host name gets into no command.
  const json& odd = all["reports"][0]["policies"][0]["failures"][2];
  EXPECT_EQ(odd["receiving_mx"], "mx2.example.net; reboot");
  EXPECT_EQ(odd["verify"].get<std::string>().find(';'), std::string::npos);
}

TEST_F(ReportCommandTest, StatusByBand) {
  struct {
    uint64_t successful, failed;
    int status;
  } const kCases[] = {{2156, 0, 0}, {1842, 3, 0}, {99, 1, 1},  {150, 2, 1},
                      {95, 5, 1},   {890, 47, 2}, {0, 156, 2}, {0, 0, 0}};
  for (const auto& one : kCases)
    EXPECT_EQ(run({"-"}, false, report_json("example.org", one.successful, one.failed)), one.status)
        << one.failed;
  // Each domain for itself: the worst counts.
  const std::string good = write("good", report_json("good.example", 1000, 0));
  EXPECT_EQ(run({good, write("bad", report_json("bad.example", 0, 1))}), 2);
  EXPECT_EQ(run({good}), 0);
}

TEST_F(ReportCommandTest, AddsReportsUpAndCountsDuplicatesOnce) {
  const std::string first = report_json("example.org", 90, 10, "1");
  write("folder/a.json", first);
  write("folder/b.json.gz", fakes::gzip(first));
  write("folder/deep/er/c.json", " " + first + "\n");
  write("folder/d.json", report_json("EXAMPLE.org", 10, 0, "2"));
  write("folder/.hidden", "x");
  write("folder/dovecot.index", "x");
  json all = run_json({(folder_ / "folder").string()});
  EXPECT_EQ(all["reports"].size(), 2u);
  EXPECT_EQ(all["domains"]["example.org"]["successful"], 100);
  EXPECT_EQ(all["domains"]["example.org"]["failed"], 10);
  EXPECT_EQ(all["errors"], json::array()) << all["errors"];
  EXPECT_EQ(run({(folder_ / "folder").string()}), 2);
  EXPECT_THAT(out_, HasSubstr("2 reports, 2 more that are the same again"));
}

TEST_F(ReportCommandTest, SameIdOtherContents) {
  const std::string a = write("a", report_json("example.org", 1, 0));
  const std::string b = write("b", report_json("example.org", 2, 0));
  EXPECT_EQ(run_json({a, b, a})["domains"]["example.org"]["successful"], 3);
}

std::string mail_of(const std::string& body) {
  return "From: a@sender.example\r\nTLS-Report-Domain: told.example\r\n"
         "Content-Type: application/tlsrpt+json\r\n\r\n" +
         body;
}

TEST_F(ReportCommandTest, Mailbox) {
  const std::string separator = "\r\nFrom a@b.example Sat Nov 21 00:04:11 2026\r\n";
  std::string mailbox = separator.substr(2) + mail_of(report_json("example.org", 1, 0)) + "\r\n";
  mailbox += separator + "From: me@us.example\r\n\r\nHello.\r\n";
  mailbox += separator + mail_of(report_json("example.org", 2, 0)) + "\r\n";
  mailbox += separator + mail_of(report_json("example.org", 2, 0)) + "\r\n";
  for (const std::string& file : {write("mbox", mailbox), std::string("-")}) {
    json all = run_json({file}, mailbox);
    EXPECT_EQ(status_, 0) << err_;
    EXPECT_EQ(all["reports"].size(), 2u);
    EXPECT_EQ(all["domains"]["example.org"]["successful"], 3);
  }
  EXPECT_EQ(run({"-"}, false, mailbox), 0);
  EXPECT_THAT(out_, HasSubstr("2 reports, 1 more that is the same again, 1 mail without a report"));
  EXPECT_THAT(out_, HasSubstr("message 3"));
  mailbox += separator + mail_of("{broken") + "\r\n";
  EXPECT_EQ(run({"-"}, false, mailbox), 65);
  EXPECT_THAT(err_, StartsWith("mtasts-exporter report: -: message 5: "));
  // Nothing but other mails is no report.
  EXPECT_EQ(run({"-"}, false, separator.substr(2) + "A: b\r\n\r\nHello.\r\n"), 65);
}

TEST_F(ReportCommandTest, DomainOfTheMailWhereThePolicyHasNone) {
  std::string json_text = report_json("", 1, 1);
  EXPECT_EQ(run_json({"-"}, mail_of(json_text))["domains"]["told.example"]["failed"], 1);
  json all = run_json({"-"}, json_text);
  EXPECT_TRUE(all["reports"][0]["policies"][0]["domain"].is_null());
  EXPECT_EQ(status_, 2);
}

TEST_F(ReportCommandTest, WhatIsNoReport) {
  const std::string good = write("good", report_json("example.org", 1, 0));
  const std::string bad = write("bad", "hello");
  json all = run_json({bad, good});
  EXPECT_EQ(status_, 65);
  EXPECT_EQ(all["reports"].size(), 1u);
  ASSERT_EQ(all["errors"].size(), 1u);
  EXPECT_EQ(all["errors"][0]["file"], bad);
  EXPECT_THAT(all["errors"][0]["message"].get<std::string>(), HasSubstr("neither JSON nor gzip"));
  EXPECT_EQ(run({write("json", "{\"a\":1}")}), 65);
  EXPECT_EQ(run({write("mail", "From: a@b.example\r\n\r\nHello.\r\n")}), 65);
  EXPECT_EQ(run({write("empty", "")}), 65);
  // Cannot be read at all; the others are told.
  EXPECT_EQ(run({(folder_ / "missing").string(), good}), 64);
  EXPECT_THAT(err_, HasSubstr("missing: cannot be read: No such file or directory"));
  EXPECT_THAT(out_, HasSubstr("example.org"));
  fs::create_directories(folder_ / "nothing");
  EXPECT_EQ(run({(folder_ / "nothing").string()}), 64);
}

TEST_F(ReportCommandTest, FoldersWithOtherMails) {
  write("Maildir/new/1", mail_of(report_json("example.org", 1, 0)));
  write("Maildir/cur/2:2,S", "From: a@b.example\r\n\r\nHello.\r\n");
  EXPECT_EQ(run({(folder_ / "Maildir").string()}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("1 report, 1 mail without a report"));
}

TEST_F(ReportCommandTest, HostileText) {
  std::string text = report_json("example.org", 1, 1);
  text.replace(text.find("Sender"), 6, "\\u001b[2J\\u0007<b>");
  EXPECT_EQ(run({"-"}, false, text), 2);
  EXPECT_THAT(out_, Not(HasSubstr("\x1B")));
  EXPECT_THAT(out_, HasSubstr("<b>"));
}

}  // namespace
}  // namespace mtasts::cli
