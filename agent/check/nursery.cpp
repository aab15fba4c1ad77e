// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/nursery.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <list>
#include <vector>

#include "base/log.h"

namespace mtasts::check {

namespace asio = boost::asio;

struct Nursery::Children {
  std::list<std::shared_ptr<asio::cancellation_signal>> signals;
  bool cancelled = false;
};

Nursery::Nursery(asio::any_io_executor executor)
    : executor_(std::move(executor)), children_(std::make_shared<Children>()) {}

void Nursery::spawn(asio::awaitable<void> task) {
  auto signal = std::make_shared<asio::cancellation_signal>();
  auto place = children_->signals.insert(children_->signals.end(), signal);
  auto ended = [children = children_, place, signal,
                company = company_.lock()](std::exception_ptr error) {
    children->signals.erase(place);
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const boost::system::system_error& stopped) {
      if (children->cancelled && stopped.code() == asio::error::operation_aborted) return;
      log(LogLevel::error, "internal error", {{"error", stopped.what()}});
    } catch (const std::exception& broken) {
      log(LogLevel::error, "internal error", {{"error", broken.what()}});
    }
  };
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
  // What is ending may still begin something.
  if (children_->cancelled) signal->emit(asio::cancellation_type::terminal);
}

void Nursery::cancel_all() {
  children_->cancelled = true;
  std::vector<std::shared_ptr<asio::cancellation_signal>> signals(children_->signals.begin(),
                                                                  children_->signals.end());
  for (const auto& signal : signals) signal->emit(asio::cancellation_type::terminal);
}

size_t Nursery::size() const { return children_->signals.size(); }

}  // namespace mtasts::check
