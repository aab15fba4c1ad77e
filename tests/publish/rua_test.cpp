// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/rua.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/tlsrpt/tlsrpt_record.h"

namespace mtasts::publish {
namespace {

using testing::HasSubstr;

TEST(Rua, Good) {
  const std::pair<const char*, const char*> good[] = {
      {"mailto:tlsrpt@example.com", "mailto:tlsrpt@example.com"},
      {"MAILTO:TlsRpt@Example.com", "mailto:TlsRpt@example.com"},  // the local part as it is
      {"https://r.example.com/tlsrpt", "https://r.example.com/tlsrpt"},
      {"HTTPS://R.example.com:8443/A", "https://r.example.com:8443/A"},
      {"mailto:tlsrpt@b\xC3\xBC"
       "cher.example",
       "mailto:tlsrpt@xn--bcher-kva.example"},
      {"https://b\xC3\xBC"
       "cher.example/a",
       "https://xn--bcher-kva.example/a"},
      {"mailto:a!b@example.com", "mailto:a%21b@example.com"},
      {"https://r.example.com/a,b;c!d", "https://r.example.com/a%2Cb%3Bc%21d"},
      {"mailto:a+b@example.com", "mailto:a+b@example.com"},
  };
  for (const auto& [written, uri] : good) {
    RuaReading reading = read_rua({written});
    EXPECT_EQ(reading.errors, std::vector<std::string>()) << written;
    EXPECT_EQ(reading.uris, std::vector<std::string>{uri});
    auto record = protocol::parse_tlsrpt_record(std::string("v=TLSRPTv1; rua=") + uri);
    EXPECT_TRUE(record.valid && record.faults.empty()) << uri;
  }
}

TEST(Rua, BadOnesAreOneSentenceEach) {
  const std::pair<std::string, const char*> bad[] = {
      {"", "empty"},
      {"tlsrpt@example.com", "write mailto:tlsrpt@example.com"},
      {"example.com", "neither"},
      {"http://example.com/", "neither"},
      {"ftp:x", "neither"},
      {"rua=mailto:a@example.com", "name of the field"},
      {"mailto:a@example.com!10m", "size limit"},
      {"mailto:a@example.com,mailto:b@example.com", "several"},
      {"mailto:a @example.com", "blanks"},
      {"mailto:a@example.com\n", "blanks"},
      {"mailto:a@example.com?subject=x", "query"},
      {"https://r.example.com/?a=b", "="},
      {"https://user@r.example.com/", "user name"},
      {"mailto:@example.com", "no mail address"},
      {"mailto:example.com", "no mail address"},
      {"mailto:a@", "no mail address"},
      {"https:r.example.com", "no host"},
      {"https:///x", "no host"},
      {"mailto:a@localhost", "public domain"},
      {"mailto:a@[192.0.2.1]", "not a domain name"},
      {"https://192.0.2.1/", "IP address"},
      {"mailto:\xC3\xA4@example.com", "ASCII"},
      {"mailto:a%zz@example.com", "%"},
      {"mailto:a\"b@example.com", "not allowed"},
      {"mailto:a\\b@example.com", "not allowed"},
      {"https://r.example.com:99999/", "no single address"},
      {"mailto:" + std::string(600, 'a') + "@example.com", "512"},
      {"\x1B[2J", "\\x1B"},
  };
  for (const auto& [written, sentence] : bad) {
    RuaReading reading = read_rua({written});
    ASSERT_EQ(reading.errors.size(), 1u) << written;
    EXPECT_THAT(reading.errors[0], HasSubstr(sentence)) << written;
    EXPECT_EQ(reading.errors[0].find_first_of("\n\x1B"), std::string::npos);
  }
}

TEST(Rua, SetsOfUris) {
  EXPECT_TRUE(read_rua({}).errors.empty());
  EXPECT_EQ(read_rua({"mailto:a@example.com", "mailto:b@example.com"}).uris.size(), 2u);
  EXPECT_THAT(read_rua({"mailto:a@example.com", "MAILTO:a@EXAMPLE.com"}).errors[0],
              HasSubstr("given twice"));
  EXPECT_EQ(read_rua(std::vector<std::string>(11, "mailto:a@example.com")).errors.size(), 1u);
}

}  // namespace
}  // namespace mtasts::publish
