// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/tlsrpt_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/faults_of.h"

namespace mtasts::protocol {
namespace {

using testing::HasSubstr;
using Status = TlsrptRecordSet::Status;
using Uris = std::vector<std::string>;

struct Good {
  std::string text;
  Uris rua;
  std::string advice;  // with positions
};

TEST(TlsrptRecord, TakesWhatTheAbnfTakes) {
  const std::vector<Good> good = {
      {"v=TLSRPTv1; rua=mailto:r@a.example", {"mailto:r@a.example"}, ""},  // plain
      {"v=TLSRPTv1;rua=mailto:r@a.example;", {"mailto:r@a.example"}, ""},  // final semicolon
      {"v=TLSRPTv1; rua=https://a.example/x?y=z&b=%2C",
       {"https://a.example/x?y=z&b=%2C"},
       "1:17 tlsrpt-rua-fragile"},
      {"v=TLSRPTv1; rua=MAILTO:r@a.example", {"MAILTO:r@a.example"}, ""},  // schemes: any case
      {"v=TLSRPTv1; rua=https://[2001:db8::1]/x", {"https://[2001:db8::1]/x"}, ""},  // literal
      {"v=TLSRPTv1; rua=mailto:r@a.example,https://b.example",
       {"mailto:r@a.example", "https://b.example"},
       ""},  // a list
      {"v=TLSRPTv1; rua=mailto:r@a.example , https://b.example",
       {"mailto:r@a.example", "https://b.example"},
       "1:17 tlsrpt-rua-spaces"},  // blanks at the comma
      {"v=TLSRPTv1 ; rua=mailto:r@a.example",
       {"mailto:r@a.example"},
       "1:11 tlsrpt-space-before-semicolon"},  // same form as RFC 8461 erratum 6285
      {"v=TLSRPTv1; x=1; rua=mailto:r@a.example",
       {"mailto:r@a.example"},
       "1:18 tlsrpt-rua-not-first"},  // some senders read only the first field
      {"v=TLSRPTv1; rua=mailto:r@a.example; rua=mailto:s@a.example",
       {"mailto:r@a.example"},
       "1:37 tlsrpt-rua-duplicate"},  // the first one counts
      {"v=TLSRPTv1; rua=http://a.example/", {"http://a.example/"}, "1:17 tlsrpt-rua-scheme"},
      {"v=TLSRPTv1; rua=tel:1", {"tel:1"}, "1:17 tlsrpt-rua-scheme"},  // a URI with another scheme
  };
  for (const Good& c : good) {
    TlsrptRecord record = parse_tlsrpt_record(c.text);
    EXPECT_TRUE(record.valid) << c.text << ": " << placed(record.faults);
    EXPECT_EQ(record.rua, c.rua) << c.text;
    EXPECT_EQ(placed(record.faults), c.advice) << c.text;
    EXPECT_EQ(record.text, c.text);
  }
}

struct Bad {
  std::string text;
  std::string errors;  // with positions, without advice
  Uris rua;            // read leniently
  std::string fix;     // part of the first error's fix
};

TEST(TlsrptRecord, RefusesAndReadsOn) {
  const Uris kOne = {"mailto:r@a.example"};
  const std::string kRua = "rua=mailto:r@a.example";
  const std::vector<Bad> bad = {
      {"", "1:1 tlsrpt-version-invalid", {}, "v=TLSRPTv1;"},
      {"v=TLSRPTv1", "1:11 tlsrpt-rua-missing", {}, "add rua="},
      {"v=TLSRPTv1;", "1:12 tlsrpt-rua-missing", {}, "add rua="},
      {"v=TLSRPTv1; x=1", "1:16 tlsrpt-rua-missing", {}, "add rua="},
      {"v=TLSRPTv1; rua=", "1:17 tlsrpt-rua-missing", {}, "write rua="},
      {"v=TLSRPTv1; RUA=mailto:r@a.example", "1:13 tlsrpt-rua-missing", kOne, "write rua="},
      {"v=TLSRPTv2; " + kRua, "1:1 tlsrpt-version-invalid", kOne, "v=TLSRPTv1;"},
      {"v=tlsrptv1; " + kRua, "1:1 tlsrpt-version-invalid", kOne, "v=TLSRPTv1;"},
      {"v=TLS-RPTv1; " + kRua, "1:1 tlsrpt-version-invalid", kOne, "v=TLSRPTv1;"},
      {"v=DMARC1; " + kRua, "1:1 tlsrpt-version-invalid", {}, "v=TLSRPTv1;"},  // something else
      {kRua, "1:1 tlsrpt-version-invalid", kOne, "v=TLSRPTv1;"},               // no version
      {"v=TLSRPTv1 " + kRua, "1:12 tlsrpt-syntax", kOne, "v=TLSRPTv1; rua="},  // no semicolon
      {"\"v=TLSRPTv1; " + kRua + "\"", "1:1 tlsrpt-syntax", kOne, "quotation"},
      {"v=TLSRPTv1; " + kRua + " ", "1:35 tlsrpt-syntax", kOne, "whitespace at the end"},
      {"v=TLSRPTv1;; " + kRua, "1:12 tlsrpt-syntax", kOne, "one semicolon"},
      {"v=TLSRPTv1; rua = mailto:r@a.example", "1:16 tlsrpt-syntax", kOne, "write rua=mailto"},
      {"v=TLSRPTv1; " + kRua + "; more=", "1:42 tlsrpt-syntax", kOne, "more="},
      {"v=TLSRPTv1; " + kRua + ",", "1:36 tlsrpt-syntax", kOne, "remove the comma"},
      {"v=TLSRPTv1; rua=,mailto:r@a.example", "1:17 tlsrpt-syntax", kOne, "remove the comma"},
      {"v=TLSRPTv1; rua=r@a.example", "1:17 tlsrpt-rua-scheme", {}, "write mailto:r@a.example"},
      {"v=TLSRPTv1; rua=noscheme", "1:17 tlsrpt-rua-scheme", {}, "mailto:address"},
      {"v=TLSRPTv1; rua=mailto:r@a.example!10m",
       "1:17 tlsrpt-rua-unencoded",
       {"mailto:r@a.example!10m"},
       "write mailto:r@a.example;"},  // DMARC habit
      {"v=TLSRPTv1; rua=https://a.example/!x",
       "1:17 tlsrpt-rua-unencoded",
       {"https://a.example/!x"},
       "%21"},
      {"v=TLSRPTv1; rua=mailto:", "1:17 tlsrpt-syntax", {"mailto:"}, "complete address"},
      {"v=TLSRPTv1; rua=mailto:r@", "1:17 tlsrpt-syntax", {"mailto:r@"}, "complete address"},
      {"v=TLSRPTv1; rua=mailto:a.example", "1:17 tlsrpt-syntax", {"mailto:a.example"}, "address"},
      {"v=TLSRPTv1; rua=mailto://r@a.example",
       "1:17 tlsrpt-syntax",
       {"mailto://r@a.example"},
       "write mailto:r@a.example"},
      {"v=TLSRPTv1; rua=https:a.example", "1:17 tlsrpt-syntax", {"https:a.example"}, "host name"},
      {"v=TLSRPTv1; rua=https:///x", "1:17 tlsrpt-syntax", {"https:///x"}, "host name"},
      {"v=TLSRPTv1; rua=mailto:r@a.example mailto:s@a.example",
       "1:17 tlsrpt-syntax",
       {"mailto:r@a.example mailto:s@a.example"},
       "comma"},
      {"v=TLSRPTv1; rua=<mailto:r@a.example>", "1:17 tlsrpt-rua-scheme", {}, ""},
      {"v=TLSRPTv1; rua=mailto:r%4@a.example",
       "1:17 tlsrpt-syntax",
       {"mailto:r%4@a.example"},
       "%25"},
      {"v=TLSRPTv1; rua=mailto:r@b\xC3\xBC.example",
       "1:17 tlsrpt-syntax",
       {"mailto:r@b\xC3\xBC.example"},
       "percent"},
      {"v=TLSRPTv1; " + kRua + ", rua=mailto:s@a.example", "1:35 tlsrpt-syntax", kOne, "; rua="},
  };
  for (const Bad& c : bad) {
    TlsrptRecord record = parse_tlsrpt_record(c.text);
    EXPECT_FALSE(record.valid) << c.text;
    EXPECT_EQ(placed_errors(record.faults), c.errors) << c.text;
    EXPECT_EQ(record.rua, c.rua) << c.text;
    EXPECT_TRUE(has_error(record.faults)) << c.text;
    std::string fix;
    for (const SyntaxFault& fault : record.faults)
      if (fix.empty() && is_outside_grammar(fault.fault_class)) fix = fault.fix;
    EXPECT_THAT(fix, HasSubstr(c.fix)) << c.text;
  }
}

TEST(TlsrptRecord, UnknownFieldsAreNoFault) {
  TlsrptRecord record = parse_tlsrpt_record("v=TLSRPTv1; rua=mailto:r@a.example; x=1");
  EXPECT_TRUE(record.valid);
  EXPECT_TRUE(record.faults.empty()) << placed(record.faults);
}

TEST(TlsrptRecord, FloodsStayBounded) {
  for (const char* piece : {",", ", ", ",a:b", ";rua=a:b", "; ", "!", "%", " a=b", "\xFF"}) {
    std::string flood = "v=TLSRPTv1; rua=mailto:r@a.example";
    while (flood.size() < 65536) flood += piece;
    TlsrptRecord record = parse_tlsrpt_record(flood);
    EXPECT_LE(record.faults.size(), kMostFaults) << piece;
    EXPECT_LE(record.rua.size(), kMostRua) << piece;
  }
}

struct Set {
  std::vector<std::string> texts;
  Status status;
  size_t rua;
  size_t unrelated;
};

TEST(TlsrptRecordSet, UsesTheRecordThatSendersUse) {
  const std::string kRecord = "v=TLSRPTv1; rua=mailto:r@a.example";
  const std::vector<Set> sets = {
      {{}, Status::none, 0, 0},
      {{"v=spf1 -all"}, Status::none, 0, 1},                               // unrelated records only
      {{"v=DMARC1; p=none; rua=mailto:a@b.example"}, Status::none, 0, 1},  // DMARC rua
      {{"v=STSv1; id=1"}, Status::none, 0, 1},                             // the MTA-STS record
      {{kRecord}, Status::found, 1, 0},                                    // one valid record
      {{"x", kRecord}, Status::found, 1, 1},                               // others are discarded
      {{kRecord, kRecord}, Status::multiple, 0, 0},                        // even when equal
      {{"v=TLSRPTv1;"}, Status::invalid, 0, 0},                          // not matching the grammar
      {{"v=TLSRPTv1 ;rua=mailto:r@a.example"}, Status::found, 1, 0},     // the only one: taken
      {{"v=TLSRPTv1 rua=mailto:r@a.example"}, Status::invalid, 1, 0},    // near miss
      {{"v=tlsrptv1; rua=mailto:r@a.example"}, Status::invalid, 1, 0},   // near miss
      {{"v=TLS-RPTv1; rua=mailto:r@a.example"}, Status::invalid, 1, 0},  // near miss
      {{"rua=mailto:r@a.example"}, Status::invalid, 1, 0},               // no version
      {{kRecord, "v=tlsrpt; rua=a:b"}, Status::found, 1, 1},  // the near miss is discarded
  };
  for (const Set& c : sets) {
    TlsrptRecordSet set = read_tlsrpt_records(c.texts);
    SCOPED_TRACE(testing::PrintToString(c.texts));
    EXPECT_EQ(set.status, c.status);
    EXPECT_EQ(set.record.rua.size(), c.rua);
    EXPECT_EQ(set.unrelated.size(), c.unrelated);
  }
}

}  // namespace
}  // namespace mtasts::protocol
