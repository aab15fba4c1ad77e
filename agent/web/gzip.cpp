// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "base/ascii.h"

namespace mtasts::web {
namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // zlib: 16 on top asks for the gzip wrapper
constexpr int kMemoryLevel = 8;       // zlib's default
constexpr size_t kOutputStep = 32 * 1024;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The text up to the separator, which is taken off `rest` with it.
std::string_view cut(std::string_view& rest, char separator) {
  std::string_view piece = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
  return trimmed(piece);
}

// RFC 9110 §12.4.2: "q=0", "q=0.0" … mean "not acceptable".
bool is_zero_weight(std::string_view parameter) {
  std::string_view name = cut(parameter, '=');
  return equals_ignoring_case(name, "q") && !parameter.empty() &&
         parameter.find_first_not_of("0. \t") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool by_wildcard = false;
  while (!accept_encoding.empty()) {
    std::string_view parameters = cut(accept_encoding, ',');
    std::string_view coding = cut(parameters, ';');
    bool refused = false;
    while (!parameters.empty()) refused = is_zero_weight(cut(parameters, ';')) || refused;
    if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip"))
      return !refused;
    if (coding == "*") by_wildcard = !refused;
  }
  return by_wildcard;
}

GzipStream::GzipStream() : stream_(std::make_unique<z_stream_s>()) {
  *stream_ = {};
  if (deflateInit2(stream_.get(), kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    stream_.reset();
}

GzipStream::~GzipStream() {
  if (stream_ != nullptr) deflateEnd(stream_.get());
}

void GzipStream::compress(std::string_view text, bool last, std::string& out) {
  if (stream_ == nullptr) return;
  // zlib's interface takes no const input; it does not write to it.
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream_->avail_in = static_cast<uInt>(text.size());
  do {
    const size_t before = out.size();
    out.resize(before + kOutputStep);
    stream_->next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_->avail_out = static_cast<uInt>(kOutputStep);
    deflate(stream_.get(), last ? Z_FINISH : Z_NO_FLUSH);
    out.resize(out.size() - stream_->avail_out);
  } while (stream_->avail_out == 0);
}

std::string gzipped(std::string_view text) {
  std::string out;
  GzipStream stream;
  stream.compress(text, true, out);
  return out;
}

}  // namespace mtasts::web
