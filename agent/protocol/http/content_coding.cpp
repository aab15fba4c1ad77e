// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/http/content_coding.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr size_t kBlock_bytes = 4096;

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }
  // Decodes a block; `octets` is shortened by what was read.
  int decode(std::string_view& octets, std::array<char, kBlock_bytes>& block, size_t& produced) {
    // zlib never writes to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
    stream_.avail_in = static_cast<uInt>(octets.size());
    stream_.next_out = reinterpret_cast<Bytef*>(block.data());
    stream_.avail_out = static_cast<uInt>(block.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    octets.remove_prefix(octets.size() - stream_.avail_in);
    produced = block.size() - stream_.avail_out;
    return result;
  }
  bool begin_member() { return inflateReset2(&stream_, kGzipOnly) == Z_OK; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

// The codings of all Content-Encoding fields, in lower case, without identity and empty members.
std::string codings_of(const HttpsAttempt& attempt, std::string& as_sent) {
  for (const HttpField& field : attempt.fields) {
    if (!equals_ignoring_case(field.name, "Content-Encoding")) continue;
    if (!as_sent.empty()) as_sent += ", ";
    as_sent += field.value;
  }
  std::string codings;
  for (std::string_view rest = as_sent; !rest.empty();) {
    const size_t comma = rest.find(',');
    const std::string coding = ascii_lower(trim(rest.substr(0, comma)));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (coding.empty() || coding == "identity") continue;
    codings += (codings.empty() ? "" : ", ") + coding;
  }
  return codings;
}

}  // namespace

GzipReading read_gzip(std::string_view octets, size_t limit) {
  GzipReading reading;
  Inflater inflater;
  std::array<char, kBlock_bytes> block{};
  if (!inflater.ready() || octets.empty()) return reading;
  std::optional<std::string_view> behind_member;  // what follows the last complete member
  for (;;) {
    size_t produced = 0;
    const int result = inflater.decode(octets, block, produced);
    const size_t room = limit - reading.text.size();
    reading.text.append(block.data(), std::min(room, produced));
    reading.over_limit = produced > room;
    if (reading.over_limit) return reading;
    if (result != Z_OK && result != Z_STREAM_END) {
      const bool begins_member = behind_member && behind_member->starts_with("\x1F\x8B");
      if (behind_member && !begins_member) reading.trailing_bytes = behind_member->size();
      reading.truncated = result == Z_BUF_ERROR && reading.trailing_bytes == 0;
      return reading;
    }
    if (result != Z_STREAM_END) continue;
    reading.valid = octets.empty();
    behind_member = octets;
    if (octets.empty() || !inflater.begin_member()) return reading;
  }
}

void decode_body(HttpsAttempt& attempt) {
  attempt.coding = BodyCoding::none;
  attempt.content_encoding.clear();
  const std::string codings = codings_of(attempt, attempt.content_encoding);
  if (codings.empty()) return;
  // RFC 9110 §8.4.1.3: x-gzip is the same.
  const bool gzip = codings == "gzip" || codings == "x-gzip";
  attempt.coding = gzip ? BodyCoding::unreadable : BodyCoding::other;
  if (!gzip) return;
  GzipReading reading = read_gzip(attempt.body, kPolicyLimit_bytes);
  if (reading.over_limit) {
    attempt.coding = BodyCoding::decoded;
    attempt.status = HttpsStatus::too_large;
    attempt.detail = fmt::format("the decoded body is larger than {} bytes", kPolicyLimit_bytes);
  } else if (reading.valid) {
    attempt.coding = BodyCoding::decoded;
  } else {
    return;
  }
  attempt.body = std::move(reading.text);
}

}  // namespace mtasts::protocol
