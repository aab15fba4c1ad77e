// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>

namespace mtasts::intake {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

StopSignal::StopSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

StopSignal::~StopSignal() { ::close(descriptor_); }

void StopSignal::raise() {
  raised_.store(true, std::memory_order_release);
  const uint64_t one = 1;
  // Cannot fail before 2^64 - 2 calls; the flag alone would do, a little later.
  [[maybe_unused]] ssize_t written = ::write(descriptor_, &one, sizeof one);
}

bool StopSignal::wait_for(milliseconds duration) const {
  return wait_for_socket(-1, 0, duration) == Ready::raised;
}

StopSignal::Ready StopSignal::wait_for_socket(int socket, short events, milliseconds limit) const {
  const auto end = steady_clock::now() + limit;
  for (;;) {
    if (raised()) return Ready::raised;
    std::array<pollfd, 2> waited{{{descriptor_, POLLIN, 0}, {socket, events, 0}}};
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    const auto bounded = std::clamp<milliseconds::rep>(left.count(), 0, INT_MAX);
    // A negative descriptor is ignored.
    const int count = ::poll(waited.data(), waited.size(), static_cast<int>(bounded));
    if (raised()) return Ready::raised;
    if (count > 0 && waited[1].revents != 0) return Ready::socket;
    if (count < 0 && errno != EINTR) return Ready::timed_out;
    if (steady_clock::now() >= end) return Ready::timed_out;
  }
}

}  // namespace mtasts::intake
