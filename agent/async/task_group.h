// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TaskGroup: coroutines that run on their own feet, counted, kept owner by what they use, and all
// cancelled by one call. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>

namespace mtasts::async {

class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);

  // Every coroutine spawned from now on keeps this alive until it ends.
  void keep_alive(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

  // Runs the task; an exception out of it is a broken invariant and is logged, unless it is Asio's
  // answer to cancel_all().
  void spawn(boost::asio::awaitable<void> task);
  // Asks all to end, those that are spawned later too; they end on the loop soon after.
  void cancel_all();
  size_t size() const;

 private:
  struct Tasks;
  boost::asio::any_io_executor executor_;
  std::weak_ptr<void> owner_;
  std::shared_ptr<Tasks> tasks_;
};

}  // namespace mtasts::async
