// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/hosted_policies.h"

#include <gtest/gtest.h>

#include "protocol/sts/policy_writer.h"

namespace mtasts::check {
namespace {

using protocol::Mode;
using std::chrono::hours;

const Time kFirst{hours(1000)};

settings::HostedPolicySettings policy(const std::vector<std::string>& domains, Mode mode) {
  settings::HostedPolicySettings made;
  for (const std::string& domain : domains) made.domains.push_back(*DomainName::parse(domain));
  made.mode = mode;
  made.mx = {"mx.example"};
  made.max_age_seconds = 86400;
  return made;
}

TEST(HostedPolicies, BodyAndIdComeFromOnePlace) {
  settings::PolicyHostSettings settings;
  settings.policies = {policy({"a.example", "b.example"}, Mode::testing)};
  const auto made = hosted_policies_of(settings, kFirst);
  const auto own = hosted_policy_of(made, "a.example");
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(own->body, "version: STSv1\r\nmode: testing\r\nmx: mx.example\r\nmax_age: 86400\r\n");
  EXPECT_EQ(own->id, protocol::id_of_policy(own->body));
  EXPECT_EQ(own->since, kFirst);
  EXPECT_EQ(hosted_policy_of(made, "b.example"), own) << "one policy, held once";
  EXPECT_EQ(hosted_policy_of(made, "c.example"), nullptr);
  EXPECT_EQ(hosted_policy_of(nullptr, "a.example"), nullptr);
}

TEST(HostedPolicies, APolicyThatStaysKeepsItsTime) {
  settings::PolicyHostSettings settings;
  settings.policies = {policy({"a.example", "b.example"}, Mode::testing)};
  const auto first = hosted_policies_of(settings, kFirst);
  settings.policies = {policy({"b.example", "c.example"}, Mode::testing),
                       policy({"a.example"}, Mode::enforce)};
  const auto second = hosted_policies_of(settings, kFirst + hours(1), first);
  EXPECT_EQ(hosted_policy_of(second, "b.example")->since, kFirst);
  EXPECT_EQ(hosted_policy_of(second, "a.example")->since, kFirst + hours(1));
  EXPECT_EQ(hosted_policy_of(second, "c.example")->since, kFirst + hours(1)) << "it is new there";
  settings.policies = {policy({"a.example"}, Mode::testing)};
  const auto third = hosted_policies_of(settings, kFirst + hours(2), second);
  EXPECT_EQ(hosted_policy_of(third, "a.example")->since, kFirst + hours(2)) << "it had another";
  EXPECT_EQ(third->size(), 1u);
}

}  // namespace
}  // namespace mtasts::check
