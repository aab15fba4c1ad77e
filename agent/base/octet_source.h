// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// OctetSource: octets that are read block by block, so that a long text need not be in memory as a
// whole. One owner.
#pragma once

#include <string_view>
#include <utility>

namespace mtasts {

class OctetSource {
 public:
  virtual ~OctetSource() = default;
  // The next octets, which are valid until the next call. Empty: the end, also in later calls.
  virtual std::string_view next_block() = 0;
};

// A text in memory, as one block.
class TextSource : public OctetSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  std::string_view next_block() override { return std::exchange(text_, {}); }

 private:
  std::string_view text_;
};

}  // namespace mtasts
