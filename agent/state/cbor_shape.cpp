// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/cbor_shape.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace mtasts::state {
namespace {

struct Head {
  unsigned major = 0;
  uint64_t argument = 0;
};

// RFC 8949 §3: the initial octet and the argument after it. Empty: cut, reserved or indefinite.
std::optional<Head> take_head(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const unsigned initial = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  const unsigned info = initial & 0x1Fu;
  Head head{initial >> 5u, info};
  if (info < 24) return head;
  if (info > 27) return std::nullopt;
  const size_t size_bytes = size_t{1} << (info - 24);
  if (rest.size() < size_bytes) return std::nullopt;
  head.argument = 0;
  for (char c : rest.substr(0, size_bytes))
    head.argument = head.argument << 8 | static_cast<unsigned char>(c);
  rest.remove_prefix(size_bytes);
  return head;
}

}  // namespace

bool is_bounded_cbor(std::string_view octets) {
  constexpr unsigned kBytes = 2, kText = 3, kArray = 4, kMap = 5, kTag = 6;
  std::vector<uint64_t> open;  // items to come of each array and map
  size_t items = 0;
  std::string_view rest = octets;
  do {
    const auto head = take_head(rest);
    if (!head || head->major == kTag || ++items > kMostCborItems) return false;
    // Each item takes an octet at least, so none of these is more than what is left.
    if (head->major >= kBytes && head->major <= kMap && head->argument > rest.size()) return false;
    if (head->major == kBytes || head->major == kText) rest.remove_prefix(head->argument);
    if (head->major == kArray || head->major == kMap) {
      if (open.size() == kDeepestCbor) return false;
      if (head->argument > 0) {
        open.push_back(head->major == kMap ? 2 * head->argument : head->argument);
        continue;
      }
    }
    while (!open.empty() && --open.back() == 0) open.pop_back();
  } while (!open.empty());
  return rest.empty();
}

}  // namespace mtasts::state
