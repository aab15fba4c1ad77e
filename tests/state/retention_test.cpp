// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Past data is deleted after the retention; what a sender may still hold never is.
#include "state/retention.h"

#include <algorithm>
#include <list>

#include "fakes/wait_until.h"
#include "state/database.h"
#include "state/domain_rows.h"
#include "state/schema.h"
#include "state/state_samples.h"

namespace mtasts::state {
namespace {

using std::chrono::hours;

constexpr hours kDay{24};
constexpr hours kKept = 30 * kDay;

class RetentionTest : public testing::Test {
 protected:
  void SetUp() override {
    DatabaseError error;
    database_ = Database::open(Database::kInMemory, Access::write, error);
    ASSERT_TRUE(database_ != nullptr && configure(*database_) && migrate(*database_));
  }

  void write(const Plain& plain, const verdict::History& history) {
    verdict::Report report = *plain_report(plain);
    report.history = std::make_shared<const verdict::History>(history);
    Queued queued{std::make_shared<const verdict::Report>(report), {}, plain.changes};
    writer_.write(*database_, queued);
    ASSERT_FALSE(database_->failed()) << database_->error().text;
  }
  void write(const Plain& plain) { write(plain, *plain_report(plain)->history); }

  // The most domains that one step deleted.
  int64_t sweep(Time now) {
    Retention retention(kKept);
    retention.start();
    int64_t most = 0;
    for (int steps = 0; retention.is_running() && steps < 10000; ++steps) {
      int64_t before = count("domain");
      EXPECT_TRUE(retention.step(*database_, now)) << database_->error().text;
      most = std::max(most, before - count("domain"));
    }
    return most;
  }
  int64_t count(const std::string& what) {
    return database_->number(sql_.emplace_back("SELECT count(*) FROM " + what).c_str())
        .value_or(-1);
  }

  std::list<std::string> sql_;  // the database caches statements by the address of their text
  std::unique_ptr<Database> database_;
  DomainWriter writer_;
};

TEST_F(RetentionTest, KeepsWhatIsInUse) {
  Plain plain;
  plain.facts = sample_facts("mx.example.net", at_second(0));
  plain.changes = {{at_second(0), "record_id", "", "", "1"}};
  write(plain);
  sweep(at_second(0) + 29 * kDay);
  for (const char* table : {"domain", "report", "record_id", "served", "policy_body", "mx_set",
                            "mx_member", "mx_host", "change"})
    EXPECT_EQ(count(table), 1) << table;
}

TEST_F(RetentionTest, ADomainGoesWhenNobodyHoldsItsPolicy) {
  // max_age in days, days since the last check, whether the domain is still there
  const struct {
    uint64_t max_age_days;
    int unchecked_days;
    int left;
  } kCases[] = {
      {1, 29, 1},      // not old enough
      {1, 31, 0},      // old, and no longer held
      {60, 31, 1},     // senders hold it
      {60, 66, 1},     // within the margin of one week
      {60, 68, 0},     // past the margin
      {9999, 372, 1},  // a max_age above the limit counts as the limit (RFC 8461 §3.2)
      {9999, 373, 0},  // of 365 days and six hours
  };
  for (const auto& each : kCases) {
    SetUp();
    writer_.forget();
    Plain plain;
    plain.max_age_seconds = each.max_age_days * 86400;
    plain.facts = sample_facts("mx.example.net", at_second(0));
    plain.changes = {{at_second(0), "record_id", "", "", "1"}};
    write(plain);
    sweep(at_second(0) + each.unchecked_days * kDay);
    EXPECT_EQ(count("domain"), each.left) << each.max_age_days << " " << each.unchecked_days;
    for (const char* table :
         {"report", "record_id", "served", "mx_set", "mx_member", "policy_body"})
      EXPECT_EQ(count(table), each.left) << table;
  }
}

TEST_F(RetentionTest, AMaxAgeBeyondAllNumbersIsNoReasonToForget) {
  Plain plain;
  plain.max_age_seconds = UINT64_MAX;
  write(plain);
  sweep(at_second(0) + 300 * kDay);
  EXPECT_EQ(count("served"), 1);
}

TEST_F(RetentionTest, PartsOfALivingDomainGo) {
  Plain plain;
  plain.at = at_second(0) + 100 * kDay;
  verdict::History history = *plain_report(plain)->history;
  Time long_ago = at_second(0) + 10 * kDay;
  auto served = [&](const char* body, uint64_t max_age_days) {
    return verdict::CachedPolicy{
        "old", sample_policy(body, max_age_days * 86400), at_second(0), long_ago, long_ago, true};
  };
  history.instances.insert(history.instances.begin(), {served("short", 5), served("long", 90)});
  history.ids.insert(history.ids.begin(), {"old", at_second(0), long_ago, {}, true});
  history.mx_hosts.push_back({"gone.example", at_second(0), long_ago});
  plain.changes = {{long_ago, "record_id", "", "", "1"}, {plain.at, "record_id", "", "", "2"}};
  write(plain, history);
  sweep(plain.at);
  EXPECT_EQ(count("served"), 2) << "one is held for 90 days from day 10";
  EXPECT_EQ(count("policy_body"), 2);
  EXPECT_EQ(count("record_id"), 1);
  EXPECT_EQ(count("mx_member WHERE host='gone.example'"), 0);
  EXPECT_EQ(count("change"), 1);
  EXPECT_EQ(count("domain"), 1);
}

TEST_F(RetentionTest, HostsAndTheirCertificatesGo) {
  Plain plain;
  plain.facts = sample_facts("mx.example.net", at_second(0), "f1");
  write(plain);
  plain.facts = sample_facts("mx.example.net", at_second(60), "f2");
  write(plain);
  EXPECT_EQ(count("certificate"), 2);
  EXPECT_EQ(count("host_change"), 1);
  // The host is still probed; the first certificate was replaced long ago.
  plain.facts = sample_facts("mx.example.net", at_second(0) + 40 * kDay, "f2");
  plain.at = at_second(0) + 40 * kDay;
  write(plain);
  sweep(plain.at);
  EXPECT_EQ(count("certificate WHERE fingerprint='f2'"), 1);
  EXPECT_EQ(count("certificate"), 1);
  EXPECT_EQ(count("host_change"), 0);
  EXPECT_EQ(count("mx_host"), 1);
  sweep(plain.at + 31 * kDay);
  EXPECT_EQ(count("mx_host"), 0);
  EXPECT_EQ(count("certificate"), 0);
}

// A domain's owner chooses the names of its MX hosts, and new ones with every check.
TEST_F(RetentionTest, AYearOfNewMxHostsLeavesAFewDays) {
  constexpr int kPerDay = 40;
  Plain plain;
  int64_t most_hosts = 0, most_certificates = 0, most_changes = 0;
  for (int day = 0; day < 365; ++day) {
    plain.at = at_second(0) + day * kDay;
    for (int i = 0; i < kPerDay; ++i) {
      const std::string host = "x" + std::to_string(day * kPerDay + i) + ".hostile.example";
      for (int second : {0, 60}) {  // and another certificate
        plain.facts = sample_facts(host, plain.at + std::chrono::seconds(i + second),
                                   "f" + std::to_string(second));
        write(plain);
      }
    }
    sweep(plain.at + hours(1));
    most_hosts = std::max(most_hosts, count("mx_host"));
    most_certificates = std::max(most_certificates, count("certificate WHERE used_for='mx'"));
    most_changes = std::max(most_changes, count("host_change"));
  }
  EXPECT_LE(most_hosts, 5 * kPerDay);
  EXPECT_LE(most_certificates, 2 * 5 * kPerDay);
  EXPECT_LE(most_changes, 5 * kPerDay);
  std::printf("  rows after a year: %d hosts, %d certificates, %d changes\n",
              static_cast<int>(count("mx_host")),
              static_cast<int>(count("certificate WHERE used_for='mx'")),
              static_cast<int>(count("host_change")));
}

TEST_F(RetentionTest, AHostThatComesBackIsStoredAgain) {
  Plain plain;
  plain.facts = sample_facts("mx.example.net", at_second(0), "f1");
  write(plain);
  plain.at = at_second(0) + 5 * kDay;
  plain.facts = sample_facts("other.example.net", plain.at, "f1");
  write(plain);
  sweep(plain.at);
  EXPECT_EQ(count("mx_host WHERE name='mx.example.net'"), 0) << "nobody has used it for days";
  plain.at += hours(1);
  plain.facts = sample_facts("mx.example.net", plain.at, "f1");
  write(plain);
  EXPECT_EQ(count("mx_host WHERE name='mx.example.net'"), 1);
}

// An agent that was stopped for a month has probed nobody meanwhile.
TEST_F(RetentionTest, HostsOfAnAgentThatWasStoppedStay) {
  Plain plain;
  plain.facts = sample_facts("mx.example.net", at_second(0), "f1");
  write(plain);
  sweep(at_second(0) + 25 * kDay);
  EXPECT_EQ(count("mx_host"), 1);
  EXPECT_EQ(count("certificate WHERE used_for='mx'"), 1);
}

TEST_F(RetentionTest, GoesInSmallSteps) {
  for (int i = 0; i < 1200; ++i) {
    Plain plain;
    plain.domain = "d" + std::to_string(i) + ".example";
    write(plain);
  }
  EXPECT_EQ(sweep(at_second(0) + 400 * kDay), 500);
  EXPECT_EQ(count("domain"), 0);
  EXPECT_EQ(count("policy_body"), 0);
}

TEST_F(RetentionTest, TheWriterNoticesThatADomainWent) {
  Plain plain;
  write(plain);
  sweep(at_second(0) + 400 * kDay);
  ASSERT_EQ(count("domain"), 0);
  plain.at = at_second(0) + 400 * kDay;
  write(plain);  // without forget(): each write looks up the row id
  EXPECT_EQ(count("domain"), 1);
  EXPECT_EQ(count("served"), 1);
  EXPECT_EQ(count("report"), 1);
}

TEST(RetentionOfTheState, RunsWhenItIsOpened) {
  TemporaryFolder folder;
  open_state(folder.file(), hours(400 * 24), [] {
    return at_second(0);
  })->remember(plain_report({}), {});
  auto state = open_state(folder.file(), kKept, [] { return at_second(0) + 500 * kDay; });
  EXPECT_TRUE(
      fakes::wait_until("the sweep", [&] { return state->recall({"example.com"}).empty(); }));
}

}  // namespace
}  // namespace mtasts::state
