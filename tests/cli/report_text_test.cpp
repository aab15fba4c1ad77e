// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The text output of `check`, compared with tests/golden/check_*.txt.
#include "cli/report_text.h"

#include <gtest/gtest.h>

#include <regex>

#include "fakes/golden.h"
#include "present/world.h"

namespace mtasts::cli {
namespace {

constexpr size_t kWidth = 80;

verdict::Report healthy() { return *present::world::good_report(); }

// Published text is raw in a report; subjects and patterns of a policy are printable.
verdict::Report broken() {
  verdict::Report report = *present::world::bad_report();
  report.findings.back().subject = "mx.broken.example";
  report.findings.back().message =
      "The policy of broken.example in mode testing covers mx1.example.com alone, so that senders "
      "report every delivery to mx.broken.example.";
  for (verdict::Finding& finding : report.findings) finding.fix = "List the host in the policy.";
  report.provider = "Microsoft 365";
  return report;
}

TEST(ReportText, OfAHealthyDomain) {
  EXPECT_EQ(report_text(healthy(), false, kWidth), fakes::golden("check_healthy.txt"));
}

TEST(ReportText, OfABrokenDomain) {
  EXPECT_EQ(report_text(broken(), false, kWidth), fakes::golden("check_broken.txt"));
}

TEST(ReportText, ListsTheAddressesOfThePolicyHostWhereTheyDiffer) {
  verdict::Report report = healthy();
  auto& results = report.policy.address_results;
  results.resize(2);
  results[0].address = IpAddress::parse("192.0.2.7").value();
  results[0].status = verdict::PolicyAddressStatus::ok;
  results[0].http_status = 200;
  results[0].verified = true;
  results[1] = results[0];
  EXPECT_EQ(report_text(report, false, kWidth), fakes::golden("check_healthy.txt"));
  results[1].address = IpAddress::parse("192.0.2.8").value();
  results[1].status = verdict::PolicyAddressStatus::http_error;
  results[1].http_status = 404;
  std::string text = report_text(report, false, kWidth);
  EXPECT_NE(text.find("192.0.2.7 ok, HTTP 200, certificate good\n"), std::string::npos) << text;
  EXPECT_NE(text.find("192.0.2.8 http_error, HTTP 404, certificate good\n"), std::string::npos);
  results.resize(70);
  EXPECT_NE(report_text(report, false, kWidth).find("and 62 more\n"), std::string::npos);
}

TEST(ReportText, ColourChangesNoWord) {
  std::string coloured = report_text(broken(), true, kWidth);
  EXPECT_NE(coloured, report_text(broken(), false, kWidth));
  EXPECT_EQ(std::regex_replace(coloured, std::regex("\x1b\\[[0-9;]*m"), ""),
            report_text(broken(), false, kWidth));
}

TEST(ReportText, PublishedOctetsCannotControlTheTerminal) {
  verdict::Report report = broken();
  report.record.texts = {"v=STSv1; \x1b[2J\r\n\x7f\x9b"};
  report.policy.content_type = "text/\x1b]0;title\x07";
  report.tlsrpt.rua = {"mailto:\b\b@example.com"};
  report.mx.back().host = "\x1b[1m.example";
  for (unsigned char octet : report_text(report, false, kWidth))
    EXPECT_TRUE(octet == '\n' || (octet >= ' ' && octet != 0x7f)) << int{octet};
}

TEST(ReportText, ShowsAnInternationalNameInBothForms) {
  verdict::Report report = healthy();
  report.domain = "xn--bcher-kva.example";
  EXPECT_TRUE(report_text(report, false, kWidth)
                  .starts_with("bücher.example (xn--bcher-kva.example): ok  (1.2 s)\n"));
}

}  // namespace
}  // namespace mtasts::cli
