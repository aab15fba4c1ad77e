// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Content codings of an HTTP response (RFC 9110 §8.4): undoes gzip within the limit of a policy.
// Pure, any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/octet_source.h"
#include "protocol/http/attempt.h"

namespace mtasts::protocol {

struct GzipReading {
  bool valid = false;       // every member is complete and its checksum is right
  bool over_limit = false;  // more than `limit` octets; decoding stopped there
  std::string text;         // what was decoded, at most `limit` octets
  // Where it is not valid: octets after the last complete member that begin no further one, or the
  // end came within a member. Neither is set where data are corrupt.
  size_t trailing_bytes = 0;
  bool truncated = false;
};
// RFC 1952, with several members, as senders read it.
GzipReading read_gzip(std::string_view octets, size_t limit);

// The same block by block, with what is known at the end of the blocks. One owner.
class GzipSource : public OctetSource {
 public:
  // `octets` must outlive it. No more than `limit` octets are given.
  GzipSource(std::string_view octets, size_t limit);
  ~GzipSource() override;
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::string_view next_block() override;
  // Of GzipReading, without `text`; after the end.
  const GzipReading& reading() const { return reading_; }

 private:
  class Inflater;
  void end_member();

  std::string_view octets_;  // not decoded yet
  size_t room_;
  std::optional<std::string_view> behind_member_;  // what follows the last complete member
  GzipReading reading_;
  bool ended_ = false;
  std::unique_ptr<Inflater> inflater_;
};

// Sets `coding` and `content_encoding` by the fields of a response, and replaces a gzip body by its
// text. A text over kPolicyLimit_bytes makes the attempt too_large.
void decode_body(HttpsAttempt& attempt);

}  // namespace mtasts::protocol
