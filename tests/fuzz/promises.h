// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What targets share: a collector of broken promises, and a chooser that makes values of octets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/printable.h"

namespace mtasts::fuzz {

inline bool is_showable(std::string_view text) {
  return !text.empty() && text.size() < 4096 && is_utf8(text) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
}

// Keeps the first promise that does not hold.
class Promises {
 public:
  void keep(bool holds, std::string_view otherwise) {
    if (!holds && broken_.empty()) broken_ = otherwise;
  }
  // `broken` of another target; empty: it holds.
  void keep(const std::string& broken) {
    if (broken_.empty()) broken_ = broken;
  }
  bool kept() const { return broken_.empty(); }
  const std::string& broken() const { return broken_; }

 private:
  std::string broken_;
};

// Makes numbers and texts of the octets; zeros and empty texts when they are used up.
class OctetChooser {
 public:
  explicit OctetChooser(std::string_view octets) : octets_(octets) {}

  bool empty() const { return octets_.empty(); }
  // From 0 to `most`, which is less than 256.
  unsigned number(unsigned most) {
    if (octets_.empty()) return 0;
    const auto octet = static_cast<unsigned char>(octets_[0]);
    octets_.remove_prefix(1);
    return octet % (most + 1);
  }
  bool flag() { return number(1) == 1; }
  template <typename List>
  const auto& one_of(const List& list) {
    return *(std::begin(list) + number(static_cast<unsigned>(std::size(list)) - 1));
  }
  // Up to the octet FE, which is in no UTF-8 text.
  std::string text(size_t most) {
    const std::string_view found = octets_.substr(0, octets_.find('\xFE'));
    octets_.remove_prefix(std::min(found.size() + 1, octets_.size()));
    return std::string(found.substr(0, most));
  }

 private:
  std::string_view octets_;
};

// For fuzzers: prints the violated property and aborts.
inline int demand(const std::string& broken) {
  if (broken.empty()) return 0;
  std::fprintf(stderr, "broken promise: %s\n", broken.c_str());
  std::abort();
}

inline std::string_view view_of(const unsigned char* octets, size_t size) {
  return {reinterpret_cast<const char*>(octets), size};
}

}  // namespace mtasts::fuzz
