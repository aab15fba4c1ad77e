// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Posts work from other threads to a loop that may be gone by then. Held by shared pointer by all
// who post. Any thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <mutex>

namespace mtasts::web {

class LoopHandle {
 public:
  explicit LoopHandle(boost::asio::io_context& loop) : loop_(&loop) {}
  // Dropped when the loop is gone.
  void post(std::function<void()> work);
  // From now on it is; to be called while it still exists.
  void release();

 private:
  std::mutex mutex_;
  boost::asio::io_context* loop_;  // null: gone
};

}  // namespace mtasts::web
