// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// JsonReader: a JSON text (RFC 8259) as a sequence of events, read block by block. No tree and no
// copy of the text is kept, and a number is given as written, because reports have numbers of any
// size. Strict, except that a NUL octet ends the text. Whether the octets are UTF-8 is for the
// caller to check. Memory: one bit per open array or object, and a token that spans blocks. One
// owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/octet_source.h"

namespace mtasts::protocol {

class JsonReader {
 public:
  enum class Event : uint8_t {
    begin_object,
    end_object,
    begin_array,
    end_array,
    name,  // of a member; its value follows
    text,
    number,
    yes,  // true
    no,   // false
    null,
    end,    // of the text, after one value
    fault,  // no JSON; the last event
  };

  // `source` must outlive the reader.
  explicit JsonReader(OctetSource& source) : source_(source) {}

  Event next();
  // Of name and text: without escapes. Of a number: as written. Valid until next().
  std::string_view text() const { return text_; }

  // After a fault: the octets that were read, the one at fault included; its end counts as one.
  size_t position() const { return before_block_ + static_cast<size_t>(at_ - begin_) + past_end_; }
  // After a fault: what was read since the last text or number began, that one included, as sent
  // and as far as it is in one block.
  std::string_view token() const;

 private:
  enum class Expected : uint8_t {
    value,
    first_element,  // or the end of the array
    first_name,     // or the end of the object
    name,
    colon,
    separator,  // or the end of the array or object
    end,
  };
  static constexpr int kEnd = -1;

  bool refill();
  int peek();
  int begin_token();
  Event value(int c);
  Event open(bool object);
  Event close();
  Event finished(Event event);
  Event unexpected(int c);
  Event fault() { return Event::fault; }
  Event fault_at(int c);
  Event scan_text(Event event);
  bool scan_escape();
  bool scan_code_unit(uint32_t& unit);
  bool demand(char c);
  bool scan_digits();
  Event scan_number();
  Event scan_word(std::string_view word, Event event);

  OctetSource& source_;
  const char* begin_ = nullptr;  // of the block
  const char* at_ = nullptr;     // the next octet
  const char* end_ = nullptr;
  size_t before_block_ = 0;      // octets of earlier blocks
  size_t past_end_ = 0;          // 1: the end was met where more was needed
  const char* token_ = nullptr;  // of token(); null: in an earlier block
  const char* run_ = nullptr;    // octets of the token that are not in scratch_
  bool in_token_ = false;        // refill() saves the run
  std::string scratch_;
  std::string_view text_;
  std::vector<bool> open_;  // true: an object
  Expected expected_ = Expected::value;
};

}  // namespace mtasts::protocol
