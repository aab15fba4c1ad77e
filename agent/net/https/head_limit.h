// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HttpHeadLimit: bounds what a peer may send apart from the body: the lines of the head, of interim
// responses (1xx) and of trailers together. libcurl bounds a single line (100 KB), but accepts any
// number of interim responses and trailers. Plain value.
#pragma once

#include <cstddef>

namespace mtasts::net {

class HttpHeadLimit {
 public:
  static constexpr size_t kMost_bytes = 64 * 1024;  // real heads are smaller than 4 KiB
  static constexpr int kMostLines = 200;

  // False: over the limit.
  bool add_line(size_t size_bytes) {
    bytes_ += size_bytes;
    ++lines_;
    return !exceeded();
  }
  bool is_empty() const { return lines_ == 0; }
  bool exceeded() const { return bytes_ > kMost_bytes || lines_ > kMostLines; }

 private:
  size_t bytes_ = 0;
  int lines_ = 0;
};

}  // namespace mtasts::net
