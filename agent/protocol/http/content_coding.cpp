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
constexpr size_t kBlock_bytes = 32 * 1024;

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

class GzipSource::Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }
  // Decodes a block; `octets` is shortened by what was read.
  int decode(std::string_view& octets, std::string_view& block) {
    // zlib never writes to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
    stream_.avail_in = static_cast<uInt>(octets.size());
    stream_.next_out = reinterpret_cast<Bytef*>(block_.data());
    stream_.avail_out = static_cast<uInt>(block_.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    octets.remove_prefix(octets.size() - stream_.avail_in);
    block = {block_.data(), block_.size() - stream_.avail_out};
    return result;
  }
  bool begin_member() { return inflateReset2(&stream_, kGzipOnly) == Z_OK; }

 private:
  z_stream stream_{};
  bool ready_ = false;
  std::array<char, kBlock_bytes> block_;
};

GzipSource::GzipSource(std::string_view octets, size_t limit)
    : octets_(octets), room_(limit), inflater_(std::make_unique<Inflater>()) {
  ended_ = !inflater_->ready() || octets.empty();
}

GzipSource::~GzipSource() = default;

std::string_view GzipSource::next_block() {
  std::string_view block;
  while (!ended_ && block.empty()) {
    const int result = inflater_->decode(octets_, block);
    reading_.over_limit = block.size() > room_;
    block = block.substr(0, room_);
    room_ -= block.size();
    if (reading_.over_limit) {
      ended_ = true;
    } else if (result == Z_STREAM_END) {
      end_member();
    } else if (result != Z_OK) {
      ended_ = true;
      const bool begins_member = behind_member_ && behind_member_->starts_with("\x1F\x8B");
      if (behind_member_ && !begins_member) reading_.trailing_bytes = behind_member_->size();
      reading_.truncated = result == Z_BUF_ERROR && reading_.trailing_bytes == 0;
    }
  }
  return block;
}

void GzipSource::end_member() {
  reading_.valid = octets_.empty();
  behind_member_ = octets_;
  ended_ = octets_.empty() || !inflater_->begin_member();
}

GzipReading read_gzip(std::string_view octets, size_t limit) {
  GzipSource source(octets, limit);
  std::string text;
  for (std::string_view block = source.next_block(); !block.empty(); block = source.next_block())
    text += block;
  GzipReading reading = source.reading();
  reading.text = std::move(text);
  return reading;
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
