// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// gzip for HTTP bodies (RFC 1952, RFC 9110 §8.4.1.3), whole or piece by piece, at zlib level 1:
// expositions shrink to a tenth, and higher levels cost three times the CPU for little gain. A
// stream is used by one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace mtasts::web {

// Whether Accept-Encoding allows gzip (RFC 9110 §12.5.3); "identity" is always accepted.
bool accepts_gzip(std::string_view accept_encoding);

class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // False: zlib is out of memory, and the stream cannot compress.
  bool usable() const { return stream_ != nullptr; }
  // Appends the compressed data that is ready; with `last`, all of it and the trailer.
  void compress(std::string_view text, bool last, std::string& out);

 private:
  std::unique_ptr<z_stream_s> stream_;
};

// Empty when zlib is out of memory.
std::string gzipped(std::string_view text);

}  // namespace mtasts::web
