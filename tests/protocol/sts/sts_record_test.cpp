// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/sts/sts_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "protocol/faults_of.h"

namespace mtasts::protocol {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Status = StsRecordSet::Status;

struct Good {
  std::string text;
  std::string id;
  std::string advice;  // with positions
};

TEST(StsRecord, TakesWhatTheAbnfTakes) {
  const std::vector<Good> good = {
      {"v=STSv1; id=20260101120000;", "20260101120000", ""},  // the form used in the RFC
      {"v=STSv1;id=1", "1", ""},                              // no blank, no final semicolon
      {"v=STSv1; id=1; ", "1", ""},                           // the last delimiter ends in WSP
      {"v=STSv1; id=1   ;  ", "1", ""},                       // blanks on both sides
      {"v=STSv1; id=1 \t ; \t", "1",
       "1:15 sts-txt-space-before-semicolon, 1:19 sts-txt-trailing-space"},  // postfix-tlspol
      {"v=STSv1;\t\tid=a", "a", "1:9 sts-txt-space-before-semicolon"},       // tabs are WSP
      {"v=STSv1; id=" + std::string(32, 'x'), std::string(32, 'x'), ""},     // the longest id
      {"v=STSv1 ; id=1", "1", "1:8 sts-txt-space-before-semicolon"},         // erratum 6285
      {"v=STSv1\t;id=1", "1", "1:8 sts-txt-space-before-semicolon"},         // a tab as well
      {"v=STSv1; id=1; id=2", "1", "1:16 sts-txt-duplicate-field"},          // first wins, §3.2
      {"v=STSv1; id=1; id=-", "1", "1:16 sts-txt-duplicate-field"},  // matches an extension's ABNF
      {"v=STSv1; id=1; v=STSv1", "1", "1:16 sts-txt-duplicate-field"},   // the version again
      {"v=STSv1; x.y-z_0=!~; id=1", "1", "1:10 sts-txt-unknown-field"},  // every name character
      {"v=STSv1; ID=2; id=1", "1", ""},  // an extension in capitals in addition to the id
      {"v=STSv1; " + std::string(32, 'n') + "=<>; id=1", "1", "1:10 sts-txt-unknown-field"},
  };
  for (const Good& c : good) {
    StsRecord record = parse_sts_record(c.text);
    EXPECT_TRUE(record.valid) << c.text << ": " << placed(record.faults);
    EXPECT_EQ(record.id, c.id) << c.text;
    EXPECT_EQ(placed(record.faults), c.advice) << c.text;
    EXPECT_EQ(record.text, c.text);
  }
}

struct Bad {
  std::string text;
  std::string errors;  // with positions, without advice
  std::string id;      // read leniently
  std::string fix;     // part of the first error's fix
};

TEST(StsRecord, RefusesAndReadsOn) {
  const std::vector<Bad> bad = {
      {"", "1:1 sts-txt-version-invalid", "", "v=STSv1;"},                    // empty
      {"v=STSv1", "1:8 sts-txt-id-missing", "", "id="},                       // no field
      {"v=STSv1;", "1:9 sts-txt-id-missing", "", "id="},                      // no field either
      {"v=STSv1; id=", "1:13 sts-txt-id-missing", "", "id="},                 // empty
      {"v=STSv1; id=;", "1:13 sts-txt-id-missing", "", "id="},                // empty
      {"v=STSv1; ID=7", "1:10 sts-txt-id-missing", "7", "id=7"},              // %s"id="
      {"v=STSv1; x=1", "1:13 sts-txt-id-missing", "", ""},                    // only an extension
      {"v=STS1; id=7", "1:1 sts-txt-version-invalid", "7", "v=STSv1;"},       // the common typo
      {"v=STSv2; id=7", "1:1 sts-txt-version-invalid", "7", "v=STSv1;"},      // no such version
      {"v=STSv10; id=7", "1:1 sts-txt-version-invalid", "7", "v=STSv1;"},     // a longer token
      {"v=MTA-STSv1; id=7", "1:1 sts-txt-version-invalid", "7", "v=STSv1;"},  // the protocol's name
      {"STSv1; id=7", "1:1 sts-txt-version-invalid", "7", "v=STSv1;"},        // without v=
      {"id=7; v=STSv1;", "1:1 sts-txt-version-invalid", "7", "v=STSv1;"},     // not first
      {"id=7", "1:1 sts-txt-version-invalid", "7", "v=STSv1;"},               // none
      {"v=spf1 a -all", "1:1 sts-txt-version-invalid", "", "v=STSv1;"},       // something else
      {"v=stsv1; id=7", "1:1 sts-txt-version-case", "7", "v=STSv1;"},         // %s"v=STSv1"
      {"V=STSv1; id=7", "1:1 sts-txt-version-case", "7", "v=STSv1;"},         // the v too
      {"v = STSv1; id=7", "1:1 sts-txt-syntax", "7", "v=STSv1"},              // blanks in it
      {"v:STSv1; id=7", "1:1 sts-txt-syntax", "7", "v=STSv1"},              // colon instead of "="
      {" v=STSv1; id=7", "1:1 sts-txt-syntax", "7", "v=STSv1;"},            // leading blank
      {"\"v=STSv1; id=7\"", "1:1 sts-txt-syntax", "7", "quotation marks"},  // zone editor
      {"\\\"v=STSv1; id=7\\\"", "1:1 sts-txt-syntax", "7", "quotation marks"},  // escaped ones
      {"v=STSv1\\; id=7", "1:8 sts-txt-syntax", "7", "without the backslash"},  // BIND escape
      {"v=STSv1, id=7", "1:8 sts-txt-syntax", "7", "v=STSv1;"},                 // comma
      {"v=STSv1 id=7", "1:9 sts-txt-syntax", "7", "v=STSv1; id=7"},             // no semicolon
      {"v=STSv1id=7", "1:8 sts-txt-syntax", "7", "v=STSv1; id=7"},              // no separator
      {"v=STSv1; id=7 x=1", "1:14 sts-txt-syntax", "7", "; x=1"},               // no semicolon
      {"v=STSv1; id=7, x=1", "1:14 sts-txt-syntax", "7", "; x=1"},              // comma
      {"v=STSv1;; id=7", "1:9 sts-txt-syntax", "7", "one semicolon"},           // empty field
      {"v=STSv1; ; id=7", "1:9 sts-txt-syntax", "7", "one semicolon"},          // with a blank
      {"v=STSv1; id=7;;", "1:15 sts-txt-syntax", "7", "one semicolon"},         // at the end
      {"v=STSv1; id=7;;;", "1:15 sts-txt-syntax, 1:16 sts-txt-syntax", "7", "one semicolon"},
      {"v=STSv1; id=7 ", "1:14 sts-txt-trailing-space", "7",
       "whitespace at the end"},                                 // no semicolon
      {"v=STSv1; id = 7", "1:12 sts-txt-syntax", "7", "id=7"},   // blanks around "="
      {"v=STSv1; id= 7", "1:13 sts-txt-syntax", "7", "id=7"},    // blank after it
      {"v=STSv1; id:7", "1:12 sts-txt-syntax", "7", "id="},      // colon
      {"v=STSv1; bogus; id=7", "1:10 sts-txt-syntax", "7", ""},  // no "="
      {"v=STSv1; 1%=a; id=7", "1:10 sts-txt-syntax", "7", ""},   // name character
      {"v=STSv1; -a=a; id=7", "1:10 sts-txt-syntax", "7", ""},   // first name character
      {"v=STSv1; " + std::string(33, 'n') + "=1; id=7", "1:10 sts-txt-syntax", "7", ""},  // long
      {"v=STSv1; id=7; x=", "1:18 sts-txt-syntax", "7", "x="},                   // empty extension
      {"v=STSv1; id=7; x==", "1:18 sts-txt-syntax", "7", "x="},                  // "=" in it
      {"v=STSv1; id=7; x=\xC3\xA9", "1:18 sts-txt-syntax", "7", ""},             // not US-ASCII
      {"v=STSv1; id=7; x=a b", "1:19 sts-txt-syntax", "7", ""},                  // blank in it
      {std::string("v=STSv1; id=7; x=\0", 18), "1:18 sts-txt-syntax", "7", ""},  // NUL
      {"v=STSv1; id=2026-01-02", "1:13 sts-txt-id-invalid", "2026-01-02", "id=20260102"},
      {"v=STSv1; id=\"7\"", "1:13 sts-txt-id-invalid", "7", "id=7"},            // quoted
      {"v=STSv1; id=1v=STSv1", "1:13 sts-txt-id-invalid", "1v=STSv1", "id=1"},  // two, joined
      {"v=STSv1; id=\x01", "1:13 sts-txt-id-invalid", "", "letters and digits"},
      {"v=STSv1; id=" + std::string(33, '1'), "1:13 sts-txt-id-too-long", std::string(33, '1'),
       "32"},
      {"v=STSv1;\xC2\xA0id=7", "1:9 sts-txt-syntax", "7", "retype"},       // no-break space
      {"\xEF\xBB\xBFv=STSv1; id=7", "1:1 sts-txt-syntax", "7", "retype"},  // byte order mark
      {"v=sts; id=7;; x=", "1:1 sts-txt-version-invalid, 1:13 sts-txt-syntax, 1:17 sts-txt-syntax",
       "7", "v=STSv1;"},  // one fault does not hide the next
  };
  for (const Bad& c : bad) {
    StsRecord record = parse_sts_record(c.text);
    EXPECT_FALSE(record.valid) << c.text;
    EXPECT_EQ(placed_errors(record.faults), c.errors) << c.text;
    EXPECT_EQ(record.id, c.id) << c.text;
    ASSERT_TRUE(has_error(record.faults)) << c.text;
    EXPECT_THAT(record.faults.front().fix, HasSubstr(c.fix)) << c.text;
  }
}

TEST(StsRecord, NamesTheObservedValue) {
  EXPECT_EQ(parse_sts_record("v=STS1; id=7").faults.front().message,
            "the version is written \"v=STS1\", not v=STSv1");
  EXPECT_EQ(parse_sts_record("v=STSv1; id=a-b").faults.front().message,
            "the id \"a-b\" contains characters other than letters and digits; mox 0.0.17 and "
            "postfix-tlspol 1.13.0 see no record");
  EXPECT_THAT(parse_sts_record("v=spf1 a -all").faults.front().message,
              HasSubstr("\"v=spf1 a -all\" is not a valid MTA-STS record"));
}

TEST(StsRecord, AMisplacedVersionIsReportedOnce) {
  StsRecord record = parse_sts_record("id=7; v=STSv1;");
  EXPECT_EQ(placed(record.faults), "1:1 sts-txt-version-invalid");
  EXPECT_EQ(record.faults[0].fix, "move to the front: v=STSv1;");
}

TEST(StsRecord, SplitsFieldsAfterALooseWord) {
  StsRecord record = parse_sts_record("v=STSv1; x=1 y id=7");
  EXPECT_EQ(record.id, "7");
  EXPECT_EQ(placed_errors(record.faults), "1:13 sts-txt-syntax, 1:15 sts-txt-syntax");
}

TEST(StsRecord, TrailingBlankDependsOnTheSender) {
  StsRecord record = parse_sts_record("v=STSv1; id=7  ");
  ASSERT_EQ(record.faults.size(), 1u);
  EXPECT_EQ(record.faults[0].fault_class, FaultClass::differs);
  EXPECT_FALSE(record.valid);
}

TEST(StsRecord, FloodsStayBounded) {
  auto begin = std::chrono::steady_clock::now();
  for (const char* piece : {";", "; x=1", "; x", "; id=1", " ", "  ,", " a=b", "=", "\"", "\xFF"}) {
    std::string flood = "v=STSv1; id=7";
    while (flood.size() < 65536) flood += piece;
    StsRecord record = parse_sts_record(flood);
    EXPECT_LE(record.faults.size(), kMostFaults) << piece;
    for (const SyntaxFault& fault : record.faults) EXPECT_LT(fault.message.size(), 1000u);
  }
  // Generous for sanitizers on a busy machine; a quadratic parser takes minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  StsRecord record = parse_sts_record("v=STSv1; id=7" + std::string(105, ';'));
  EXPECT_THAT(record.faults.back().message, HasSubstr("(and 99 more like this)"));
}

struct Set {
  std::vector<std::string> texts;
  Status status;
  std::string id;
  size_t unrelated;
};

TEST(StsRecordSet, UsesTheRecordThatSendersUse) {
  const std::vector<Set> sets = {
      {{}, Status::none, "", 0},
      {{"v=spf1 -all", ""}, Status::none, "", 2},                     // unrelated records only
      {{"v=STSv1; id=1"}, Status::found, "1", 0},                     // one valid record
      {{"x", "v=STSv1; id=1", "y"}, Status::found, "1", 2},           // others are discarded
      {{"v=STSv1; id=1", "v=STSv1; id=1"}, Status::multiple, "", 0},  // even when equal
      {{"v=STSv1; id=1", "v=STSv1;"}, Status::multiple, "", 0},       // even when one is broken
      {{"v=STSv1; id=-"}, Status::invalid, "-", 0},                   // not matching the grammar
      {{"v=STSv1;id=1", "v=STS1; id=2"}, Status::found, "1", 1},      // the near miss is discarded
      {{"v=STSv1;id=1", "v=STSv1 ; id=2"}, Status::multiple, "", 0},  // senders count both
      {{"v=STSv1\t;id=1", "x", "v=STSv1;id=2"}, Status::multiple, "", 1},
      {{"v=STSv1 ; id=2"}, Status::found, "2", 0},                      // the only one: taken
      {{"v=STSv1 ; id=2", "v=STS1; id=3"}, Status::found, "2", 1},      // still the only one
      {{"v=STSv1 ; id=2", "v=STSv1 ; id=3"}, Status::multiple, "", 0},  // for any sender
      {{"v=STS1; id=1"}, Status::invalid, "1", 0},                      // near miss
      {{"v=spf1 -all", "v=stsv1; id=1"}, Status::invalid, "1", 1},      // near miss next to SPF
      {{"v=STS1; id=1", "v=sts; id=2"}, Status::invalid, "1", 1},       // the first near miss
      {{"v=STSv1"}, Status::invalid, "", 0},                            // no semicolon, no id
      {{"v=STSv1 id=1"}, Status::invalid, "1", 0},                      // no semicolon
      {{"\"v=STSv1; id=1\""}, Status::invalid, "1", 0},                 // quotation marks
      {{" v=STSv1; id=1"}, Status::invalid, "1", 0},                    // leading blank
      {{"v = STSv1; id=1"}, Status::invalid, "1", 0},                   // blanks around "="
      {{"id=1; v=STSv1;"}, Status::invalid, "1", 0},                    // wrong order
      {{"id=1"}, Status::invalid, "1", 0},                              // no version
      {{"STSv1; id=1"}, Status::invalid, "1", 0},                       // no v=
      {{"v=MTA-STS; id=1"}, Status::invalid, "1", 0},                   // the protocol's name
      {{"v=TLSRPTv1; rua=mailto:a@b.example"}, Status::none, "", 1},    // the TLSRPT record
      {{"google-site-verification=abc"}, Status::none, "", 1},          // common in such zones
  };
  for (const Set& c : sets) {
    StsRecordSet set = read_sts_records(c.texts);
    SCOPED_TRACE(testing::PrintToString(c.texts));
    EXPECT_EQ(set.status, c.status);
    EXPECT_EQ(set.record.id, c.id);
    EXPECT_EQ(set.unrelated.size(), c.unrelated);
    EXPECT_EQ(set.record.valid, set.status == Status::found);
  }
}

TEST(StsRecordSet, ReportsTheSpaceBeforeTheSemicolon) {
  StsRecordSet set = read_sts_records({"v=STSv1 ; id=2"});
  EXPECT_EQ(set.status, Status::found);
  EXPECT_TRUE(has_code(set.record.faults, "sts-txt-space-before-semicolon"));
  EXPECT_THAT(set.unrelated, IsEmpty());
}

}  // namespace
}  // namespace mtasts::protocol
