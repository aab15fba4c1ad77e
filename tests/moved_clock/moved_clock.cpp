// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Preloaded into a program (LD_PRELOAD), moves its calendar clock forward by as many seconds as the
// file named by MOVED_CLOCK_FILE begins with: eight octets in the machine's order, read anew at
// every call, so that a test moves the clock of a running program by writing the file. Clocks that
// measure durations stay as they are. Does not allocate, because memory allocators ask for the time
// themselves.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Offset = std::atomic<int64_t>;
static_assert(sizeof(Offset) == sizeof(int64_t) && Offset::is_always_lock_free);

const Offset* map_offset() {
  const char* path = std::getenv("MOVED_CLOCK_FILE");
  if (path == nullptr) return nullptr;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) std::abort();
  void* at = mmap(nullptr, sizeof(Offset), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (at == MAP_FAILED) std::abort();
  return static_cast<const Offset*>(at);
}

std::atomic<const Offset*> offset{nullptr};

// Set before the program starts other threads; until then the clock is right.
__attribute__((constructor)) void find_offset() { offset = map_offset(); }

int64_t moved_seconds() {
  const Offset* place = offset.load(std::memory_order_acquire);
  return place == nullptr ? 0 : place->load(std::memory_order_relaxed);
}

bool is_calendar(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  int result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && is_calendar(clock)) now->tv_sec += moved_seconds();
  return result;
}

int gettimeofday(timeval* now, void* /*zone*/) noexcept {
  timespec fine{};
  int result = clock_gettime(CLOCK_REALTIME, &fine);
  *now = {fine.tv_sec, fine.tv_nsec / 1000};
  return result;
}

time_t time(time_t* now) noexcept {
  timespec fine{};
  clock_gettime(CLOCK_REALTIME, &fine);
  if (now != nullptr) *now = fine.tv_sec;
  return fine.tv_sec;
}

}  // extern "C"
