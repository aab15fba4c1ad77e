// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// gzip for HTTP bodies (RFC 1952, RFC 9110 §8.4.1.3), whole or piece by piece, at zlib's level 1:
// expositions shrink to a tenth there, higher levels cost three times the CPU for little more.
// One stream belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace mtasts::web {

// Accept-Encoding allows gzip (RFC 9110 §12.5.3); "identity" is never refused.
bool accepts_gzip(std::string_view accept_encoding);

class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // False: zlib had no memory; nothing can be compressed with this stream.
  bool usable() const { return stream_ != nullptr; }
  // Appends what is ready of the compressed form; with `last` all of it and the trailer.
  void compress(std::string_view text, bool last, std::string& out);

 private:
  std::unique_ptr<z_stream_s> stream_;
};

// Empty when zlib had no memory.
std::string gzipped(std::string_view text);

}  // namespace mtasts::web
