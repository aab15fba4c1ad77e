// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/due_list.h"

#include <gtest/gtest.h>

#include <set>

namespace mtasts::schedule {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const SteadyTime kStart = SteadyTime(std::chrono::hours(1000));

std::vector<std::string> names(int count) {
  std::vector<std::string> made;
  for (int i = 0; i < count; ++i) made.push_back("d" + std::to_string(i));
  return made;
}

void fill(DueList& list, const std::vector<std::string>& names, milliseconds interval,
          SteadyTime now) {
  list.set_interval(interval, now);
  for (size_t i = 0; i < names.size(); ++i) list.add(names[i], i, names.size(), now);
}

TEST(DueList, FirstChecksOfManyAreSpreadOverTheInterval) {
  DueList few(1);
  fill(few, names(5), minutes(15), kStart);
  int taken = 0;
  while (few.take(kStart + milliseconds(100))) ++taken;
  EXPECT_EQ(taken, 5);

  DueList many(1);
  fill(many, names(100000), minutes(15), kStart);
  EXPECT_LT(many.overdue(kStart + seconds(1)), 200u) << "no burst at the start";
  EXPECT_EQ(many.overdue(kStart + minutes(15)), 100000u);
}

TEST(DueList, ATakenNameIsNotTakenAgainUntilItIsDone) {
  DueList list(1);
  fill(list, {"a"}, minutes(15), kStart);
  EXPECT_EQ(list.take(kStart), "a");
  EXPECT_EQ(list.take(kStart + minutes(60)), std::nullopt);
  list.done("a", true, kStart + seconds(2));
  EXPECT_EQ(list.take(kStart + minutes(10)), std::nullopt);
  EXPECT_EQ(list.take(kStart + minutes(16)), "a");
}

TEST(DueList, InconclusiveChecksComeBackSoonerWithABackOff) {
  DueList list(1);
  fill(list, {"a"}, minutes(15), kStart);
  SteadyTime now = kStart;
  for (int expected_minutes : {1, 2, 4, 8, 15, 15}) {
    ASSERT_EQ(list.take(now), "a");
    list.done("a", false, now);
    SteadyTime due = *list.next_due();
    EXPECT_LE(due - now, minutes(expected_minutes));
    EXPECT_GE(due - now, minutes(expected_minutes) * 95 / 100);
    now = due;
  }
  ASSERT_EQ(list.take(now), "a");
  list.done("a", true, now);
  EXPECT_GE(*list.next_due() - now, minutes(14)) << "a conclusive one ends the back-off";
}

TEST(DueList, JitterKeepsDomainsOutOfStep) {
  DueList list(7);
  fill(list, names(50), minutes(15), kStart);
  std::set<int64_t> dues;
  for (int i = 0; i < 50; ++i) {
    auto name = list.take(kStart + minutes(1));
    ASSERT_TRUE(name);
    list.done(*name, true, kStart + minutes(1));
  }
  SteadyTime late = kStart + minutes(20);
  while (auto due = list.next_due()) {
    dues.insert(due->time_since_epoch().count());
    if (!list.take(late)) break;
  }
  EXPECT_GT(dues.size(), 40u);
}

TEST(DueList, RemovedNamesAreForgottenAlsoWhileRunning) {
  DueList list(1);
  fill(list, {"a", "b"}, minutes(15), kStart);
  auto running = list.take(kStart + seconds(1));
  ASSERT_TRUE(running);
  for (const char* name : {"a", "b"}) list.remove(name);
  list.done(*running, true, kStart + seconds(2));
  EXPECT_EQ(list.next_due(), std::nullopt);
  EXPECT_EQ(list.size(), 0u);
}

TEST(DueList, KnownNamesKeepTheirTimeOnReload) {
  DueList list(1);
  fill(list, {"a"}, minutes(15), kStart);
  ASSERT_TRUE(list.take(kStart));
  list.done("a", true, kStart);
  SteadyTime due = *list.next_due();
  fill(list, {"a", "b"}, minutes(15), kStart + minutes(5));
  EXPECT_EQ(list.take(kStart + minutes(6)), "b");
  EXPECT_EQ(*list.next_due(), due);
  fill(list, {"a", "b"}, minutes(2), kStart + minutes(6));
  EXPECT_LE(*list.next_due(), kStart + minutes(8)) << "a shorter interval counts at once";
}

TEST(DueList, LagIsHowLongTheFirstHasWaited) {
  DueList list(1);
  fill(list, {"a"}, minutes(15), kStart);
  EXPECT_EQ(list.lag(kStart + seconds(30)).count(), 30);
  ASSERT_TRUE(list.take(kStart + seconds(30)));
  EXPECT_EQ(list.lag(kStart + seconds(60)).count(), 0);
}

TEST(DueList, ChangesByDifferencesKeepTheTimesOfTheOthers) {
  DueList list(1);
  fill(list, {"a"}, minutes(15), kStart);
  ASSERT_EQ(list.take(kStart), "a");
  list.done("a", true, kStart);
  const SteadyTime due = *list.next_due();
  list.add("a", 0, 1, kStart);
  list.add("b", 0, 1, kStart);
  EXPECT_EQ(list.take(kStart), "b");
  list.remove("b");
  EXPECT_EQ(list.next_due(), due) << "a known name keeps its time";
  list.done("b", true, kStart);
  EXPECT_EQ(list.size(), 1u) << "what was removed while it ran does not come back";
}

TEST(DueList, NamesAddedOneByOneAreSpreadLikeAllAtOnce) {
  DueList list(1);
  list.set_interval(minutes(15), kStart);
  const std::vector<std::string> all = names(100000);
  for (size_t i = 0; i < all.size(); ++i) list.add(all[i], i, all.size(), kStart);
  EXPECT_LT(list.overdue(kStart + seconds(1)), 200u) << "no burst";
  EXPECT_EQ(list.overdue(kStart + minutes(15)), 100000u);
}

}  // namespace
}  // namespace mtasts::schedule
