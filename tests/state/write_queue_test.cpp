// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/write_queue.h"

#include "state/state_samples.h"

namespace mtasts::state {
namespace {

verdict::ReportPtr report_with(const std::string& domain, int changes, uint64_t revision = 1) {
  Plain plain;
  plain.domain = domain;
  plain.revision = revision;
  for (int i = 0; i < changes; ++i)
    plain.changes.push_back({at_second(i), "record_id", "", "",
                             std::to_string(revision * 1000) + "/" + std::to_string(i)});
  return plain_report(plain);
}

TEST(WriteQueue, KeepsTheLatestAndAllChanges) {
  WriteQueue queue;
  queue.put(report_with("a.example", 2, 1), {});
  queue.put(report_with("b.example", 0), {});
  queue.put(report_with("a.example", 1, 2), {});
  ASSERT_EQ(queue.size(), 2u);
  auto batch = queue.front(10);
  EXPECT_EQ(batch[0].report->domain, "a.example");
  EXPECT_EQ(batch[0].report->history->revision, 2u);
  EXPECT_EQ(batch[0].changes.size(), 3u);
  EXPECT_EQ(queue.front(1).size(), 1u);
  queue.done(batch);
  EXPECT_TRUE(queue.empty());
}

TEST(WriteQueue, WhatComesMeanwhileStays) {
  WriteQueue queue;
  queue.put(report_with("a.example", 2, 1), {});
  queue.put(report_with("b.example", 0), {});
  auto batch = queue.front(10);
  uint64_t before = queue.last_number();
  queue.put(report_with("a.example", 1, 2), {});
  EXPECT_FALSE(queue.is_done(before));
  queue.done(batch);
  EXPECT_TRUE(queue.is_done(before));
  EXPECT_FALSE(queue.is_done(queue.last_number()));
  ASSERT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.front(1)[0].changes.size(), 1u);
  EXPECT_EQ(queue.front(1)[0].report->history->revision, 2u);
}

TEST(WriteQueue, ChangesAreBounded) {
  WriteQueue queue;
  queue.put(report_with("a.example", 80, 1), {});
  auto batch = queue.front(10);
  queue.put(report_with("a.example", 60, 2), {});
  auto all = queue.front(1)[0].changes;
  ASSERT_EQ(all.size(), kMostWaitingChanges);
  EXPECT_EQ(all.front().to, "1000/40") << "the oldest went";
  // 40 of the 80 written changes had already been dropped.
  queue.done(batch);
  auto left = queue.front(1)[0].changes;
  ASSERT_EQ(left.size(), 60u);
  EXPECT_EQ(left.front().to, "2000/0");
}

TEST(WriteQueue, StaysInTheOrderOfWaiting) {
  WriteQueue queue;
  queue.put(report_with("a.example", 0), {});
  auto batch = queue.front(1);
  queue.put(report_with("b.example", 0), {});
  queue.put(report_with("a.example", 0), {});
  queue.put(report_with("c.example", 0), {});
  queue.done(batch);
  auto order = queue.front(10);
  ASSERT_EQ(order.size(), 3u);
  EXPECT_TRUE(queue.is_done(1));
  EXPECT_FALSE(queue.is_done(2));
  for (size_t i = 1; i < order.size(); ++i) EXPECT_LE(order[i - 1].oldest, order[i].oldest);
}

}  // namespace
}  // namespace mtasts::state
