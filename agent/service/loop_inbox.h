// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// LoopInbox: how other threads hand requests to the loop: a bounded number at a time, because
// clients may come and go without end while the loop is busy. Any thread.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

namespace mtasts::service {

class LoopInbox {
 public:
  // The web port has as many connections.
  static constexpr size_t kMost = 256;

  explicit LoopInbox(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}

  // Runs the task on the loop; false, and the task is dropped, if too many have not begun.
  template <typename Task>
  bool post(Task task) {
    if (waiting_->fetch_add(1) >= kMost) {
      waiting_->fetch_sub(1);
      return false;
    }
    boost::asio::post(loop_, [waiting = waiting_, task = std::move(task)] {
      waiting->fetch_sub(1);
      task();
    });
    return true;
  }

 private:
  boost::asio::any_io_executor loop_;
  std::shared_ptr<std::atomic<size_t>> waiting_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace mtasts::service
