// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// LoopHandle: posts work from other threads to a loop that may no longer exist. Shared by
// everything that posts. Any thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <mutex>

namespace mtasts::web {

class LoopHandle {
 public:
  explicit LoopHandle(boost::asio::io_context& loop) : loop_(&loop) {}
  // Drops the work if the loop no longer exists.
  void post(std::function<void()> work);
  // Marks the loop as gone; call this while the loop still exists.
  void release();

 private:
  std::mutex mutex_;
  boost::asio::io_context* loop_;  // null: gone
};

}  // namespace mtasts::web
