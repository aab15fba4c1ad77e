// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/sts/policy_writer.h"

#include <gtest/gtest.h>

namespace mtasts::protocol {
namespace {

TEST(PolicyWriter, WritesTheVersionFirstAndEndsEveryLine) {
  EXPECT_EQ(write_policy(Mode::enforce, {"mx1.example.com", "*.example.net"}, 604800),
            "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.example.net\r\n"
            "max_age: 604800\r\n");
}

TEST(PolicyWriter, LimitsMaxAge) {
  EXPECT_EQ(write_policy(Mode::none, {}, 99999999999),
            "version: STSv1\r\nmode: none\r\nmax_age: 31557600\r\n");
}

TEST(PolicyWriter, TheIdChangesWithTheBodyAndFitsTheRecord) {
  std::string one = id_of_policy(write_policy(Mode::testing, {"mx1.example.com"}, 604800));
  std::string other = id_of_policy(write_policy(Mode::enforce, {"mx1.example.com"}, 604800));
  EXPECT_NE(one, other);
  EXPECT_EQ(one, id_of_policy(write_policy(Mode::testing, {"mx1.example.com"}, 604800)));
  EXPECT_EQ(one.size(), 20u);
  EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(write_record(one), "v=STSv1; id=" + one);
}

}  // namespace
}  // namespace mtasts::protocol
