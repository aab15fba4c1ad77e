// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/utf8_checker.h"

#include "base/printable.h"

namespace mtasts {

bool Utf8Checker::add(std::string_view block) {
  constexpr size_t kLongest = 4;
  while (good_ && !begun_.empty() && !block.empty()) {
    begun_ += block.front();
    block.remove_prefix(1);
    if (is_utf8(begun_))
      begun_.clear();
    else
      good_ = begun_.size() < kLongest;
  }
  // A lead octet among the last three may begin a character that the next block ends.
  for (size_t tail = 1; tail < kLongest && tail <= block.size(); ++tail) {
    auto octet = static_cast<unsigned char>(block[block.size() - tail]);
    if ((octet & 0xC0) == 0x80) continue;
    size_t length = octet >= 0xF0 ? 4 : octet >= 0xE0 ? 3 : octet >= 0xC0 ? 2 : 1;
    if (length > tail) {
      begun_ = block.substr(block.size() - tail);
      block.remove_suffix(tail);
    }
    break;
  }
  good_ = good_ && is_utf8(block);
  return good_;
}

}  // namespace mtasts
