// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/http/http_head.h"

#include <charconv>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool digits = !text.empty() && end == text.data() + text.size();
  // A length that overflows is over every limit.
  if (digits && error == std::errc::result_out_of_range) return UINT64_MAX;
  return digits && error == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

// "HTTP/1.1 200 OK"; libcurl has refused what is no status line.
void HttpHead::begin(std::string_view status_line) {
  content_type_.reset();
  location_.reset();
  content_length_.reset();
  size_t blank = status_line.find(' ');
  std::string_view code =
      blank == std::string_view::npos ? std::string_view() : status_line.substr(blank + 1, 3);
  auto status = static_cast<int>(number_in(code).value_or(0));
  interim_ = status >= 100 && status < 200;
  status_ = interim_ ? 0 : status;
}

bool HttpHead::add_line(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMostBytes || ++lines_ > kMostLines) {
    over_limit_ = true;
    return false;
  }
  if (complete_) return true;  // trailers
  if (line.starts_with("HTTP/")) {
    begin(trimmed(line));
    return true;
  }
  if (trimmed(line).empty()) {
    complete_ = !interim_;
    return true;
  }
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string_view name = line.substr(0, colon);
  std::string value(trimmed(line.substr(colon + 1)));
  if (equals_ignoring_case(name, "content-type")) {
    content_type_ = std::move(value);
  } else if (equals_ignoring_case(name, "location")) {
    location_ = std::move(value);
  } else if (equals_ignoring_case(name, "content-length")) {
    content_length_ = number_in(value);
  }
  return true;
}

}  // namespace mtasts::protocol
