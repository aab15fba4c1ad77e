// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/cbor_shape.h"

#include <array>
#include <cstdint>
#include <optional>

namespace mtasts::state {
namespace {

// RFC 8949 §3: the initial octet of an item, with its argument.
struct Head {
  unsigned major = 0;
  uint64_t argument = 0;
};

std::optional<Head> take_head(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const auto initial = static_cast<uint8_t>(rest[0]);
  const unsigned low = initial & 0x1F;
  rest.remove_prefix(1);
  Head head{static_cast<unsigned>(initial) >> 5, low};
  if (low < 24) return head;
  if (low > 27) return std::nullopt;  // reserved, or of indefinite length
  const size_t size = size_t{1} << (low - 24);
  if (rest.size() < size) return std::nullopt;
  head.argument = 0;
  for (char octet : rest.substr(0, size))
    head.argument = head.argument << 8 | static_cast<uint8_t>(octet);
  rest.remove_prefix(size);
  return head;
}

// The number of items within; nullopt: the item is wrong.
std::optional<uint64_t> take_item(std::string_view& rest) {
  constexpr unsigned kOctets = 2, kText = 3, kArray = 4, kMap = 5, kTag = 6;
  const std::optional<Head> head = take_head(rest);
  if (!head || head->major == kTag) return std::nullopt;
  if (head->major < kOctets || head->major > kMap) return 0;
  // An item takes an octet at least.
  if (head->argument > rest.size()) return std::nullopt;
  if (head->major == kArray) return head->argument;
  if (head->major == kMap) return 2 * head->argument;
  static_assert(kText == kOctets + 1);
  rest.remove_prefix(static_cast<size_t>(head->argument));
  return 0;
}

}  // namespace

bool has_right_shape(std::string_view octets) {
  std::array<uint64_t, kDeepestCbor> left{1};  // items still to come, by level
  for (size_t level = 0;;) {
    if (left[level] == 0) {
      if (level == 0) return octets.empty();
      --level;
      continue;
    }
    --left[level];
    const std::optional<uint64_t> within = take_item(octets);
    if (!within) return false;
    if (*within == 0) continue;
    if (++level == kDeepestCbor) return false;
    left[level] = *within;
  }
}

}  // namespace mtasts::state
