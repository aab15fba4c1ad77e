// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The protocol vectors (vectors.json): runs each kind of case that is pure text or matching. A kind
// that needs DNS, HTTP, time or a verdict is only counted here and run by the tests of the
// directory that implements it. `lint` lists findings that must be present, not all of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "protocol/http/attempt.h"
#include "protocol/smtp/starttls_dialogue.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/sts/sts_record.h"
#include "protocol/tlsrpt/report_name.h"
#include "protocol/tlsrpt/tls_report.h"
#include "protocol/tlsrpt/tlsrpt_record.h"
#include "protocol/x509/certificate.h"

namespace mtasts::protocol {
namespace {

using nlohmann::json;

std::vector<std::string> codes_of(const std::vector<SyntaxFault>& faults) {
  std::vector<std::string> codes;
  for (const SyntaxFault& fault : faults) codes.emplace_back(fault.code);
  return codes;
}

void expect_lint(const json& expect, const std::vector<SyntaxFault>& faults) {
  if (!expect.contains("lint")) return;
  for (const json& text : expect["lint"]) {
    auto code = FindingCode::find(text.get<std::string>());
    ASSERT_TRUE(code) << "no finding has the code " << text;
    EXPECT_TRUE(has_code(faults, *code))
        << text << " is not among " << testing::PrintToString(codes_of(faults));
  }
}

void run_sts_txt(const json& input, const json& expect) {
  StsRecord record = parse_sts_record(input.get<std::string>());
  EXPECT_EQ(record.valid, expect["valid"]) << testing::PrintToString(codes_of(record.faults));
  if (expect.contains("id")) {
    EXPECT_EQ(record.id, expect["id"]);
  }
  expect_lint(expect, record.faults);
}

void run_sts_txt_rrset(const json& input, const json& expect) {
  StsRecordSet set = read_sts_records(input.get<std::vector<std::string>>());
  bool found = set.status == StsRecordSet::Status::found;
  EXPECT_EQ(found, expect["policy_available"]);
  if (found) {
    EXPECT_EQ(set.record.id, expect["id"]);
  }
  if (expect.contains("lint")) {
    EXPECT_FALSE(set.unrelated.empty());
  }
  if (expect.value("code", "") == "sts-txt-multiple") {
    EXPECT_EQ(set.status, StsRecordSet::Status::multiple);
  }
  if (expect.value("code", "") == "sts-txt-syntax") {
    EXPECT_TRUE(has_code(set.record.faults, "sts-txt-syntax"));
  }
}

void run_sts_policy(const json& input, const json& expect) {
  StsPolicy policy = parse_sts_policy(input.get<std::string>());
  EXPECT_EQ(policy.valid, expect["valid"]) << testing::PrintToString(codes_of(policy.faults));
  if (expect.contains("mode")) {
    EXPECT_EQ(name_of(policy.mode.value()), expect["mode"]);
  }
  if (expect.contains("max_age")) {
    EXPECT_EQ(policy.max_age_seconds, expect["max_age"]);
  }
  if (expect.contains("mx")) {
    EXPECT_EQ(policy.mx, expect["mx"].get<std::vector<std::string>>());
  }
  expect_lint(expect, policy.faults);
}

void run_sts_policy_advice(const json& input, const json& expect) {
  std::string body = "version: STSv1\r\nmode: " + input["mode"].get<std::string>() +
                     "\r\nmx: a.example\r\nmax_age: " + input["max_age"].dump() + "\r\n";
  StsPolicy policy = parse_sts_policy(body);
  EXPECT_TRUE(policy.valid);
  EXPECT_EQ(codes_of(policy.faults), expect["lint"].get<std::vector<std::string>>());
}

void run_content_type(const json& input, const json& expect) {
  EXPECT_EQ(is_text_plain(input.get<std::string>()), expect["text_plain"]);
}

void run_mx_match(const json& input, const json& expect) {
  EXPECT_EQ(mx_pattern_matches(input["pattern"].get<std::string>(), input["mx"].get<std::string>()),
            expect["match"]);
}

void run_mx_coverage(const json& input, const json& expect) {
  auto hosts = input["mx"].get<std::vector<std::string>>();
  auto patterns = input["patterns"].get<std::vector<std::string>>();
  size_t covered = 0;
  std::vector<bool> used(patterns.size());
  for (const std::string& host : hosts) {
    bool any = false;
    for (size_t i = 0; i < patterns.size(); ++i) {
      bool match = mx_pattern_matches(patterns[i], host);
      any = any || match;
      used[i] = used[i] || match;
    }
    covered += any ? 1 : 0;
  }
  EXPECT_EQ(covered == hosts.size(), expect["covered"]);
  bool unused = std::find(used.begin(), used.end(), false) != used.end();
  EXPECT_EQ(unused, expect.contains("lint"));
}

void run_cert_identity(const json& input, const json& expect) {
  // Every case must be rejected; the subject's CN is not an identity, so it is not checked.
  ASSERT_EQ(expect["result"], "certificate-host-mismatch");
  EXPECT_FALSE(any_identity_matches(input["san"].get<std::vector<std::string>>(),
                                    input["host"].get<std::string>()));
}

void run_tlsrpt_txt(const json& input, const json& expect) {
  TlsrptRecord record = parse_tlsrpt_record(input.get<std::string>());
  EXPECT_EQ(record.valid, expect["valid"]) << testing::PrintToString(codes_of(record.faults));
  if (expect.contains("rua")) {
    EXPECT_EQ(record.rua, expect["rua"].get<std::vector<std::string>>());
  }
  expect_lint(expect, record.faults);
}

void run_tlsrpt_txt_rrset(const json& input, const json& expect) {
  TlsrptRecordSet set = read_tlsrpt_records(input.get<std::vector<std::string>>());
  EXPECT_EQ(set.status == TlsrptRecordSet::Status::found, expect["available"]);
  ASSERT_EQ(expect["code"], "tlsrpt-multiple");
  EXPECT_EQ(set.status, TlsrptRecordSet::Status::multiple);
}

void write_all(StarttlsDialogue& dialogue) {
  while (dialogue.next() == StarttlsDialogue::Action::write) dialogue.take_output();
}

std::string code_of(const StarttlsDialogue& dialogue) {
  if (dialogue.injected_bytes() > 0) return "smtp-starttls-response-injection";
  if (dialogue.status() == SmtpStatus::starttls_missing) return "smtp-starttls-missing";
  if (dialogue.status() == SmtpStatus::starttls_stripped) return "smtp-starttls-stripped";
  return std::string(name_of(dialogue.status()));
}

// Failed connections and the active injection test are not dialogues.
bool is_pure_dialogue(const json& input) {
  return input.contains("banner") || input.contains("starttls");
}

void run_smtp_dialogue(const json& input, const json& expect) {
  if (!is_pure_dialogue(input)) return;
  StarttlsDialogue dialogue("probe.example");
  dialogue.feed(input.value("banner", "220 mx ESMTP") + "\r\n");
  write_all(dialogue);
  std::string ehlo;
  for (const json& line : input.value("ehlo", json::parse(R"(["250-mx","250 STARTTLS"])")))
    ehlo += line.get<std::string>() + "\r\n";
  dialogue.feed(ehlo);
  write_all(dialogue);
  if (input.contains("starttls"))
    dialogue.feed(input["starttls"].get<std::string>() + "\r\n" +
                  input["after"].get<std::string>() + "\r\n");
  EXPECT_EQ(code_of(dialogue), expect["code"]);
}

void run_tlsrpt_report(const json& input, const json& expect) {
  auto report = parse_tls_report(input.dump());
  ASSERT_TRUE(report) << report.failure().detail;
  EXPECT_EQ(report->policies.size(), expect["policies"]);
  uint64_t successful = 0;
  uint64_t failed = 0;
  std::map<std::string, uint64_t> types;
  for (const ReportPolicy& policy : report->policies) {
    successful += policy.successful;
    failed += policy.failed;
    for (const ReportFailure& failure : policy.failures)
      types[std::string(failure.type_text)] += failure.sessions;
  }
  EXPECT_EQ(successful, expect["success"]);
  EXPECT_EQ(failed, expect["failure"]);
  if (expect.contains("failure_types")) {
    EXPECT_EQ(json(types), expect["failure_types"]);
  }
  auto deviates = [&](DeviationKind kind) {
    return std::any_of(report->deviations.begin(), report->deviations.end(),
                       [&](const ReportDeviation& one) { return one.kind == kind; });
  };
  EXPECT_EQ(deviates(DeviationKind::name), expect.value("quirk", "") == "key-alias");
  EXPECT_EQ(report->contact.empty(), expect.value("quirk", "") == "contact-null");
  EXPECT_FALSE(deviates(DeviationKind::date));
  EXPECT_FALSE(deviates(DeviationKind::count));
}

void run_tlsrpt_report_invalid(const json& input, const json& expect) {
  ASSERT_EQ(expect["valid"], false);
  // One case is described instead of written out.
  std::string text = input.get<std::string>();
  if (text.starts_with("policy-type"))
    text = R"({"policies": [{"policy": {"policy-type": "foo"}, "summary": )"
           R"({"total-successful-session-count": 1, "total-failure-session-count": 0}}]})";
  EXPECT_FALSE(parse_tls_report(text)) << text;
}

void run_tlsrpt_filename(const json& input, const json& expect) {
  auto name = parse_report_file_name(input.get<std::string>());
  ASSERT_EQ(name.has_value(), expect["valid"]);
  if (!name) return;
  EXPECT_EQ(name->sender, expect["sender"]);
  EXPECT_EQ(name->domain, expect["domain"]);
  EXPECT_EQ(unix_seconds(name->begin), expect["begin"]);
  EXPECT_EQ(unix_seconds(name->end), expect["end"]);
  EXPECT_EQ(name->unique, expect["unique"]);
  EXPECT_EQ(name->extension, expect["ext"]);
}

void run_tlsrpt_subject(const json& input, const json& expect) {
  auto subject = parse_report_subject(input.get<std::string>());
  ASSERT_TRUE(subject);
  EXPECT_EQ(subject->strict, expect["strict"]);
  EXPECT_EQ(subject->report_id, expect["report_id"]);
}

struct Kind {
  int cases;
  std::function<void(const json&, const json&)>
      run;  // empty: run by the tests of another directory
};

const std::map<std::string, Kind>& kinds() {
  static const std::map<std::string, Kind> all = {
      {"sts-txt", {25, run_sts_txt}},
      {"sts-txt-rrset", {3, run_sts_txt_rrset}},
      {"sts-policy", {25, run_sts_policy}},
      {"sts-policy-advice", {2, run_sts_policy_advice}},
      {"content-type", {8, run_content_type}},
      {"mx-match", {24, run_mx_match}},
      {"mx-coverage", {3, run_mx_coverage}},
      {"cert-identity", {3, run_cert_identity}},
      {"tlsrpt-txt", {20, run_tlsrpt_txt}},
      {"tlsrpt-txt-rrset", {1, run_tlsrpt_txt_rrset}},
      {"tlsrpt-report", {9, run_tlsrpt_report}},
      {"tlsrpt-report-invalid", {2, run_tlsrpt_report_invalid}},
      {"tlsrpt-filename", {2, run_tlsrpt_filename}},
      {"tlsrpt-subject", {1, run_tlsrpt_subject}},
      {"smtp-dialogue", {6, run_smtp_dialogue}},
      // Tested with verdicts, from evidence and history:
      {"temporal", {5, {}}},
      {"mx-gather", {4, {}}},
      {"tls-error-map", {4, {}}},
      {"smtp-error-map", {2, {}}},
      {"sts-dns", {3, {}}},
      {"sts-http", {5, {}}},
      {"sts-policy-size", {1, {}}},
      {"dane-verify", {12, {}}},
      {"dane-gather", {3, {}}},
      {"dane-reference-names", {2, {}}},
      {"dane-digest-agility", {1, {}}},
      {"dane-rollover", {1, {}}},
  };
  return all;
}

TEST(Vectors, EveryCaseHoldsAndNoneIsLost) {
  std::ifstream file(MTASTS_TESTS_DIR "/protocol/vectors.json");
  json vectors = json::parse(file);
  std::map<std::string, int> counted;
  int pure_dialogues = 0;
  for (const json& vector : vectors) {
    auto kind = vector["kind"].get<std::string>();
    SCOPED_TRACE(kind + " " + vector["input"].dump() + ": " + vector["why"].get<std::string>());
    ASSERT_TRUE(kinds().count(kind)) << "no room runs this kind";
    ++counted[kind];
    if (kind == "smtp-dialogue" && is_pure_dialogue(vector["input"])) ++pure_dialogues;
    if (kinds().at(kind).run) kinds().at(kind).run(vector["input"], vector["expect"]);
  }
  for (const auto& [name, kind] : kinds()) EXPECT_EQ(counted[name], kind.cases) << name;
  EXPECT_EQ(pure_dialogues, 3);
}

}  // namespace
}  // namespace mtasts::protocol
