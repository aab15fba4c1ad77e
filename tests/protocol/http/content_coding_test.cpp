// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/http/content_coding.h"

#include <gtest/gtest.h>

#include <string>

#include "fakes/gzip.h"

namespace mtasts::protocol {
namespace {

using fakes::gzip;

TEST(Gzip, WholeTexts) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(65536, 'x')}) {
    GzipReading reading = read_gzip(gzip(text), kPolicyLimit_bytes);
    EXPECT_TRUE(reading.valid) << text.size();
    EXPECT_FALSE(reading.over_limit);
    EXPECT_EQ(reading.text, text);
  }
}

TEST(Gzip, SeveralMembersAreOneText) {
  GzipReading reading = read_gzip(gzip("mode: ") + gzip("") + gzip("none"), 100);
  EXPECT_TRUE(reading.valid);
  EXPECT_EQ(reading.text, "mode: none");
}

TEST(Gzip, StopsAtTheLimit) {
  for (size_t size : {size_t{65537}, size_t{30'000'000}}) {
    GzipReading reading = read_gzip(gzip(std::string(size, 'x')), kPolicyLimit_bytes);
    EXPECT_TRUE(reading.over_limit);
    EXPECT_FALSE(reading.valid);
    EXPECT_EQ(reading.text.size(), kPolicyLimit_bytes);
  }
}

TEST(Gzip, Broken) {
  const std::string good = gzip("version: STSv1\r\n");
  std::string flipped = good;
  flipped[flipped.size() - 6] ^= 1;  // in the checksum
  const std::string cases[] = {
      "",     "version: STSv1\r\n", good.substr(0, good.size() - 1), good.substr(0, 12), good + "x",
      flipped};
  for (const std::string& octets : cases)
    EXPECT_FALSE(read_gzip(octets, kPolicyLimit_bytes).valid) << octets.size();
}

TEST(Gzip, ManyEmptyMembers) {
  std::string octets;
  while (octets.size() < kPolicyLimit_bytes) octets += gzip("");
  EXPECT_TRUE(read_gzip(octets, kPolicyLimit_bytes).valid);
}

}  // namespace
}  // namespace mtasts::protocol
