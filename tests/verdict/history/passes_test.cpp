// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/history/passes.h"

#include <gtest/gtest.h>

#include "verdict/broken_cases.h"
#include "verdict/reported_scene.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// A domain that is checked again and again.
struct Watch {
  HistoryPtr history = std::make_shared<const History>();
  Time now = kNow;

  void check(
      const Break& change = [](Scene&) {}, std::chrono::minutes pause = minutes(15)) {
    now += pause;
    Scene scene;
    for (auto& host : scene.hosts) host.probed_at = now;
    change(scene);
    history = scene.judged_at(now, history).history;
  }
  bool passed(Stage stage, const std::string& host, Time from) const {
    return passed_throughout(*history, stage, host, from, now);
  }
};

TEST(Passes, LastFromTheFirstCheckOn) {
  Watch watch;
  watch.check();
  Time begin = watch.now;
  for (int i = 0; i < 20; ++i) watch.check();
  for (Stage stage :
       {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax, Stage::mx}) {
    EXPECT_TRUE(watch.passed(stage, "", begin)) << name_of(stage);
    EXPECT_FALSE(watch.passed(stage, "", begin - minutes(1))) << name_of(stage);
  }
  for (const char* host : {"mx1.example.com", "mx2.example.com"})
    for (Stage stage : {Stage::smtp, Stage::mx_certificate})
      EXPECT_TRUE(watch.passed(stage, host, begin)) << host << name_of(stage);
  EXPECT_FALSE(watch.passed(Stage::reports, "", begin)) << "reports are not taken in";
}

TEST(Passes, EndWithAFailureOfThatHostAlone) {
  Watch watch;
  watch.check();
  Time begin = watch.now;
  watch.check(mx_chain(with_fault(protocol::ChainFault::expired)));
  EXPECT_FALSE(watch.passed(Stage::mx_certificate, "mx1.example.com", begin));
  EXPECT_TRUE(watch.passed(Stage::mx_certificate, "mx2.example.com", begin));
  EXPECT_TRUE(watch.passed(Stage::smtp, "mx1.example.com", begin));
  watch.check();
  Time again = watch.now;
  EXPECT_FALSE(watch.passed(Stage::mx_certificate, "mx1.example.com", begin));
  EXPECT_TRUE(watch.passed(Stage::mx_certificate, "mx1.example.com", again));
}

TEST(Passes, AnInconclusiveCheckChangesNothing) {
  Watch watch;
  watch.check();
  Time begin = watch.now;
  watch.check([](Scene& scene) {
    scene.for_each_fetch([](auto& attempt) {
      IpAddress address = attempt.address;
      attempt = protocol::HttpsAttempt();
      attempt.address = address;
    });
    for (auto& host : scene.hosts)
      for (auto& attempt : host.attempts) {
        attempt.status = protocol::SmtpStatus::cancelled;
        attempt.chain = nullptr;
      }
  });
  watch.check();
  EXPECT_TRUE(watch.passed(Stage::policy_fetch, "", begin));
  EXPECT_TRUE(watch.passed(Stage::smtp, "mx1.example.com", begin));
}

TEST(Passes, AGapBeginsANewRun) {
  Watch watch;
  watch.check();
  Time begin = watch.now;
  watch.check([](Scene&) {}, kLongestGap);
  EXPECT_TRUE(watch.passed(Stage::policy_fetch, "", begin));
  watch.check([](Scene&) {}, kLongestGap + minutes(1));
  EXPECT_FALSE(watch.passed(Stage::policy_fetch, "", begin));
  EXPECT_TRUE(watch.passed(Stage::policy_fetch, "", watch.now));
}

TEST(Passes, WhatSendersWouldNotReportEndsNoRun) {
  Watch watch;
  watch.check();
  Time begin = watch.now;
  watch.check(mx_chain([](protocol::PeerChain& chain) { chain.chain_not_after = in_days(5); }));
  EXPECT_TRUE(watch.passed(Stage::mx_certificate, "mx1.example.com", begin));
}

TEST(Passes, AreBounded) {
  Watch watch;
  watch.check([](Scene& scene) {
    std::vector<std::string> hosts;
    for (int i = 0; i < 90; ++i) hosts.push_back("mx" + std::to_string(i) + ".example.com");
    scene.set_mx(hosts);
    for (auto& host : scene.hosts) host.probed_at = kNow + minutes(15);
  });
  EXPECT_EQ(watch.history->passes.size(), kMostRemembered);
  watch.check([](Scene&) {}, kLongestGap + minutes(1));
  EXPECT_LE(watch.history->passes.size(), 8u) << "hosts that are gone are forgotten";
}

}  // namespace
}  // namespace mtasts::verdict
