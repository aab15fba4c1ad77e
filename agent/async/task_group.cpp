// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "async/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <list>
#include <vector>

#include "base/log.h"

namespace mtasts::async {

namespace asio = boost::asio;

struct TaskGroup::Tasks {
  std::list<std::shared_ptr<asio::cancellation_signal>> signals;
  bool cancelled = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(std::move(executor)), tasks_(std::make_shared<Tasks>()) {}

void TaskGroup::spawn(asio::awaitable<void> task) {
  auto signal = std::make_shared<asio::cancellation_signal>();
  auto place = tasks_->signals.insert(tasks_->signals.end(), signal);
  auto ended = [tasks = tasks_, place, signal, owner = owner_.lock()](std::exception_ptr error) {
    tasks->signals.erase(place);
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const boost::system::system_error& stopped) {
      if (tasks->cancelled && stopped.code() == asio::error::operation_aborted) return;
      log(LogLevel::error, "internal error", {{"error", stopped.what()}});
    } catch (const std::exception& broken) {
      log(LogLevel::error, "internal error", {{"error", broken.what()}});
    }
  };
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
  // A task that is being cancelled may still spawn another one.
  if (tasks_->cancelled) signal->emit(asio::cancellation_type::terminal);
}

void TaskGroup::cancel_all() {
  tasks_->cancelled = true;
  std::vector<std::shared_ptr<asio::cancellation_signal>> signals(tasks_->signals.begin(),
                                                                  tasks_->signals.end());
  for (const auto& signal : signals) signal->emit(asio::cancellation_type::terminal);
}

size_t TaskGroup::size() const { return tasks_->signals.size(); }

}  // namespace mtasts::async
