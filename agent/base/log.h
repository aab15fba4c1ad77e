// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Structured log lines on stderr, logfmt or JSON. One event name and typed fields per line; values
// are escaped, so hostile text cannot forge a line. Threads: log() from any thread, configure_log()
// only from the thread that loads or reloads the settings.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace mtasts {

enum class LogLevel { debug, info, warning, error };  // in ascending order
enum class LogFormat { logfmt, json };

struct LogField {
  std::string_view key;
  std::string value;
};

void configure_log(LogLevel level, LogFormat format);
bool log_enabled(LogLevel level);
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

// The line that log() writes, without the newline; pure, for tests.
std::string render_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view message, std::initializer_list<LogField> fields);

}  // namespace mtasts
