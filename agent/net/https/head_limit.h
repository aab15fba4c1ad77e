// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HttpHeadLimit: bounds what a peer may send besides a body: the lines of the head, of interim
// answers (1xx) and of trailers together. libcurl bounds one line (100 KB), but takes interim
// answers and trailers without end. Plain value.
#pragma once

#include <cstddef>

namespace mtasts::net {

class HttpHeadLimit {
 public:
  static constexpr size_t kMost_bytes = 64 * 1024;  // real heads are below 4 KiB
  static constexpr int kMostLines = 200;

  // False: over the limit.
  bool add_line(size_t size_bytes) {
    bytes_ += size_bytes;
    ++lines_;
    return !exceeded();
  }
  bool exceeded() const { return bytes_ > kMost_bytes || lines_ > kMostLines; }

 private:
  size_t bytes_ = 0;
  int lines_ = 0;
};

}  // namespace mtasts::net
