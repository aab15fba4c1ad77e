// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The values of mx lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/faults_of.h"
#include "protocol/sts/sts_policy.h"

namespace mtasts::protocol {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kEnforce = "version: STSv1\r\nmode: enforce\r\n";

struct Mx {
  std::string value;
  std::string message;  // part of it
  std::string fix;      // part of it
  std::vector<std::string> read;
};

TEST(StsPolicy, ReportsWhatIsWrongWithAnMxValue) {
  const std::string kLong = std::string(64, 'a') + ".example";
  const std::vector<Mx> values = {
      {"", "contains no host name", "MX record", {}},
      {"a.example, b.example",
       "lists 2 names on one line",
       "\"mx: a.example\", \"mx: b.example\"",
       {"a.example", "b.example"}},
      {"a.example b.example;c_d", "lists 3 names", "one line for each", {"a.example", "b.example"}},
      {"a.example,", "contains a \",\"", "\"mx: a.example\"", {"a.example"}},
      {",;", "contains no host name", "", {}},
      {"\"a.example\"", "quotation marks", "mx: a.example", {"a.example"}},
      {"<a.example>", "brackets", "mx: a.example", {"a.example"}},
      {"https://A.example:443/x", "is a URL", "mx: a.example", {"a.example"}},
      {"[192.0.2.1]", "is an address", "", {}},
      {"2001:db8::1", "is an address", "", {}},
      {"[IPv6:2001:db8::1]", "is an address", "", {}},
      {"postmaster@a.example", "contains an \"@\"", "", {}},
      {"b\xC3\xBC"
       "cher.example",
       "not in its ASCII form",
       "mx: xn--bcher-kva.example",
       {"xn--bcher-kva.example"}},
      {"*.b\xC3\xBC"
       "cher.example",
       "not in its ASCII form",
       "mx: *.xn--bcher-kva.example",
       {"*.xn--bcher-kva.example"}},
      {"\xFF\xFE.example", "non-ASCII", "xn--", {}},
      {"*", "every host", "", {}},
      {"*.", "every host", "", {}},
      {"mx*.a.example", "part of a label", "full name of each host", {}},
      {"*mx.a.example", "part of a label", "full name of each host", {}},
      {"**.a.example", "part of a label", "", {}},
      {"a.*.example", "after the first label", "full name of each host", {}},
      {"*.*.example", "after the first label", "", {}},
      {".a.example", "begins with a dot", "mx: *.a.example", {}},
      {"a.example.", "ends with a dot", "mx: a.example", {"a.example"}},
      {"*.a.example.", "ends with a dot", "mx: *.a.example", {"*.a.example"}},
      {"a_b.example", "underscore", "without an underscore", {}},
      {"a.example:25", "contains a port", "mx: a.example", {"a.example"}},
      {"a/b.example", "contains \"/\"", "", {}},
      {"a..example", "empty label", "", {}},
      {"*..example", "empty label", "", {}},
      {kLong, "label of 64 octets", "", {}},
      {"-a.example", "hyphen", "", {}},
      {"a-.example", "hyphen", "", {}},
      {std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
           std::string(63, 'd'),
       "255 octets",
       "",
       {}},
  };
  for (const Mx& c : values) {
    StsPolicy policy = parse_sts_policy(kEnforce + "mx:" + c.value + "\r\nmax_age: 1209600\r\n");
    EXPECT_EQ(placed_errors(policy.faults), "3:4 sts-policy-mx-invalid") << c.value;
    const SyntaxFault& fault = first_of(policy.faults, "sts-policy-mx-invalid");
    EXPECT_THAT(fault.message, HasSubstr(c.message)) << c.value;
    EXPECT_THAT(fault.fix, HasSubstr(c.fix)) << c.value;
    EXPECT_EQ(policy.mx, c.read) << c.value;
  }
}

// RFC 5321's Domain is taken as it is, but what it names is no host.
TEST(StsPolicy, TakesValidMxValuesThatNameNoHost) {
  struct Case {
    std::string value;
    FaultClass fault_class;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"192.0.2.1", FaultClass::unusable, "is an address"},
      {"mx1.example.123", FaultClass::unusable, "all-numeric label"},
      {"7", FaultClass::unusable, "all-numeric label"},
      {"*.2.1", FaultClass::unusable, "all-numeric label"},
      {"xn--zzzzzzzz.example", FaultClass::advice, "xn-- label"},
      {"*.xn--zzzzzzzz.example", FaultClass::advice, "xn-- label"},
      {"mx.XN--ZZZZZZZZ", FaultClass::advice, "xn-- label"},
  };
  for (const Case& c : cases) {
    StsPolicy policy = parse_sts_policy(kEnforce + "mx: " + c.value + "\r\nmax_age: 1209600\r\n");
    EXPECT_TRUE(policy.valid) << c.value << placed(policy.faults);
    ASSERT_EQ(policy.faults.size(), 1u) << c.value;
    EXPECT_EQ(policy.faults[0].code, FindingCode("sts-policy-mx-invalid"));
    EXPECT_EQ(policy.faults[0].fault_class, c.fault_class) << c.value;
    EXPECT_THAT(policy.faults[0].message, HasSubstr(c.message)) << c.value;
    EXPECT_EQ(policy.mx.size(), 1u) << c.value;
  }
}

}  // namespace
}  // namespace mtasts::protocol
