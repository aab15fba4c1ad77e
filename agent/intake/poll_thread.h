// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PollThread: a thread that calls one function again and again until it is stopped. The destructor
// stops and joins it. Owner's thread only.
#pragma once

#include <functional>
#include <thread>

#include "intake/stop_signal.h"

namespace mtasts::intake {

class PollThread {
 public:
  // `poll` does one round, waits until the next, and returns early once `stop` is raised.
  explicit PollThread(std::function<void(const StopSignal& stop)> poll)
      : thread_([this, poll = std::move(poll)] {
          while (!stop_.raised()) poll(stop_);
        }) {}
  ~PollThread() {
    stop_.raise();
    thread_.join();
  }
  PollThread(const PollThread&) = delete;
  PollThread& operator=(const PollThread&) = delete;

 private:
  StopSignal stop_;
  std::thread thread_;
};

}  // namespace mtasts::intake
