// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/gzip.h"

#include <zlib.h>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace mtasts::web {
namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // zlib: adding 16 selects the gzip format
constexpr int kMemoryLevel = 8;       // zlib's default
constexpr size_t kOutputStep = 32 * 1024;

namespace beast = boost::beast;

// RFC 9110 §12.4.2: "q=0", "q=0.0" … mean "not acceptable".
bool is_refused(const beast::http::param_list& parameters) {
  for (const auto& [name, value] : parameters)
    if (beast::iequals(name, "q") && !value.empty() &&
        value.find_first_not_of("0.") == beast::string_view::npos)
      return true;
  return false;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  // The comma works around Boost 1.81, which gives a coding at the end of the list the parameters
  // of the one before.
  const std::string field = std::string(accept_encoding) + ",";
  bool by_wildcard = false;
  for (const auto& [coding, parameters] : beast::http::ext_list(field)) {
    const bool refused = is_refused(parameters);
    if (beast::iequals(coding, "gzip") || beast::iequals(coding, "x-gzip")) return !refused;
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
  // zlib takes non-const input but does not write to it.
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
