// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/document.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/http/content_coding.h"

namespace mtasts::intake {
namespace {

constexpr std::string_view kGzipMagic = "\x1F\x8B";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kShown_bytes = 24;  // of octets that are something else

std::string_view without_mark_and_blanks(std::string_view octets) {
  if (octets.starts_with(kByteOrderMark)) octets.remove_prefix(kByteOrderMark.size());
  return trim(octets);
}

std::string described(std::string_view octets) {
  if (octets.starts_with("PK\x03\x04")) return "a zip archive";
  if (octets.starts_with("\xFF\xFE") || octets.starts_with("\xFE\xFF")) return "text in UTF-16";
  std::string_view text = without_mark_and_blanks(octets);
  if (text.empty()) return "empty";
  // DMARC aggregate reports go to the same mailboxes (RFC 7489 appendix C).
  if (text.starts_with("<?xml") || text.starts_with("<feedback"))
    return "XML, as in an aggregate report of DMARC";
  return fmt::format("neither JSON nor gzip; it begins with {}", quoted(text, kShown_bytes));
}

Document failed(std::string fault) {
  Document document;
  document.fault = std::move(fault);
  return document;
}

Document too_large(size_t limit) {
  Document document = failed(fmt::format("larger than {} bytes when decompressed", limit));
  document.oversize = true;
  return document;
}

// An end within the last member may have cut off the checksum alone.
bool looks_whole(std::string_view json) { return trim(json).ends_with('}'); }

Document inflate_document(std::string_view octets, size_t limit, bool again) {
  protocol::GzipReading reading = protocol::read_gzip(octets, limit);
  if (reading.over_limit) return too_large(limit);
  Document document;
  if (!reading.valid) {
    if (reading.trailing_bytes != 0) {
      document.remarks.push_back(
          fmt::format("{} bytes after the gzip data are ignored", reading.trailing_bytes));
    } else if (reading.truncated && looks_whole(reading.text)) {
      document.remarks.emplace_back("the gzip data ends before its checksum");
    } else {
      return failed(fmt::format("{} gzip data", reading.truncated ? "incomplete" : "corrupt"));
    }
  }
  const OctetsKind kind = kind_of_octets(reading.text);
  if (kind == OctetsKind::gzip && again) {
    Document inner = inflate_document(reading.text, limit, false);
    inner.remarks.insert(inner.remarks.begin(), "the gzip data holds gzip data");
    return inner;
  }
  if (kind != OctetsKind::json) {
    const bool nested = kind == OctetsKind::gzip;
    return failed("gzip data that holds " + (nested ? "gzip data" : described(reading.text)));
  }
  document.ok = true;
  document.json = std::move(reading.text);
  return document;
}

}  // namespace

OctetsKind kind_of_octets(std::string_view octets) {
  if (octets.starts_with(kGzipMagic)) return OctetsKind::gzip;
  std::string_view text = without_mark_and_blanks(octets);
  if (text.empty()) return OctetsKind::empty;
  return text.front() == '{' || text.front() == '[' ? OctetsKind::json : OctetsKind::other;
}

Document read_document(std::string_view octets, size_t limit) {
  const OctetsKind kind = kind_of_octets(octets);
  if (kind == OctetsKind::gzip) return inflate_document(octets, limit, true);
  if (octets.size() > limit) {
    Document document = failed(fmt::format("larger than {} bytes", limit));
    document.oversize = true;
    return document;
  }
  if (kind != OctetsKind::json) return failed(described(octets));
  Document document;
  document.ok = true;
  document.json = std::string(octets);
  return document;
}

}  // namespace mtasts::intake
