// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "async/single_flight.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <stdexcept>
#include <vector>

#include "async/backoff.h"
#include "async/deadline.h"
#include "async/for_each_index.h"
#include "async/keyed_lock.h"
#include "async/keyed_slots.h"

namespace mtasts::async {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

asio::awaitable<void> wait_for(AsyncEvent event, int& released) {
  co_await event.wait();
  if (event.is_set()) ++released;
}

TEST(ForEachIndex, RunsAllButNotTooManyAtATime) {
  for (size_t count : {0u, 1u, 3u, 20u}) {
    asio::io_context loop;
    std::vector<int> runs(count);
    size_t open = 0, most_open = 0;
    auto work = [&](size_t index) -> asio::awaitable<void> {
      most_open = std::max(most_open, ++open);
      co_await sleep_for(milliseconds(1));
      --open;
      ++runs[index];
    };
    asio::co_spawn(loop, for_each_index(count, 3, work), asio::detached);
    loop.run();
    EXPECT_EQ(runs, std::vector<int>(count, 1));
    EXPECT_EQ(most_open, std::min<size_t>(count, 3));
  }
}

TEST(AsyncEvent, ReleasesWhoWaitsAndWhoComesLater) {
  asio::io_context loop;
  AsyncEvent event(loop.get_executor());
  int released = 0;
  for (int i = 0; i < 3; ++i) asio::co_spawn(loop, wait_for(event, released), asio::detached);
  loop.poll();
  EXPECT_EQ(released, 0);
  event.set();
  asio::co_spawn(loop, wait_for(event, released), asio::detached);
  loop.poll();
  EXPECT_EQ(released, 4);
}

class SingleFlightTest : public testing::Test {
 protected:
  asio::awaitable<void> work() {
    ++runs_;
    co_await sleep_for(milliseconds(5));
    if (broken_) throw std::runtime_error("broken");
  }
  asio::awaitable<void> join(std::string key) {
    auto start = [this] { return work(); };
    AsyncEvent done = flights_.join(key, start);
    co_await done.wait();
    EXPECT_TRUE(done.is_set());
    ++joined_;
  }
  void run(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) asio::co_spawn(loop_, join(key), asio::detached);
    loop_.restart();
    loop_.run();
  }

  asio::io_context loop_;
  TaskGroup tasks_{loop_.get_executor()};
  SingleFlight<std::string> flights_{loop_.get_executor(), tasks_};
  int runs_ = 0;
  int joined_ = 0;
  bool broken_ = false;
};

TEST_F(SingleFlightTest, RunsOncePerKeyForAllWhoAsk) {
  run({"a", "a", "a", "b"});
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(joined_, 4);
  EXPECT_FALSE(flights_.is_running("a"));
  run({"a"});
  EXPECT_EQ(runs_, 3) << "what has ended is run again";
}

TEST_F(SingleFlightTest, ReleasesWhoWaitsWhenTheWorkThrows) {
  broken_ = true;
  run({"a", "a"});
  EXPECT_EQ(joined_, 2);
  EXPECT_EQ(tasks_.size(), 0u);
}

asio::awaitable<void> hold(KeyedLock<int>& lock, int key, int& open, int& most) {
  auto held = co_await lock.acquire(key);
  most = std::max(most, ++open);
  co_await sleep_for(milliseconds(2));
  --open;
}

TEST(KeyedLock, LetsOneInPerKey) {
  asio::io_context loop;
  KeyedLock<int> lock(loop.get_executor());
  int open[2] = {0, 0}, most[2] = {0, 0};
  for (int i = 0; i < 6; ++i)
    asio::co_spawn(loop, hold(lock, i % 2, open[i % 2], most[i % 2]), asio::detached);
  loop.run();
  EXPECT_EQ(most[0], 1);
  EXPECT_EQ(most[1], 1);
  EXPECT_EQ(open[0] + open[1], 0);
}

TEST(Backoff, DoublesFromAMinute) {
  using std::chrono::minutes;
  EXPECT_EQ(backoff_after(1), minutes(1));
  EXPECT_EQ(backoff_after(2), minutes(2));
  EXPECT_EQ(backoff_after(4), minutes(8));
  EXPECT_EQ(backoff_after(11), minutes(1024));
  EXPECT_EQ(backoff_after(1000), minutes(1024));
  EXPECT_EQ(backoff_after(0), minutes(1));
}

struct SlotUse {
  int open = 0, most = 0, refused = 0;
  std::vector<int> order;
};

asio::awaitable<void> take(KeyedSlots<int>& slots, int key, int number, milliseconds limit,
                           SlotUse& use) {
  auto held = co_await slots.acquire(key, limit);
  if (!held) {
    ++use.refused;
    co_return;
  }
  use.order.push_back(number);
  use.most = std::max(use.most, ++use.open);
  co_await sleep_for(milliseconds(20));
  --use.open;
}

TEST(KeyedSlots, LetsAFewInPerKeyAndInOrder) {
  asio::io_context loop;
  KeyedSlots<int> slots(
      loop.get_executor(), [](int key) { return key == 1 ? 3u : 1u; }, 100);
  SlotUse one, two;
  for (int i = 0; i < 9; ++i) {
    asio::co_spawn(loop, take(slots, 1, i, milliseconds(60'000), one), asio::detached);
    asio::co_spawn(loop, take(slots, 2, i, milliseconds(60'000), two), asio::detached);
  }
  loop.run();
  EXPECT_EQ(one.most, 3);
  EXPECT_EQ(two.most, 1);
  EXPECT_EQ(one.order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(two.order, one.order);
  EXPECT_EQ(slots.size(), 0u) << "nothing is kept of a key that nobody uses";
}

TEST(KeyedSlots, NobodyWaitsLongerThanTheLimitNorInAFullQueue) {
  asio::io_context loop;
  KeyedSlots<int> slots(
      loop.get_executor(), [](int) { return 1u; }, 2);
  SlotUse use;
  asio::co_spawn(loop, take(slots, 1, 0, milliseconds(60'000), use), asio::detached);
  asio::co_spawn(loop, take(slots, 1, 1, milliseconds(1), use), asio::detached);
  asio::co_spawn(loop, take(slots, 1, 2, milliseconds(60'000), use), asio::detached);
  asio::co_spawn(loop, take(slots, 1, 3, milliseconds(60'000), use), asio::detached);  // full
  loop.run();
  EXPECT_EQ(use.order, (std::vector<int>{0, 2}));
  EXPECT_EQ(use.refused, 2);
  EXPECT_EQ(slots.size(), 0u);
}

TEST(KeyedSlots, ADestroyedWaiterTakesNoSlot) {
  SlotUse use;
  auto loop = std::make_unique<asio::io_context>();
  auto slots = std::make_unique<KeyedSlots<int>>(
      loop->get_executor(), [](int) { return 1u; }, 10);
  for (int i = 0; i < 3; ++i)
    asio::co_spawn(*loop, take(*slots, 1, i, milliseconds(60'000), use), asio::detached);
  loop->poll();
  slots.reset();
  loop.reset();  // destroys the coroutines
  EXPECT_EQ(use.order, std::vector<int>{0});
}

}  // namespace
}  // namespace mtasts::async
