// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TaskGroup: detached coroutines that are counted, that keep the object they use alive, and that
// are all cancelled by one call. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>

namespace mtasts::async {

class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);

  // Every coroutine spawned from now on keeps `owner` alive until it ends.
  void keep_alive(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

  // Runs the task. An exception that leaves it is a broken invariant and is logged, except Asio's
  // operation_aborted after cancel_all().
  void spawn(boost::asio::awaitable<void> task);
  // Cancels all tasks, including those spawned later; they end on the loop soon afterwards.
  void cancel_all();
  size_t size() const;

 private:
  struct Tasks;
  boost::asio::any_io_executor executor_;
  std::weak_ptr<void> owner_;
  std::shared_ptr<Tasks> tasks_;
};

}  // namespace mtasts::async
