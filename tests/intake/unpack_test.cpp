// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/unpack.h"

#include <gmock/gmock.h>

#include "fakes/gzip.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::intake {
namespace {

using fakes::gzip;
using reports::Rejection;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kJson = R"({"policies":[]})";

struct Accepted {
  std::string octets;
  const char* remark;  // a part of the only remark; "": none
};

TEST(Unpack, JsonAndGzip) {
  const std::string zipped = gzip(kJson);
  const Accepted kCases[] = {
      {kJson, ""},
      {"\xEF\xBB\xBF" + kJson, ""},  // the parser tells the byte order mark
      {"\r\n \t" + kJson, ""},
      {"[]", ""},
      {zipped, ""},
      {gzip(kJson.substr(0, 5)) + gzip(kJson.substr(5)), ""},  // members
      {zipped + std::string(5, '\0'), "5 bytes after the gzip data are ignored"},
      {zipped + "garbage", "7 bytes after"},
      {gzip(zipped), "the gzip data holds gzip data"},
      {zipped.substr(0, zipped.size() - 8), "ends before its checksum"},
      {zipped.substr(0, zipped.size() - 3), "ends before its checksum"},
  };
  for (const Accepted& one : kCases) {
    Unpacked unpacked = unpack(one.octets, {});
    ASSERT_EQ(unpacked.reports.size(), 1u) << unpacked.reason;
    EXPECT_FALSE(unpacked.rejection);
    EXPECT_THAT(unpacked.reports[0].json, testing::EndsWith(one.octets == "[]" ? "[]" : kJson));
    EXPECT_FALSE(unpacked.reports[0].envelope.is_mail);
    if (*one.remark == '\0')
      EXPECT_THAT(unpacked.reports[0].remarks, IsEmpty());
    else
      EXPECT_THAT(unpacked.reports[0].remarks, ElementsAre(HasSubstr(one.remark)));
  }
}

struct Refused {
  std::string octets;
  Rejection rejection;
  const char* reason;
};

TEST(Unpack, RefusesWhatIsNoReport) {
  const std::string zipped = gzip(kJson);
  std::string corrupt = zipped;
  corrupt[zipped.size() - 5] ^= 1;  // the checksum
  const Refused kCases[] = {
      {"", Rejection::malformed, "the report is empty"},
      {" \r\n", Rejection::malformed, "the report is empty"},
      {"hello", Rejection::malformed,
       "the report is neither JSON nor gzip; it begins with \"hello\""},
      {"PK\x03\x04zip", Rejection::malformed, "the report is a zip archive"},
      {"<?xml version=\"1.0\"?>", Rejection::malformed, "aggregate report of DMARC"},
      {"\xFF\xFE{", Rejection::malformed, "UTF-16"},
      {corrupt, Rejection::malformed, "the report is corrupt gzip data"},
      {zipped.substr(0, 15), Rejection::malformed, "the report is incomplete gzip data"},
      {zipped + zipped.substr(0, 15), Rejection::malformed, "incomplete gzip data"},
      {"\x1F\x8B", Rejection::malformed, "incomplete gzip data"},
      {"\x1F\x8B\x08zzzzzzzzzzzzzzzz", Rejection::malformed, "gzip data"},
      {gzip(""), Rejection::malformed, "gzip data that holds empty"},
      {gzip("<?xml?>"), Rejection::malformed, "gzip data that holds XML"},
      {gzip(gzip(zipped)), Rejection::malformed, "gzip data that holds gzip data"},
      {std::string(100, '\0'), Rejection::malformed, "neither JSON nor gzip"},
  };
  for (const Refused& one : kCases) {
    Unpacked unpacked = unpack(one.octets, {});
    EXPECT_THAT(unpacked.reports, IsEmpty());
    EXPECT_EQ(unpacked.rejection, one.rejection) << one.reason;
    EXPECT_THAT(unpacked.reason, HasSubstr(one.reason));
  }
}

TEST(Unpack, BoundsWhatIsInflated) {
  const std::string limit = "{" + std::string(protocol::kReportLimit_bytes - 1, ' ');
  EXPECT_EQ(unpack(gzip(limit), {}).reports.size(), 1u);
  EXPECT_EQ(unpack(limit, {}).reports.size(), 1u);
  for (const std::string& over : {gzip(limit + " "), limit + " ", gzip(gzip(limit + " "))}) {
    Unpacked unpacked = unpack(over, {});
    EXPECT_THAT(unpacked.reports, IsEmpty());
    EXPECT_EQ(unpacked.rejection, Rejection::oversize);
    EXPECT_THAT(unpacked.reason, HasSubstr("67108864 bytes"));
  }
}

}  // namespace
}  // namespace mtasts::intake
