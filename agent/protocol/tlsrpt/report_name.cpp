// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/report_name.h"

#include <charconv>
#include <chrono>
#include <vector>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kNameLimit_bytes = 1024;
constexpr size_t kSubjectLimit_bytes = 4096;
constexpr int64_t kLastSecond = 253402300799;  // 9999-12-31T23:59:59Z

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// 1*DIGIT, seconds since 1970.
std::optional<Time> epoch(std::string_view text) {
  int64_t seconds = 0;
  if (text.empty() || !all_of(text, is_digit)) return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds > kLastSecond)
    return std::nullopt;
  return Time(std::chrono::seconds(seconds));
}

// Removes a final "json" or "json.gz" with its dot, and returns it.
std::string_view take_extension(std::string_view& name) {
  for (std::string_view extension : {"json.gz", "json"}) {
    size_t length = extension.size() + 1;
    if (name.size() < length || name[name.size() - length] != '.') continue;
    std::string_view found = name.substr(name.size() - extension.size());
    if (!equals_ignoring_case(found, extension)) continue;
    name.remove_suffix(length);
    return found;
  }
  return {};
}

// RFC 8460 §5.1: unique-id = 1*(ALPHA / DIGIT); real ones have more characters.
bool is_unique(std::string_view text) {
  return !text.empty() && all_of(text, [](char c) { return c > 0x20 && c != 0x7F && c != '/'; });
}

// A domain that cannot end its part early; whether it is a host name is for the reader to judge.
bool is_domain_text(std::string_view text) {
  return !text.empty() && all_of(text, [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '/' && c != '\\';
  });
}

// One blank for each run of blanks and line ends.
std::string unfolded(std::string_view text) {
  std::string line;
  for (char c : trim(text.substr(0, kSubjectLimit_bytes))) {
    bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (blank && line.ends_with(' ')) continue;
    line += blank ? ' ' : c;
  }
  return line;
}

size_t find_ignoring_case(std::string_view text, std::string_view lower_case, size_t from = 0) {
  return ascii_lower(text).find(lower_case, from);
}

// The text between `name` and the end or the next name.
std::string_view value_after(std::string_view line, std::string_view name) {
  size_t at = find_ignoring_case(line, name);
  if (at == std::string_view::npos) return {};
  std::string_view value = line.substr(at + name.size());
  for (std::string_view next : {"report domain:", "submitter:", "report-id:"})
    value = value.substr(0, std::min(find_ignoring_case(value, next), value.size()));
  return trim(value);
}

// RFC 5322 §3.6.4, without comments: "<" left "@" right ">".
bool is_message_id(std::string_view text) {
  if (text.size() < 5 || !text.starts_with('<') || !text.ends_with('>')) return false;
  std::string_view inner = text.substr(1, text.size() - 2);
  size_t at = inner.find('@');
  bool clean = inner.find_first_of("<> ") == std::string_view::npos;
  return clean && at != std::string_view::npos && at > 0 && at + 1 < inner.size();
}

}  // namespace

std::optional<ReportFileName> parse_report_file_name(std::string_view name) {
  name = name.substr(std::min(name.find_last_of("/\\") + 1, name.size()));
  name = trim(name, " \t\r\n\"");
  if (name.size() > kNameLimit_bytes) return std::nullopt;
  ReportFileName read;
  read.extension = take_extension(name);
  std::vector<std::string_view> parts = split(name, '!');
  if (read.extension.empty() || parts.size() < 4 || parts.size() > 5) return std::nullopt;
  auto begin = epoch(parts[2]);
  auto end = epoch(parts[3]);
  if (!is_domain_text(parts[0]) || !is_domain_text(parts[1]) || !begin || !end) return std::nullopt;
  if (parts.size() == 5 && !is_unique(parts[4])) return std::nullopt;
  read.sender = parts[0];
  read.domain = parts[1];
  read.begin = *begin;
  read.end = *end;
  if (parts.size() == 5) read.unique = parts[4];
  return read;
}

std::optional<ReportSubject> parse_report_subject(std::string_view subject) {
  std::string line = unfolded(subject);
  std::string_view domain = value_after(line, "report domain:");
  if (domain.empty() || domain.find(' ') != std::string_view::npos) return std::nullopt;
  ReportSubject read;
  read.domain = domain;
  std::string_view submitter = value_after(line, "submitter:");
  if (submitter.find(' ') == std::string_view::npos) read.submitter = submitter;
  std::string_view id = value_after(line, "report-id:");
  read.strict = find_ignoring_case(line, "report domain:") == 0 && !read.submitter.empty() &&
                is_message_id(id);
  read.report_id = trim(id, "<> ");
  return read;
}

}  // namespace mtasts::protocol
