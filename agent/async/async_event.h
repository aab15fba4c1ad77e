// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AsyncEvent: a one-shot event that any number of coroutines can wait for. A handle: copies share
// the event. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

namespace mtasts::async {

class AsyncEvent {
 public:
  explicit AsyncEvent(const boost::asio::any_io_executor& executor);

  // Resumes all waiting coroutines on the loop; later waits return at once.
  void set();
  bool is_set() const;

  // Returns when the event is set, or when the waiting coroutine is cancelled: then is_set() is
  // false.
  boost::asio::awaitable<void> wait() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace mtasts::async
