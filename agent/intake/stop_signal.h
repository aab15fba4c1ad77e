// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// StopSignal: tells a blocking thread to end, also while it waits for time or for a socket. Raised
// once, never lowered. Any thread.
#pragma once

#include <atomic>
#include <chrono>

namespace mtasts::intake {

class StopSignal {
 public:
  // Throws std::system_error when the system has no descriptor left.
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void raise();
  bool raised() const { return raised_.load(std::memory_order_acquire); }
  // Waits for the duration or until raised. True: raised.
  bool wait_for(std::chrono::milliseconds duration) const;

  enum class Ready { socket, timed_out, raised };
  // Waits until `socket` has one of the poll(2) `events` or an error.
  Ready wait_for_socket(int socket, short events, std::chrono::milliseconds limit) const;

 private:
  std::atomic<bool> raised_{false};
  int descriptor_;  // eventfd(2), readable once raised
};

}  // namespace mtasts::intake
