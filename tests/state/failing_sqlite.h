// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FailingSqlite: makes SQLite's own allocations and its calls of the operating system fail, the
// n-th of a kind. A program that is linked with this file has an allocator and a VFS that pass
// everything on, and count while a FailingSqlite lives. One at a time; SQLite may run on any
// thread.
#pragma once

#include <array>
#include <string_view>

namespace mtasts::state {

enum class Fault {
  memory,
  open,
  read,
  write,
  short_write,  // half of it is written, then the disk is full
  disk_full,
  sync,
  truncate,
  size,
  lock,
  shared_memory,
  remove,
};
inline constexpr std::array kFaults{Fault::memory, Fault::open,          Fault::read,
                                    Fault::write,  Fault::short_write,   Fault::disk_full,
                                    Fault::sync,   Fault::truncate,      Fault::size,
                                    Fault::lock,   Fault::shared_memory, Fault::remove};
std::string_view name_of(Fault fault);

enum class Lasting { once, until_mended };

class FailingSqlite {
 public:
  // The call with this number fails, counted from 1; also all later ones if it lasts.
  FailingSqlite(Fault fault, int number, Lasting lasting);
  FailingSqlite(const FailingSqlite&) = delete;
  FailingSqlite& operator=(const FailingSqlite&) = delete;
  ~FailingSqlite();

  void mend();
  // Calls that failed.
  int failures() const;
};

// Calls `task` with 1, 2, 3 … until a call says that nothing failed any more. Beyond forty the
// steps grow with the number: an operation allocates thousands of times, mostly at the same places.
template <typename Task>
int for_every_failure(Task task) {
  int tried = 0;
  for (int number = 1;; number += 1 + (number > 40 ? number / 12 : 0)) {
    ++tried;
    if (!task(number)) return tried;
  }
}

}  // namespace mtasts::state
