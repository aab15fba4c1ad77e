// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "base/printable.h"
#include "base/time.h"

namespace mtasts {
namespace {

constexpr size_t kLongestValue = 2048;  // a log line is for reading

std::atomic<LogFormat> format_in_force{LogFormat::logfmt};

spdlog::logger& sink() {
  static auto logger = [] {
    auto made = spdlog::stderr_logger_mt("mtasts");
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

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

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (char c : printable(value, kLongestValue)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string logfmt_value(std::string_view value) {
  bool plain = !value.empty() && value.size() < kLongestValue;
  for (char c : value) {
    auto octet = static_cast<unsigned char>(c);
    plain = plain && octet > 0x20 && octet < 0x7F && c != '"' && c != '=' && c != '\\';
  }
  return plain ? std::string(value) : quoted(value);
}

}  // namespace

void configure_log(LogLevel level, LogFormat format) {
  sink().set_level(spdlog_level(level));
  format_in_force = format;
}

bool log_enabled(LogLevel level) { return sink().should_log(spdlog_level(level)); }

std::string render_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view message, std::initializer_list<LogField> fields) {
  bool json = format == LogFormat::json;
  std::string line =
      json ? fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"msg\":{}", time, level_name(level),
                         quoted(message))
           : fmt::format("time={} level={} msg={}", time, level_name(level), logfmt_value(message));
  for (const LogField& field : fields)
    line += json ? fmt::format(",\"{}\":{}", field.key, quoted(field.value))
                 : fmt::format(" {}={}", field.key, logfmt_value(field.value));
  if (json) line += '}';
  return line;
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  sink().log(spdlog_level(level), fmt::runtime("{}"),
             render_log_line(format_in_force, level, rfc3339(system_now()), message, fields));
}

}  // namespace mtasts
