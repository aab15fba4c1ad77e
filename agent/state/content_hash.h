// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ContentHash: 64-bit FNV-1a over values. Shows whether something must be written again, and
// whether a blob was read back intact. Not collision-resistant: a domain that constructs a
// collision only hides a change in its own report. Stored in the file, so it is the same in every
// build. Any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/digest.h"
#include "base/time.h"

namespace mtasts::state {

class ContentHash {
 public:
  ContentHash& add(std::string_view octets) {
    add(static_cast<uint64_t>(octets.size()));
    value_ = fnv1a(octets, value_);
    return *this;
  }
  ContentHash& add(uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8)
      value_ = fnv1a(static_cast<uint8_t>(number >> shift), value_);
    return *this;
  }
  ContentHash& add(Time time) {
    return add(static_cast<uint64_t>(time.time_since_epoch().count()));
  }

  // As SQLite stores it.
  int64_t value() const { return static_cast<int64_t>(value_); }

 private:
  uint64_t value_ = kFnv1aBasis;
};

}  // namespace mtasts::state
