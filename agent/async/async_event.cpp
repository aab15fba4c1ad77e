// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "async/async_event.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mtasts::async {

namespace asio = boost::asio;

struct AsyncEvent::State {
  explicit State(const asio::any_io_executor& executor)
      : timer(executor, asio::steady_timer::time_point::max()) {}

  asio::steady_timer timer;  // never expires; cancelled when the event is set
  bool set = false;
};

AsyncEvent::AsyncEvent(const asio::any_io_executor& executor)
    : state_(std::make_shared<State>(executor)) {}

void AsyncEvent::set() {
  state_->set = true;
  state_->timer.cancel();
}

bool AsyncEvent::is_set() const { return state_->set; }

asio::awaitable<void> AsyncEvent::wait() const {
  std::shared_ptr<State> state = state_;  // this handle may be destroyed while the coroutine waits
  if (state->set) co_return;
  boost::system::error_code ignored;
  co_await state->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace mtasts::async
