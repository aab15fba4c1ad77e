// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mail_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "base/ascii.h"
#include "base/handle.h"
#include "base/printable.h"

namespace mtasts::intake {
namespace {

using StreamHandle = Handle<GMimeStream, g_object_unref>;

constexpr std::string_view kGzipType = "application/tlsrpt+gzip";
constexpr std::string_view kJsonType = "application/tlsrpt+json";
constexpr size_t kFileNameLimit_bytes = 1024;
constexpr size_t kShown_bytes = 100;

std::string octets_of(GMimeStream* memory) {
  const GByteArray* array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
  if (array == nullptr || array->len == 0) return {};
  return {reinterpret_cast<const char*>(array->data), array->len};
}

std::string decoded(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content == nullptr) return {};
  StreamHandle memory(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, memory.get());
  return octets_of(memory.get());
}

std::string as_sent(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  GMimeStream* stream = content == nullptr ? nullptr : g_mime_data_wrapper_get_stream(content);
  if (stream == nullptr) return {};
  StreamHandle memory(g_mime_stream_mem_new());
  g_mime_stream_reset(stream);
  g_mime_stream_write_to_stream(stream, memory.get());
  return octets_of(memory.get());
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// RFC 2045 §6.8, and pieces that were padded each for itself. GMime stops at the first padding.
std::string from_base64(std::string_view text) {
  std::string octets;
  unsigned bits = 0;
  int count = 0;
  for (char c : text) {
    const int digit = base64_digit(c);
    if (c == '=') count = 0;
    if (digit < 0) continue;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xFFFFu;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets += static_cast<char>(bits >> count & 0xFFu);
  }
  return octets;
}

std::string type_of(GMimePart* part) {
  GMimeContentType* type = g_mime_object_get_content_type(GMIME_OBJECT(part));
  if (type == nullptr) return {};
  const Handle<char, g_free> text(g_mime_content_type_get_mime_type(type));
  return ascii_lower(std::string_view(text.get()).substr(0, kShown_bytes));
}

PartClaim claim_of(const MailPart& part) {
  const std::string name = ascii_lower(part.file_name);
  const bool json_name =
      name.ends_with(".json") || name.ends_with(".json.gz") || name.ends_with(".json.gzip");
  if (part.type.starts_with("application/tlsrpt")) return PartClaim::report;
  if (json_name && std::count(name.begin(), name.end(), '!') >= 3) return PartClaim::report;
  if (json_name || name.ends_with(".gz")) return PartClaim::possible;
  constexpr std::array kPossible = {"application/gzip",         "application/x-gzip",
                                    "application/json",         "text/json",
                                    "application/octet-stream", "application/x-gunzip"};
  const bool possible = std::find(kPossible.begin(), kPossible.end(), part.type) != kPossible.end();
  return possible ? PartClaim::possible : PartClaim::none;
}

// The first characters of base64 of gzip data and of JSON.
bool looks_like_base64(std::string_view text) {
  text = trim(text);
  return text.starts_with("H4sI") || text.starts_with("ey") || text.starts_with("ewo") ||
         text.starts_with("ew0K") || text.starts_with("77u/");
}

// What the octets are whatever the content transfer encoding says.
Document with_other_encoding(GMimePart* part, size_t limit, Document failed) {
  const std::string sent = as_sent(part);
  const OctetsKind kind = kind_of_octets(sent);
  const bool plain = kind == OctetsKind::json || kind == OctetsKind::gzip;
  const bool base64 = g_mime_part_get_content_encoding(part) == GMIME_CONTENT_ENCODING_BASE64;
  if (!plain && !base64 && !looks_like_base64(sent)) return failed;
  Document other = read_document(plain ? sent : from_base64(sent), limit);
  if (!other.ok) return failed;
  const char* remark = plain    ? "the content transfer encoding of the part is wrong"
                       : base64 ? "the base64 of the part has padding before its end"
                                : "the part is base64 without saying so";
  other.remarks.emplace_back(remark);
  return other;
}

void add_type_remarks(const MailPart& part, Document& document) {
  const bool is_gzip = kind_of_octets(part.octets) == OctetsKind::gzip;
  const std::string_view right = is_gzip ? kGzipType : kJsonType;
  if (part.type != right)
    document.remarks.push_back(fmt::format("the part has the type {} instead of {}",
                                           quoted(part.type, kShown_bytes), right));
}

}  // namespace

MailPart read_mail_part(GMimePart* part) {
  MailPart read;
  read.type = type_of(part);
  const char* name = g_mime_part_get_filename(part);
  if (name != nullptr) read.file_name = std::string_view(name).substr(0, kFileNameLimit_bytes);
  read.octets = decoded(part);
  read.claim = claim_of(read);
  return read;
}

Document document_of(GMimePart* part, const MailPart& read, size_t limit) {
  Document document = read_document(read.octets, limit);
  if (!document.ok && !document.oversize && read.claim != PartClaim::none)
    document = with_other_encoding(part, limit, std::move(document));
  if (document.ok) add_type_remarks(read, document);
  return document;
}

}  // namespace mtasts::intake
