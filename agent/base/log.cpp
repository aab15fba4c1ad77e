// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/log.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>

#include "base/printable.h"
#include "base/time.h"

namespace mtasts {
namespace {

constexpr size_t kLongestValue_bytes = 2048;  // longer values are unreadable in a log

std::atomic<LogLevel> lowest_level{LogLevel::info};
std::atomic<LogFormat> format_in_force{LogFormat::logfmt};

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

std::string escaped(std::string_view value) {
  std::string out = "\"";
  for (char c : printable(value, kLongestValue_bytes)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string logfmt_value(std::string_view value) {
  bool plain = !value.empty() && value.size() < kLongestValue_bytes;
  for (char c : value) {
    auto octet = static_cast<unsigned char>(c);
    plain = plain && octet > 0x20 && octet < 0x7F && c != '"' && c != '=' && c != '\\';
  }
  return plain ? std::string(value) : escaped(value);
}

}  // namespace

void configure_log(LogLevel level, LogFormat format) {
  lowest_level = level;
  format_in_force = format;
}

bool log_enabled(LogLevel level) { return level >= lowest_level; }

std::string render_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view message, std::initializer_list<LogField> fields) {
  bool json = format == LogFormat::json;
  std::string line =
      json ? fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"msg\":{}", time, level_name(level),
                         escaped(message))
           : fmt::format("time={} level={} msg={}", time, level_name(level), logfmt_value(message));
  for (const LogField& field : fields)
    line += json ? fmt::format(",\"{}\":{}", field.key, escaped(field.value))
                 : fmt::format(" {}={}", field.key, logfmt_value(field.value));
  if (json) line += '}';
  return line;
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  const std::string line =
      render_log_line(format_in_force, level, rfc3339(system_now()), message, fields) + '\n';
  // A single call keeps lines of concurrent threads intact: POSIX locks the stream for it. Write
  // errors are ignored.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace mtasts
