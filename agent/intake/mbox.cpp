// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mbox.h"

#include <algorithm>

#include "base/ascii.h"

namespace mtasts::intake {
namespace {

constexpr std::string_view kSeparator = "From ";
constexpr size_t kLine_bytes = 64 * 1024;  // longer lines are read in pieces

// A time of day, as in every form of the separator line: "… Thu Nov 20 00:04:11 2026".
bool has_time_of_day(std::string_view line) {
  for (size_t i = 0; i + 4 < line.size(); ++i)
    if (is_digit(line[i]) && is_digit(line[i + 1]) && line[i + 2] == ':' && is_digit(line[i + 3]) &&
        is_digit(line[i + 4]))
      return true;
  return false;
}

bool is_separator(std::string_view line) {
  return line.starts_with(kSeparator) && has_time_of_day(line);
}

}  // namespace

bool is_mbox(std::string_view octets) {
  return is_separator(octets.substr(0, std::min(octets.find('\n'), size_t{1000})));
}

MboxReader::MboxReader(std::istream& in, size_t message_limit_bytes)
    : in_(in), limit_bytes_(message_limit_bytes) {}

bool MboxReader::read_line() {
  line_continues_ = !line_.empty() && line_.back() != '\n';
  line_.clear();
  std::streambuf* buffer = in_.rdbuf();
  while (line_.size() < kLine_bytes) {
    const int c = buffer->sbumpc();
    if (c == std::char_traits<char>::eof()) break;
    line_ += static_cast<char>(c);
    if (c == '\n') break;
  }
  return !line_.empty();
}

void MboxReader::append_line(Message& message, bool in_body) const {
  std::string_view line = line_;
  if (in_body && !line_continues_ && line.starts_with('>')) {
    const std::string_view rest = line.substr(std::min(line.find_first_not_of('>'), line.size()));
    if (rest.starts_with(kSeparator)) line.remove_prefix(1);
  }
  const size_t room = limit_bytes_ - message.octets.size();
  message.octets += line.substr(0, room);
  message.cut |= line.size() > room;
}

std::optional<MboxReader::Message> MboxReader::next() {
  Message message;
  bool blank = true;  // the line before is empty, or there is none
  bool in_body = false;
  bool began = have_line_;
  have_line_ = false;
  while (read_line()) {
    if (!line_continues_ && blank && is_separator(line_)) {
      // Two separators in a row: an empty message, which is left out.
      if (began && !message.octets.empty()) {
        have_line_ = true;
        return message;
      }
      began = true;
      blank = false;
      continue;
    }
    began = true;
    append_line(message, in_body);
    blank = !line_continues_ && trim(line_).empty();
    in_body |= blank;
  }
  if (message.octets.empty()) return std::nullopt;
  return message;
}

}  // namespace mtasts::intake
