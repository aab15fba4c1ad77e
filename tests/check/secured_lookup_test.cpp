// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What one answer says of its security.
#include "check/secured_lookup.h"

#include <gtest/gtest.h>

#include <utility>

namespace mtasts::check {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;
using verdict::DnsSecurity;
using verdict::Validation;

TEST(SecuredLookup, SaysWhatAnAnswerShows) {
  DnsAnswer answer;
  answer.name = "a.example";
  answer.type = RecordType::tlsa;
  answer.status = DnsStatus::nxdomain;
  answer.authenticated = true;
  answer.dnssec.nsec3_iterations = 151;
  answer.dnssec.nsec3_opt_out = true;
  answer.extended_errors = {{0, "fine"}, {7, "ended"}};
  auto lookup = secured_lookup(answer, Validation::proven);
  EXPECT_EQ(lookup.security, DnsSecurity::secure);
  EXPECT_EQ(lookup.denial.nsec3_iterations, 151);
  EXPECT_TRUE(lookup.denial.opt_out);
  EXPECT_EQ(lookup.extended_error, 7) << "of several the one that is suspicious";
  answer.status = DnsStatus::answered;
  EXPECT_FALSE(secured_lookup(answer, Validation::proven).denial.opt_out) << "no denial";
  answer.dnssec.wildcard = true;
  lookup = secured_lookup(answer, Validation::proven);
  EXPECT_TRUE(lookup.from_wildcard);
  EXPECT_TRUE(lookup.denial.opt_out);
  for (const auto& [status, security] : {std::pair{DnsStatus::servfail, DnsSecurity::servfail},
                                         {DnsStatus::timeout, DnsSecurity::no_response},
                                         {DnsStatus::malformed, DnsSecurity::unusable},
                                         {DnsStatus::refused, DnsSecurity::local_failure},
                                         {DnsStatus::denied, DnsSecurity::local_failure},
                                         {DnsStatus::cancelled, DnsSecurity::local_failure}}) {
    answer.status = status;
    EXPECT_EQ(secured_lookup(answer, Validation::proven).security, security) << name_of(status);
  }
}

}  // namespace
}  // namespace mtasts::check
