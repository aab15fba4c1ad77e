// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/plain_report.h"

#include <gtest/gtest.h>

#include "fakes/gzip.h"
#include "intake/unpack.h"
#include "reports/report_digest.h"

namespace mtasts::intake {
namespace {

using fakes::gzip;

// With so many failures that it has several blocks.
std::string report_json(size_t failures) {
  std::string json =
      R"({"organization-name":"S\u00e9nder","contact-info":"tls@sender.example","report-id":"1",)"
      R"("date-range":{"start-datetime":"2026-11-20T00:00:00Z","end-datetime":"2026-11-20T23:59:59Z"},)"
      R"("policies":[{"policy":{"policy-type":"sts","policy-domain":"example.org",)"
      R"("mx-host":["mx.example.org"],"policy-string":["version: STSv1","mode: none"]},)"
      R"("summary":{"total-successful-session-count":9,"total-failure-session-count":9},)"
      R"("failure-details":[)";
  for (size_t i = 0; i < failures; ++i)
    json += std::string(i == 0 ? "" : ",") + R"({"result-type":"certificate-expired",)" +
            R"("receiving-ip":"192.0.2.)" + std::to_string(i % 256) +
            R"(","failed-session-count":)" + std::to_string(i) + R"(,"failure-reason-code":"t)" +
            "\xC3\xBC" + R"(\n"})";
  return json + "]}]}";
}

TEST(PlainReport, IsWhatUnpackingAndReadingGive) {
  for (size_t failures : {0, 1, 3000}) {
    const std::string json = report_json(failures);
    for (const std::string& octets :
         {json, gzip(json), " \r\n" + json + "\n", gzip("\n" + json + " "),
          gzip(json.substr(0, 99)) + gzip(json.substr(99))}) {
      auto read = read_plain_report(octets);
      ASSERT_TRUE(read && read->ok());
      Unpacked unpacked = unpack(octets, {});
      ASSERT_EQ(unpacked.reports.size(), 1u);
      EXPECT_TRUE(unpacked.reports[0].remarks.empty());
      auto report = protocol::parse_tls_report(unpacked.reports[0].json);
      ASSERT_TRUE(report);
      EXPECT_EQ((*read)->organization, report->organization);
      EXPECT_EQ((*read)->policies[0].failures.size(), failures);
      EXPECT_EQ((*read)->deviations.size(), report->deviations.size());
      EXPECT_EQ(reports::policies_digest(**read), reports::policies_digest(*report));
    }
  }
}

// What is told about these takes all octets: unpack() and parse_tls_report() do it.
TEST(PlainReport, LeavesTheRestToUnpacking) {
  const std::string json = report_json(2000);
  const std::string zipped = gzip(json);
  std::string corrupt = zipped;
  corrupt[corrupt.size() - 6] ^= 1;  // of the checksum
  const std::string cases[] = {
      "",
      "no JSON",
      "{}",
      "17",
      json + "garbage",
      "\xEF\xBB\xBF" + json,
      "{\"a\":\"\xFF\"," + json.substr(1),
      "[",
      gzip("17"),
      gzip(json + "{}"),
      gzip("{\"a\":\"\xFF\"," + json.substr(1)),
      gzip(json + std::string("\0\xFF", 2)),
      gzip(zipped),
      zipped + "garbage",
      zipped.substr(0, zipped.size() - 3),
      zipped.substr(0, zipped.size() / 2),
      corrupt,
      gzip(json + std::string(protocol::kReportLimit_bytes, ' ')),
      "From: tls@sender.example\r\n\r\n" + json,
  };
  for (const std::string& octets : cases)
    EXPECT_FALSE(read_plain_report(octets)) << octets.substr(0, 20);
}

TEST(PlainReport, TooManyValuesAreAFailure) {
  std::string values = "{\"policies\":[{}";
  for (size_t i = 0; i < protocol::kMostReportValues; ++i) values += ",{}";
  for (const std::string& octets : {values, gzip(values), gzip(values).substr(0, 9000)}) {
    auto read = read_plain_report(octets);
    if (octets.size() == 9000) {
      EXPECT_FALSE(read) << "the octets end before the limit";
      continue;
    }
    ASSERT_TRUE(read);
    ASSERT_FALSE(read->ok());
    EXPECT_EQ(read->failure().detail, "the report has more than 3000000 JSON values");
  }
}

}  // namespace
}  // namespace mtasts::intake
