// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Time as values: one clock type for wall time, RFC 3339 text, and durations in the notation of the
// settings ("90s", "15m", "7d"). Pure functions take `now` as a parameter; only code that does I/O
// or schedules holds a Clock.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mtasts {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Clock = std::function<Time()>;

// In a record of past events: the event has not happened.
inline constexpr Time kNever{};

Time system_now();

// "2026-11-02T10:00:00Z" (whole seconds, UTC).
std::string rfc3339(Time time);
// "2026-11-02".
std::string date_text(Time time);
// Seconds since 1970, with fraction.
double unix_seconds(Time time);

// A number and a unit of ms, s, m, h, d or w, or "0" alone. Sums such as "1h30m" are accepted.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// In the largest unit that divides the duration: "15m", "90s", "7d".
std::string duration_text(std::chrono::milliseconds duration);
// For messages: "23 days", "1 day", "5 hours", "40 seconds"; rounded down.
std::string about(std::chrono::milliseconds duration);

}  // namespace mtasts
