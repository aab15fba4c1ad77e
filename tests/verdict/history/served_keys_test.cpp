// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A certificate that changed without its TLSA records.
#include <gmock/gmock.h>

#include <chrono>

#include "verdict/dane_scene.h"

namespace mtasts::verdict {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

constexpr std::string_view kCode = "cert-key-changed-tlsa-not";

class ServedKeysTest : public testing::Test {
 protected:
  Report check(minutes after) {
    Scene scene;
    Time now = kNow + after;
    scene.evidence.started = scene.evidence.finished = now;
    DaneScene dane(scene);
    if (stale_records_) dane.publish({stale(3, 1, 1)});
    if (unsigned_) dane.first().a.security = dane.first().aaaa.security = DnsSecurity::insecure;
    dane.store();
    for (auto& attempt : scene.hosts[0].attempts) {
      auto chain = *attempt.chain;
      chain.leaf.fingerprint_sha256 = fingerprint_;
      attempt.chain = share(chain);
    }
    if (new_key_) dane.serve(chain_for("new.example.com"));
    scene.hosts[0].probed_at = kNow + after;
    Report report = scene.judged_at(now, history_);
    history_ = report.history;
    return report;
  }
  void change_key() {
    new_key_ = true;
    fingerprint_ = "bbbb";
  }

  std::string fingerprint_ = "aaaa";
  bool new_key_ = false, stale_records_ = false, unsigned_ = false;
  HistoryPtr history_ = std::make_shared<const History>();
};

TEST_F(ServedKeysTest, TwoLooksAtANewKeyThatNoRecordMatches) {
  EXPECT_EQ(find(check(minutes(0)), kCode), nullptr);
  change_key();
  Report first = check(minutes(15));
  EXPECT_EQ(find(first, kCode), nullptr) << "one look";
  EXPECT_NE(find(first, "dane-mismatch"), nullptr) << "told at once all the same";
  Report second = check(minutes(20));
  const Finding* finding = find(second, kCode);
  ASSERT_NE(finding, nullptr) << summary(second);
  EXPECT_EQ(finding->severity, Severity::critical);
  EXPECT_EQ(finding->subject, "mx1.example.com");
  EXPECT_THAT(finding->message, HasSubstr("fingerprint bbbb…, before aaaa…"));
  EXPECT_NE(find(check(minutes(25)), kCode), nullptr) << "as long as it lasts";
  unsigned_ = true;
  EXPECT_EQ(find(check(minutes(30)), kCode), nullptr) << "nobody uses the records any more";
  unsigned_ = new_key_ = false;
  fingerprint_ = "aaaa";
  EXPECT_EQ(find(check(minutes(35)), kCode), nullptr) << "the old key is back";
}

TEST_F(ServedKeysTest, OtherRecordsForTheSameKeyAreAnotherFault) {
  check(minutes(0));
  stale_records_ = true;
  for (int at : {15, 20, 25}) {
    Report report = check(minutes(at));
    EXPECT_EQ(find(report, kCode), nullptr) << summary(report);
    EXPECT_NE(find(report, "dane-mismatch"), nullptr);
  }
}

TEST_F(ServedKeysTest, AHostThatNeverMatchedHasNotChanged) {
  change_key();
  for (int at : {0, 15, 30}) EXPECT_EQ(find(check(minutes(at)), kCode), nullptr);
}

}  // namespace
}  // namespace mtasts::verdict
