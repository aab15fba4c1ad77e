// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/tls_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mtasts::protocol {
namespace {

using nlohmann::json;
using Kind = DeviationKind;

json plain_report() {
  return json::parse(R"({
    "organization-name": "Sender", "contact-info": "tls@sender.example", "report-id": "1",
    "date-range": {"start-datetime": "2026-11-20T00:00:00Z", "end-datetime": "2026-11-20T23:59:59Z"},
    "policies": [{
      "policy": {"policy-type": "sts", "policy-domain": "example.org", "mx-host": ["mx.example.org"],
                 "policy-string": ["version: STSv1", "mode: enforce", "mx: mx.example.org", "max_age: 604800"]},
      "summary": {"total-successful-session-count": 90, "total-failure-session-count": 10},
      "failure-details": [{"result-type": "certificate-expired", "sending-mta-ip": "192.0.2.1",
        "receiving-mx-hostname": "mx.example.org", "receiving-ip": "2001:db8::1", "failed-session-count": 10}]}]})");
}

std::string text_of(const std::vector<ReportDeviation>& deviations) {
  std::string text;
  for (const ReportDeviation& one : deviations)
    text += std::string(enumerator_name(one.kind)) + " " + one.path + ": " + one.message + "\n";
  return text;
}

TEST(TlsReport, PlainReportHasNoDeviation) {
  auto report = parse_tls_report(plain_report().dump());
  ASSERT_TRUE(report) << report.failure().detail;
  EXPECT_EQ(text_of(report->deviations), "");
  EXPECT_EQ(report->organization, "Sender");
  EXPECT_EQ(rfc3339(*report->begin), "2026-11-20T00:00:00Z");
  ASSERT_EQ(report->policies.size(), 1u);
  const ReportPolicy& policy = report->policies[0];
  EXPECT_EQ(policy.type, ReportPolicyType::sts);
  EXPECT_EQ(policy.successful, 90u);
  EXPECT_EQ(policy.failed, 10u);
  EXPECT_EQ(policy.policy_strings.size(), 4u);
  ASSERT_EQ(policy.failures.size(), 1u);
  EXPECT_EQ(policy.failures[0].sessions, 10u);
  EXPECT_EQ(policy.failures[0].receiving_ip, "2001:db8::1");
}

constexpr auto kTypePath = "/policies/0/policy/policy-type";

std::string replace(const std::string& path, const std::string& value) {
  std::string operation = path.ends_with("/0") ? "replace" : "add";
  return R"([{"op":")" + operation + R"(","path":")" + path + R"(","value":)" + value + "}]";
}
std::string removal(const std::string& path) {
  return R"([{"op":"remove","path":")" + path + R"("}])";
}
std::string renaming(const std::string& from, const std::string& to) {
  return R"([{"op":"move","from":")" + from + R"(","path":")" + to + R"("}])";
}

// A change of the plain report (RFC 6902), and what must be told about it.
struct Deviating {
  std::string patch;
  Kind kind;
  std::string path;
  size_t failures;
  std::string why;
};

TEST(TlsReport, DeviationsAreToldWithTheirPath) {
  const std::string start = "/date-range/start-datetime";
  const std::string entry = "/policies/0";
  const std::string detail = "/policies/0/failure-details/0";
  const std::string json_detail = "policies[0].failure-details[0]";
  const std::string json_start = "date-range.start-datetime";
  const Deviating cases[] = {
      {replace(start, R"("2026-11-20T00:00:00")"), Kind::date, json_start, 1, "Microsoft"},
      {replace(start, R"("2026-11-20 00:00:00Z")"), Kind::date, json_start, 1, "blank"},
      {replace(start, R"("2026-11-20")"), Kind::date, json_start, 1, "date alone"},
      {replace(start, "1795132800"), Kind::date, json_start, 1, "epoch"},
      {replace(start, R"("2026-11-20T00:00:00+0000")"), Kind::date, json_start, 1, "no colon"},
      {replace(start, R"("2026-11-20T01:00:00Z")"), Kind::date, "date-range", 1, "no UTC day"},
      {replace(start, R"("2027-11-20T01:00:00Z")"), Kind::date, "date-range", 1, "backwards"},
      {replace(start, R"("yesterday")"), Kind::date, json_start, 1, "unreadable"},
      {removal("/date-range"), Kind::date, json_start, 1, "absent"},
      {replace("/contact-info", "null"), Kind::missing, "contact-info", 1, "null"},
      {removal("/contact-info"), Kind::missing, "contact-info", 1, "absent"},
      {replace("/organization-name", R"("")"), Kind::missing, "organization-name", 1,
       "tlsrpt-reporter's default"},
      {replace("/report-id", "17"), Kind::wrong_type, "report-id", 1, "a number"},
      {replace("/report-id", "[1]"), Kind::wrong_type, "report-id", 1, "an array"},
      {replace(entry + "/policy/mx-host", R"("mx.example.org")"), Kind::wrong_type,
       "policies[0].policy.mx-host", 1, "Appendix B writes a string"},
      {renaming(entry + "/policy/mx-host", entry + "/policy/mx-host-pattern"), Kind::name,
       "policies[0].policy.mx-host-pattern", 1, "alias"},
      {renaming(entry + "/failure-details", entry + "/failure_details"), Kind::name,
       "policies[0].failure_details", 1, "Mail::TLSRPT"},
      {replace(entry + "/policy/policy-string", "[]"), Kind::missing,
       "policies[0].policy.policy-string", 1, "empty"},
      {replace(entry + "/policy/policy-string", R"("version: STSv1\r\nmode: none\r\n")"),
       Kind::wrong_type, "policies[0].policy.policy-string", 1, "one string"},
      {replace(entry + "/policy/policy-string/0", "1"), Kind::wrong_type,
       "policies[0].policy.policy-string[0]", 1, "number in the array"},
      {removal(entry + "/policy/policy-domain"), Kind::missing, "policies[0].policy.policy-domain",
       1, "tlsrpt-reporter"},
      {replace(kTypePath, R"("STS")"), Kind::policy_type, "policies[0].policy.policy-type", 1,
       "capitals"},
      {removal(entry + "/summary"), Kind::missing, "policies[0].summary", 1, "from details"},
      {replace(entry + "/summary/total-failure-session-count", "0"), Kind::count,
       "policies[0].summary.total-failure-session-count", 1, "contradicts the details"},
      {replace(entry + "/summary/total-failure-session-count", R"("10")"), Kind::wrong_type,
       "policies[0].summary.total-failure-session-count", 1, "a digit string"},
      {replace(entry + "/summary/total-failure-session-count", "10.0"), Kind::wrong_type,
       "policies[0].summary.total-failure-session-count", 1, "an integer with a point"},
      {removal(entry + "/failure-details"), Kind::missing, "policies[0].failure-details", 0,
       "failures without details"},
      {replace(entry + "/failure-details", "null"), Kind::wrong_type, "policies[0].failure-details",
       0, "null"},
      {replace(detail + "/sending-mta-ip", R"("")"), Kind::missing, json_detail + ".sending-mta-ip",
       1, "empty address"},
      {replace(detail + "/receiving-ip", R"("mx.example")"), Kind::value,
       json_detail + ".receiving-ip", 1, "no address"},
      {replace(detail + "/result-type", R"("tls-version-insufficient")"), Kind::result_type,
       json_detail + ".result-type", 1, "invented"},
      {replace(detail + "/failed-session-count", "-1"), Kind::count,
       json_detail + ".failed-session-count", 0, "negative"},
      {replace(detail + "/failed-session-count", "1.5"), Kind::count,
       json_detail + ".failed-session-count", 0, "fraction"},
      {replace(detail + "/failed-session-count", "9007199254740993"), Kind::count,
       json_detail + ".failed-session-count", 0, "above 2^53"},
      {replace(detail + "/failed-session-count", "99999999999999999999999"), Kind::count,
       json_detail + ".failed-session-count", 0, "above 2^64"},
      {replace(detail + "/failed-session-count", R"("many")"), Kind::count,
       json_detail + ".failed-session-count", 0, "no digits"},
      {removal(detail + "/failed-session-count"), Kind::missing,
       json_detail + ".failed-session-count", 1, "the only detail has all failures"},
      {replace(detail + "/failed-session-count", "0"), Kind::value,
       json_detail + ".failed-session-count", 1, "a failure without a session"},
  };
  for (const Deviating& one : cases) {
    SCOPED_TRACE(one.patch + " " + one.why);
    auto report = parse_tls_report(plain_report().patch(json::parse(one.patch)).dump());
    ASSERT_TRUE(report) << report.failure().detail;
    std::string all = text_of(report->deviations);
    bool told = false;
    for (const ReportDeviation& deviation : report->deviations)
      told = told || (deviation.kind == one.kind && deviation.path == one.path);
    EXPECT_TRUE(told) << all;
    ASSERT_EQ(report->policies.size(), 1u);
    EXPECT_EQ(report->policies[0].failures.size(), one.failures) << all;
    bool summary_removed = one.patch == removal(entry + "/summary");
    EXPECT_EQ(report->policies[0].successful, summary_removed ? 0u : 90u);
  }
}

// RFC 8259 §6 has numbers of any size; what no count can be is a fault of its field alone.
TEST(TlsReport, NumbersOfAnySizeAreReadAsValuesOfTheirField) {
  const std::string digits(400, '7');
  const std::string numbers[] = {"1e400",
                                 "-1e400",
                                 "1E+400",
                                 "1e-400",
                                 "-1e-400",
                                 digits,
                                 "-" + digits,
                                 "0." + digits + "e999",
                                 "1e99999999999999999999",
                                 "1e-99999999999999999999",
                                 "0.000000000001e-310"};
  const std::string plain = plain_report().dump();
  auto with = [&](std::string_view member, const std::string& number) {
    std::string text = plain;
    size_t at = text.find(member) + member.size();
    return text.replace(at, text.find_first_of(",}", at) - at, number);
  };
  for (const std::string& number : numbers) {
    SCOPED_TRACE(number);
    auto report = parse_tls_report(with("\"failed-session-count\":", number));
    ASSERT_TRUE(report) << report.failure().detail;
    EXPECT_EQ(report->rows_dropped, 1u);
    EXPECT_EQ(report->policies.at(0).failed, 10u);
    ASSERT_FALSE(report->deviations.empty());
    EXPECT_EQ(report->deviations[0].kind, Kind::count);
    EXPECT_EQ(report->deviations[0].path, "policies[0].failure-details[0].failed-session-count");

    report = parse_tls_report(with("\"report-id\":", number));
    ASSERT_TRUE(report) << report.failure().detail;
    EXPECT_EQ(report->report_id, number);
    ASSERT_EQ(report->deviations.size(), 1u);
    EXPECT_EQ(report->deviations[0].kind, Kind::wrong_type);

    report = parse_tls_report(with("\"end-datetime\":", number));
    ASSERT_TRUE(report) << report.failure().detail;
    EXPECT_FALSE(report->end);

    report = parse_tls_report("{\"x-extension\":" + number + "," + plain.substr(1));
    ASSERT_TRUE(report) << report.failure().detail;
    EXPECT_EQ(text_of(report->deviations), "");
  }
  // In other writings of 10 they are good.
  for (const char* number : {"1e1", "10.0", "100e-1", "0.1E+2"}) {
    auto report = parse_tls_report(with("\"failed-session-count\":", number));
    ASSERT_TRUE(report) << number;
    EXPECT_EQ(report->policies.at(0).failures[0].sessions, 10u) << number;
  }
  auto zero = parse_tls_report(with("\"total-failure-session-count\":", "-0"));
  ASSERT_TRUE(zero);
  EXPECT_EQ(zero->policies.at(0).failed, 0u);
}

TEST(TlsReport, UsualWritingsAreNoDeviation) {
  const std::string cases[] = {
      replace("/date-range/end-datetime", R"("2026-11-21T00:00:00Z")"),
      replace("/date-range/start-datetime", R"("2026-11-20T02:00:00\u002b02:00")"),
      replace("/date-range/end-datetime", R"("2026-11-20T23:59:59.999Z")"),
      replace("/policies/0/failure-details/0/failed-session-count", "25"),
      replace("/x-extension", R"({"a": [1, {"b": null}]})"),
  };
  for (const std::string& patch : cases) {
    auto report = parse_tls_report(plain_report().patch(json::parse(patch)).dump());
    ASSERT_TRUE(report) << patch;
    EXPECT_EQ(text_of(report->deviations), "") << patch;
    EXPECT_EQ(date_text(*report->begin), "2026-11-20");
  }
}

TEST(TlsReport, UnusablePolicyIsDroppedAndOthersStay) {
  const std::string unusable[] = {
      replace(kTypePath, R"("foo")"),
      removal(kTypePath),
      replace("/policies/0/summary/total-successful-session-count", "-3"),
      replace("/policies/0/summary/total-failure-session-count", "1e300"),
      replace("/policies/0/summary/total-failure-session-count", "true"),
      replace("/policies/0", "null"),
      replace("/policies/0", "{}"),
      replace("/policies/0/policy", "[]"),
  };
  for (const std::string& patch : unusable) {
    SCOPED_TRACE(patch);
    json report = plain_report();
    report["policies"].push_back(report["policies"][0]);
    auto alone = plain_report().patch(json::parse(patch));
    report["policies"][1] = alone["policies"][0];
    auto read = parse_tls_report(report.dump());
    ASSERT_TRUE(read) << read.failure().detail;
    EXPECT_EQ(read->policies.size(), 1u);
    EXPECT_GE(read->rows_dropped, 1u);
    EXPECT_FALSE(read->deviations.empty());
    EXPECT_FALSE(parse_tls_report(alone.dump()));
  }
}

TEST(TlsReport, WhatIsNoReportFailsWithThePlace) {
  struct {
    std::string text;
    std::string detail;
  } cases[] = {
      {"", "the report is empty"},
      {" \r\n", "the report is empty"},
      {"not json {{{", "there is no valid JSON at line 1, column 2, after \"no\""},
      {"{\n  \"policies\": ]",
       "there is no valid JSON at line 2, column 15, after \"\"policies\": ]\""},
      {"{\"policies\": [", "the JSON ends too early, at line 1, column 15"},
      {"[]", "the JSON is an array without an object, no object with a report"},
      {"17", "the JSON is one value, no object with a report"},
      {"{}", "the report has no policies"},
      {R"({"policies": []})", "the report has no policies"},
      {R"({"policies": "x"})",
       "the report has no usable policy: at policies, policies is \"x\", no array"},
  };
  for (const auto& one : cases) {
    auto report = parse_tls_report(one.text);
    ASSERT_FALSE(report) << one.text;
    EXPECT_EQ(report.failure().detail, one.detail) << one.text;
  }
  EXPECT_FALSE(parse_tls_report(std::string(kReportLimit_bytes + 1, ' ')));
}

TEST(TlsReport, DocumentsThatAreNearlyJson) {
  std::string plain = plain_report().dump();
  std::string broken_octet = plain;
  broken_octet.replace(broken_octet.find("Sender"), 6, "S\xC3nder");
  std::string twice = plain;
  twice.insert(1, "\"report-id\":\"first\",");
  struct {
    std::string text;
    Kind kind;
  } cases[] = {
      {"\xEF\xBB\xBF" + plain, Kind::syntax},
      {plain + "\n-- \n", Kind::syntax},
      {plain + plain, Kind::syntax},
      {broken_octet, Kind::syntax},
      {twice, Kind::syntax},
      {"[" + plain + "]", Kind::wrong_type},
      {"[" + plain + "," + plain + "]", Kind::limit},
  };
  for (const auto& one : cases) {
    auto report = parse_tls_report(one.text);
    ASSERT_TRUE(report) << one.text << report.failure().detail;
    bool told = false;
    for (const ReportDeviation& deviation : report->deviations) told |= deviation.kind == one.kind;
    EXPECT_TRUE(told) << one.text << text_of(report->deviations);
    EXPECT_EQ(report->policies.size(), 1u);
  }
  EXPECT_EQ(parse_tls_report(broken_octet)->organization, "S\xEF\xBF\xBDnder");
  EXPECT_EQ(parse_tls_report(twice)->report_id, "first");
  EXPECT_EQ(parse_tls_report("\xEF\xBB\xBF" + plain)->organization, "Sender");
}

// What is ignored takes time as well.
TEST(TlsReport, HasNoMoreValuesThanTheLimit) {
  const std::string begin = R"({"policies":[)";
  const std::string good = plain_report()["policies"][0].dump();
  auto text = [&](std::string_view value, size_t count) {
    std::string values = begin + good;
    for (size_t i = 0; i < count; ++i) values.append(",").append(value);
    return values + "]}";
  };
  const std::string detail = "the report has more than 3000000 JSON values";
  for (std::string_view value : {"{}", "[]", "1", "\"\"", "null"}) {
    SCOPED_TRACE(value);
    auto report = parse_tls_report(text(value, kMostReportValues));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.failure().detail, detail);
    const std::string in_blocks = text(value, kMostReportValues);
    TextSource octets(in_blocks);
    auto read = read_tls_report(octets);
    ASSERT_TRUE(read && !read->ok());
    EXPECT_EQ(read->failure().detail, detail);
  }
  // Of the document, "policies" and the good entry there are 23.
  EXPECT_TRUE(parse_tls_report(text("{}", kMostReportValues - 23)));
  EXPECT_FALSE(parse_tls_report(text("{}", kMostReportValues - 22)));
  // No report within the other limits has so many.
  std::string most;
  const std::string failure = plain_report()["policies"][0]["failure-details"][0].dump();
  for (size_t i = 0; i < kMostReportFailures; ++i) most += (i == 0 ? "" : ",") + failure;
  json full = plain_report();
  full["policies"] = json(std::vector<json>(kMostReportPolicies, full["policies"][0]));
  std::string dumped = full.dump();
  dumped.replace(dumped.find(failure), failure.size(), most);
  EXPECT_TRUE(parse_tls_report(dumped));
}

TEST(TlsReport, HostileSizesAreBounded) {
  std::string deep = plain_report().dump();
  deep.insert(1, "\"x\":" + std::string(100000, '[') + std::string(100000, ']') + ",");
  auto report = parse_tls_report(deep);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->deviations.size(), 1u) << text_of(report->deviations);
  EXPECT_EQ(report->deviations[0].kind, Kind::limit);

  json many = plain_report();
  json detail = json::parse(R"({"result-type": "x", "failed-session-count": 9007199254740992})");
  many["policies"][0]["failure-details"] = json(std::vector<json>(kMostReportFailures + 7, detail));
  many["organization-name"] = std::string(5000, 'a') + "\n";
  for (size_t i = 0; i < kMostReportStrings + 5; ++i)
    many["policies"][0]["policy"]["mx-host"].push_back("mx");
  report = parse_tls_report(many.dump());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->policies[0].failures.size(), kMostReportFailures);
  EXPECT_EQ(report->policies[0].mx_hosts.size(), kMostReportStrings);
  EXPECT_EQ(report->rows_dropped, 7u);
  EXPECT_EQ(report->organization.size(), kReportTextLimit_bytes);
  EXPECT_LE(report->deviations.size(), kMostReportDeviations);
  EXPECT_GT(report->deviations_dropped, 99000u);
  bool limit = false;
  for (const ReportDeviation& deviation : report->deviations)
    limit |= deviation.kind == Kind::limit;
  EXPECT_TRUE(limit) << "a flood of one kind hides another";

  json policies = plain_report();
  policies["policies"] = json(std::vector<json>(kMostReportPolicies + 3, policies["policies"][0]));
  report = parse_tls_report(policies.dump());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->policies.size(), kMostReportPolicies);
  EXPECT_EQ(report->rows_dropped, 3u);
}

}  // namespace
}  // namespace mtasts::protocol
