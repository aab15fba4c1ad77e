// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DNS names and integers in a message (RFC 1035 §3.1, §4.1.4): bounded reading, and the text form
// of names (RFC 1035 §5.1): lower case, no trailing dot, special octets as \DDD, the root as "".
// After an error a reader stays failed and returns zeros. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mtasts::protocol {

class DnsReader {
 public:
  // Reads `message` in [position, end); names may point back to any earlier part of the message.
  DnsReader(std::string_view message, size_t position, size_t end);
  explicit DnsReader(std::string_view message) : DnsReader(message, 0, message.size()) {}

  uint8_t u8();
  uint16_t u16();
  uint32_t u32();
  std::string_view octets(size_t count);
  std::string name();

  bool failed() const { return failed_; }
  size_t position() const { return position_; }
  size_t left() const { return end_ - position_; }

 private:
  std::string_view message_;
  size_t position_ = 0;
  size_t end_ = 0;
  bool failed_ = false;
};

// Converts text to the uncompressed wire form, in lower case. Empty when the name is invalid.
std::optional<std::string> wire_name(std::string_view text);

}  // namespace mtasts::protocol
