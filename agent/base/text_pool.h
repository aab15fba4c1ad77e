// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TextPool: texts by number, each kept once, for tables in which the same texts come again and
// again. Two numbers are equal exactly when their texts are. Texts may be hostile: those that are
// chosen to collide cost a logarithmic search. Plain value, one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts {

class TextPool {
 public:
  using Number = uint32_t;
  static constexpr Number kEmpty = 0;  // of the empty text

  // The number of the text, which is kept if it is new. All texts together have less than 4 GiB.
  Number put(std::string_view text);
  // The same; kEmpty where it is not kept.
  Number find(std::string_view text) const;
  // Valid until the next put().
  std::string_view text(Number number) const {
    if (number == kEmpty) return {};
    const uint32_t begin = number == 1 ? 0 : ends_[number - 2];
    return std::string_view(octets_).substr(begin, ends_[number - 1] - begin);
  }
  // Numbers are less.
  size_t size() const { return ends_.size() + 1; }

 private:
  struct Slot {
    uint32_t hash = 0;  // of the text
    Number number = kEmpty;
  };
  static uint32_t hash_of(std::string_view text);
  size_t slot_of(std::string_view text, uint32_t hash) const;
  void grow();

  std::string octets_;          // of all texts
  std::vector<uint32_t> ends_;  // in octets_, by number - 1
  std::vector<Slot> slots_;     // a hash table; kEmpty: free
  // What found no slot near its own.
  std::map<std::string, Number, std::less<>> crowded_;
};

}  // namespace mtasts
