// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The document that a file or a part of a mail holds: JSON, or gzip of JSON (RFC 8460 §5.2, RFC
// 1952), told apart by the first octets. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts::intake {

enum class OctetsKind : uint8_t { empty, json, gzip, other };

// JSON: an object or array after blanks and a byte order mark.
OctetsKind kind_of_octets(std::string_view octets);

struct Document {
  bool ok = false;
  bool oversize = false;  // not ok: more than `limit` octets
  std::string json;       // begins with an object or array when ok
  std::string fault;      // when not ok: what the octets are instead, "a zip archive"
  std::vector<std::string> remarks;
};

// What is no gzip data is taken as it is. Several members, garbage after the last one, an end
// within the checksum, and gzip in gzip, once, are accepted with a remark.
Document read_document(std::string_view octets, size_t limit);

}  // namespace mtasts::intake
