// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The messages of a mailbox file (mbox, RFC 4155), one after the other, in bounded memory. A
// message begins at a line "From sender date" at the start of the file or after an empty line; one
// ">" before "From " in a body is removed. One thread at a time.
#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace mtasts::intake {

// The octets begin as a mailbox file does.
bool is_mbox(std::string_view octets);

class MboxReader {
 public:
  explicit MboxReader(std::istream& in, size_t message_limit_bytes);

  struct Message {
    std::string octets;  // without the separator line; at most the limit
    bool cut = false;    // the message is larger
  };
  // Empty at the end. What stands before the first separator is a message, too.
  std::optional<Message> next();

 private:
  bool read_line();
  void append_line(Message& message, bool in_body) const;

  std::istream& in_;
  size_t limit_bytes_;
  std::string line_;             // at most kLine_bytes of a line, with its line end
  bool line_continues_ = false;  // line_ is not the beginning of its line
  bool have_line_ = false;       // line_ is the separator of the next message
};

}  // namespace mtasts::intake
