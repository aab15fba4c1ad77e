// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HttpHead: what the lines of an HTTP answer's head say that a policy fetch needs (RFC 9112 §2.1):
// final status, Content-Type, Location, announced length. Fed line by line, as libcurl gives them;
// bounds their number and size, interim answers (1xx) and trailers included. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mtasts::protocol {

class HttpHead {
 public:
  static constexpr size_t kMostBytes = 64 * 1024;  // real heads are below 4 KiB
  static constexpr int kMostLines = 200;

  // `line` with or without its end. False: over the limit.
  bool add_line(std::string_view line);

  bool complete() const { return complete_; }  // the empty line after a final status came
  int status() const { return status_; }       // 0: no final status line came
  const std::optional<std::string>& content_type() const { return content_type_; }
  const std::optional<std::string>& location() const { return location_; }
  std::optional<uint64_t> content_length() const { return content_length_; }
  bool over_limit() const { return over_limit_; }

 private:
  void begin(std::string_view status_line);

  size_t bytes_ = 0;
  int lines_ = 0;
  int status_ = 0;
  bool interim_ = false;
  bool complete_ = false;
  bool over_limit_ = false;
  std::optional<std::string> content_type_;
  std::optional<std::string> location_;
  std::optional<uint64_t> content_length_;
};

}  // namespace mtasts::protocol
