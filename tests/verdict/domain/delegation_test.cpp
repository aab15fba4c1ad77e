// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A delegation of which one half is missing. The scene's own policy host is healthy.
#include <gtest/gtest.h>

#include "verdict/broken_cases.h"
#include "verdict/extra_scene.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::HttpsStatus;

TEST(Delegation, UsualArrangementsAreNoHalfDelegation) {
  auto with = [](std::vector<std::string> record, std::vector<std::string> host) {
    Scene scene;
    scene.evidence.record.cname_chain = std::move(record);
    for (auto& answer : scene.evidence.policy.addresses.answers) answer.cname_chain = host;
    return summary(scene.judged());
  };
  EXPECT_EQ(with({}, {"example.pages.dev"}), "");  // a record of one's own, the file at a hoster
  EXPECT_EQ(with({"a.sts.provider.net"}, {"b.sts.provider.net"}), "");
  EXPECT_EQ(with({"a.sts.provider.net"}, {"b.provider.net", "d1.cdn.example"}), "");
  EXPECT_EQ(with({"a.sts.provider.net"}, {"provider.azurestaticapps.net"}), "");
  EXPECT_EQ(with({"a.sts.provider.net"}, {}), "");  // both work: whose they are does not matter
  EXPECT_EQ(with({"_mta-sts.mail.example.com"}, {}), "");
}

TEST(Delegation, OnlyADefiniteFailureIsAHalfDelegation) {
  struct Case {
    std::function<void(protocol::HttpsAttempt&)> change;
    bool expected;
  };
  const Case cases[] = {
      {[](auto& attempt) { attempt.http_status = 404; }, true},
      {[](auto& attempt) { attempt.http_status = 421; }, true},
      {[](auto& attempt) { attempt.body = "<html>welcome</html>"; }, true},
      {[](auto& attempt) {
         auto chain = *attempt.chain;
         chain.name_matches = false;
         attempt.chain = share(chain);
       },
       true},
      {[](auto& attempt) { attempt.http_status = 503; }, false},
      {[](auto& attempt) { attempt.http_status = 403; }, false},
      {[](auto& attempt) {
         attempt.status = HttpsStatus::connect_timeout;
         attempt.chain = nullptr;
       },
       false},
      {[](auto& attempt) {
         attempt.status = HttpsStatus::refused;
         attempt.chain = nullptr;
       },
       false},
  };
  int number = 0;
  for (const Case& c : cases) {
    Scene scene;
    scene.evidence.record.cname_chain = {"a.sts.provider.net"};
    scene.for_each_fetch(c.change);
    EXPECT_EQ(find(scene.judged(), "sts-delegation-half") != nullptr, c.expected) << number;
    // At the same provider it is that provider's fault, and has its own finding.
    for (auto& answer : scene.evidence.policy.addresses.answers)
      answer.cname_chain = {"b.sts.provider.net"};
    EXPECT_EQ(find(scene.judged(), "sts-delegation-half"), nullptr) << number++;
  }
}

TEST(Delegation, OneAddressOfTheRightServerIsEnough) {
  Scene scene;
  scene.evidence.record.cname_chain = {"a.sts.provider.net"};
  scene.fetch(1).http_status = 404;
  EXPECT_EQ(find(scene.judged(), "sts-delegation-half"), nullptr);
}

TEST(Delegation, AHostWithoutAddressIsAHalfDelegation) {
  Scene scene;
  scene.evidence.record.cname_chain = {"a.sts.provider.net"};
  scene.evidence.policy.attempts.clear();
  scene.evidence.policy.addresses = addresses_of("mta-sts.example.com", {});
  EXPECT_EQ(message_of(scene.judged(), "sts-delegation-half"),
            "_mta-sts.example.com is a CNAME to a.sts.provider.net, but mta-sts.example.com has no "
            "address");
  for (auto& answer : scene.evidence.policy.addresses.answers)
    answer.cname_chain = {"b.sts.provider.net"};
  EXPECT_EQ(message_of(scene.judged(), "sts-delegation-half"),
            "_mta-sts.example.com is a CNAME to a.sts.provider.net, but mta-sts.example.com is a "
            "CNAME to b.sts.provider.net, which has no address");
  scene.evidence.policy.addresses.answers[0].status = DnsStatus::servfail;
  EXPECT_EQ(find(scene.judged(), "sts-delegation-half"), nullptr);
}

TEST(Delegation, ARecordThatDanglesIsAHalfDelegationIfThePolicyIsServed) {
  Scene scene;
  record_status(DnsStatus::nodata)(scene);
  scene.evidence.record.cname_chain = {"a.sts.provider.net"};
  EXPECT_EQ(find(scene.judged(), "sts-delegation-half"), nullptr) << "a host of one's own";
  for (auto& answer : scene.evidence.policy.addresses.answers)
    answer.cname_chain = {"b.sts.provider.net"};
  EXPECT_NE(find(scene.judged(), "sts-delegation-half"), nullptr);
  scene.for_each_fetch([](auto& attempt) { attempt.http_status = 404; });
  EXPECT_EQ(find(scene.judged(), "sts-delegation-half"), nullptr)
      << "a wildcard, it never took part";
}

}  // namespace
}  // namespace mtasts::verdict
