// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The table of senders against observed.json: for each input, who refused it or read it otherwise
// than meant, as each implementation's own code did. The findings of the input must name exactly
// these. Octets of the inputs are written as code points.

#include "protocol/senders/senders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "protocol/faults_of.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/sts/sts_record.h"
#include "protocol/tlsrpt/tlsrpt_record.h"

namespace mtasts::protocol {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using D = SenderDifference;

json observed() {
  std::ifstream file(MTASTS_TESTS_DIR "/protocol/senders/observed.json");
  return json::parse(file);
}

std::string octets(const std::string& code_points) {
  std::string bytes;
  for (size_t i = 0; i < code_points.size(); ++i) {
    auto lead = static_cast<unsigned char>(code_points[i]);
    if (lead < 0x80) {
      bytes += code_points[i];
    } else {
      auto next = static_cast<unsigned char>(code_points[++i]);
      bytes += static_cast<char>((lead & 3U) << 6U | (next & 0x3FU));
    }
  }
  return bytes;
}

const std::map<std::string, Sender> kSenderNames = {
    {"mox", Sender::mox},
    {"postfix_mta_sts_resolver", Sender::postfix_mta_sts_resolver},
    {"postfix_tlspol", Sender::postfix_tlspol},
    {"maddy", Sender::maddy},
    {"stalwart", Sender::stalwart},
    {"mailauth7", Sender::mailauth7},
    {"mailauth5", Sender::mailauth5},
};

const std::map<std::string, D> kAnswers = {
    {"answer_type_missing", D::answer_type_missing},
    {"answer_type_wrong", D::answer_type_wrong},
    {"answer_type_parameter", D::answer_type_parameter},
    {"answer_charset_unknown", D::answer_charset_unknown},
    {"answer_over_64_kib", D::answer_over_64_kib},
    {"answer_over_1_mib", D::answer_over_1_mib},
    {"answer_after_2_s", D::answer_after_2_s},
    {"answer_after_4_s", D::answer_after_4_s},
    {"answer_after_15_s", D::answer_after_15_s},
    {"answer_http2_only", D::answer_http2_only},
    {"answer_coding_unasked", D::answer_coding_unasked},
    {"answer_length_short", D::answer_length_short},
    {"answer_head_lf", D::answer_head_lf},
};

SenderSet expected_of(const json& row) {
  SenderSet senders;
  for (const json& name : row["senders"])
    senders |= SenderSet{kSenderNames.at(name.get<std::string>())};
  return senders;
}

SenderSet affected_by(const std::vector<SyntaxFault>& faults) {
  SenderSet senders;
  for (const SyntaxFault& fault : faults) senders |= senders_affected_by(fault.difference);
  return senders;
}

// The differences of a set of records are those that the rules of the verdict report.
D difference_of(const StsRecordSet& set) {
  if (set.status == StsRecordSet::Status::multiple) return D::record_several;
  if (set.unrelated.empty()) return D::none;
  return set.unrelated.front().starts_with("v=STSv1") ? D::record_longer_version
                                                      : D::record_foreign;
}

TEST(Senders, FindingsNameExactlyThoseThatDiffer) {
  int records = 0, policies = 0, answers = 0;
  for (const json& row : observed()) {
    SCOPED_TRACE(row.dump());
    SenderSet found;
    std::vector<SyntaxFault> faults;
    if (row.contains("record")) {
      ++records;
      std::vector<std::string> texts;
      for (const json& text : row["record"]) texts.push_back(octets(text.get<std::string>()));
      if (texts.size() > 1)
        found = senders_affected_by(difference_of(read_sts_records(texts)));
      else
        faults = parse_sts_record(texts[0]).faults;
    } else if (row.contains("policy")) {
      ++policies;
      auto charset =
          row.value("charset", false) ? PolicyCharset::declared : PolicyCharset::undeclared;
      faults = parse_sts_policy(octets(row["policy"].get<std::string>()), charset).faults;
    } else {
      ++answers;
      found = senders_affected_by(kAnswers.at(row["answer"].get<std::string>()));
    }
    found |= affected_by(faults);
    EXPECT_EQ(names_of(found), names_of(expected_of(row))) << placed(faults);
    std::string messages;
    for (const SyntaxFault& fault : faults) {
      messages += fault.message;
      // A table row is for findings of one code.
      if (fault.difference != D::none) {
        EXPECT_EQ(fault.code, row_of(fault.difference).code) << placed(fault);
      }
    }
    if (faults.empty() || messages.find("every tested sender") != std::string::npos) continue;
    for (const SenderRow& sender : senders_table())
      EXPECT_EQ(messages.find(sender.name) != std::string::npos, found.contains(sender.sender))
          << sender.name << " in " << messages;
  }
  EXPECT_GT(records, 40);
  EXPECT_GE(policies, 90);
  EXPECT_GT(answers, 15);
}

TEST(Senders, NamesAndEffectsAreSentences) {
  EXPECT_EQ(names_text({Sender::stalwart}), "Stalwart 0.16.18");
  EXPECT_EQ(names_text({Sender::mox, Sender::maddy, Sender::stalwart}),
            "mox 0.0.17, maddy 0.8.1 (go-mtasts) and Stalwart 0.16.18");
  EXPECT_EQ(effect_text(D::record_several),
            "every tested sender but Stalwart 0.16.18 sees no record; Stalwart 0.16.18 reads one "
            "of the records, as the answer orders them");
  EXPECT_EQ(difference_text(D::policy_mode_none_without_mx),
            "valid by RFC 8461 §3.2, but Stalwart 0.16.18 refuses the policy");
  EXPECT_EQ(effect_text(D::record_id_twice),
            "mox 0.0.17 sees no record; postfix-mta-sts-resolver 1.5.1, Stalwart 0.16.18 and "
            "mailauth 5.0.1 read the last id");
  EXPECT_EQ(effect_text(D::none), "");
  EXPECT_TRUE(senders_affected_by(D::none).empty());
}

TEST(Senders, EveryRowIsADifference) {
  std::set<std::string> inputs;
  for (const DifferenceRow& row : differences_table()) {
    SenderSet affected = senders_affected_by(row.difference);
    EXPECT_FALSE(affected.empty()) << row.input;
    EXPECT_TRUE(inputs.insert(std::string(row.code) + std::string(row.input)).second) << row.input;
    // Who refuses an input reads nothing in it.
    for (const SenderRow& sender : senders_table()) {
      int kinds = row.refuse.contains(sender.sender) +
                  row.misreading.senders.contains(sender.sender) +
                  row.other_misreading.senders.contains(sender.sender);
      EXPECT_LE(kinds, 1) << row.input;
    }
  }
}

TEST(Senders, OfTlsrptRecordsTheReadersAreNamed) {
  struct Case {
    std::string rua;
    std::vector<std::string> senders;
  };
  const Case cases[] = {
      {"mailto:a@b.example", {}},
      {"https://b.example/report", {}},
      {"https://b.example/report?x", {}},
      {"https://b.example/report?key=value", {"Stalwart 0.16.18"}},
      {"https://b.example:8443/a=b", {"Stalwart 0.16.18"}},
      {"mailto:a=b@b.example", {"Stalwart 0.16.18"}},
      {"mailto:a@b.example?subject=tls", {"Stalwart 0.16.18", "checkdmarc 6.0.4"}},
      {"mailto:a@b.example?x", {"checkdmarc 6.0.4"}},
      {"https://me:secret@b.example/", {"checkdmarc 6.0.4"}},
      {"https://b.example/@me", {}},
      {"mailto:a@b.example; rua=mailto:c@b.example", {"Stalwart 0.16.18", "tlsrpt-reporter 0.6.0"}},
  };
  for (const Case& c : cases) {
    TlsrptRecord record = parse_tlsrpt_record("v=TLSRPTv1; rua=" + c.rua);
    EXPECT_TRUE(record.valid) << c.rua;
    EXPECT_EQ(names_of(affected_by(record.faults)), c.senders) << c.rua << placed(record.faults);
  }
  TlsrptRecordSet set = read_tlsrpt_records(
      {"v=TLSRPTv1; rua=mailto:a@b.example", "v=spf1 -all", "v=TLSRPTv1 ; rua=mailto:c@b.example"});
  EXPECT_EQ(set.status, TlsrptRecordSet::Status::found);
  EXPECT_EQ(set.counted_by_some.size(), 1u) << "not the SPF record";
}

TEST(Senders, WhatEverySenderTakesNamesNobody) {
  for (const char* text : {"v=STSv1; id=20261127T120000;", "v=STSv1;id=1", "v=STSv1 ; id=1;",
                           "v=STSv1; id=1; x=y;", "v=STSv1; id=1; "})
    EXPECT_TRUE(affected_by(parse_sts_record(text).faults).empty()) << text;
  for (const char* max_age : {"3600", "86400", "604800", "2592000"})
    for (const char* end : {"\n", "\r\n"}) {
      std::string body = "version: STSv1" + std::string(end) + "mode: enforce" + end +
                         "mx: *.example.com" + end + "max_age: " + max_age;
      StsPolicy policy = parse_sts_policy(body);
      EXPECT_TRUE(policy.valid);
      EXPECT_TRUE(affected_by(policy.faults).empty()) << placed(policy.faults);
    }
}

TEST(Senders, ACharsetMakesNonAsciiReadable) {
  std::string body =
      "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 2592000\r\nnote: b\xC3\xBC\r\n";
  EXPECT_FALSE(affected_by(parse_sts_policy(body).faults).empty());
  EXPECT_TRUE(affected_by(parse_sts_policy(body, PolicyCharset::declared).faults).empty());
  for (const char* type : {"text/plain; charset=utf-8", "Text/Plain;Charset=\"UTF-8\""})
    EXPECT_EQ(charset_of(type), PolicyCharset::declared) << type;
  for (const char* type : {"", "text/plain", "text/plain; charset=", "text/plain; charset=;"})
    EXPECT_EQ(charset_of(type), PolicyCharset::undeclared) << type;
}

}  // namespace
}  // namespace mtasts::protocol
