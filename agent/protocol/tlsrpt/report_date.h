// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Dates of a TLS report (RFC 8460 §4.4, RFC 3339), and what real senders write instead. Pure, any
// thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace mtasts::protocol {

struct ReportDate {
  std::optional<Time> time;    // empty: unreadable
  std::string_view deviation;  // what is wrong, after "is"; empty: nothing. Static text.
};

// RFC 3339 date-time. With a deviation also: no zone (read as UTC), a blank instead of "T", an
// offset without a colon, a date alone, seconds or milliseconds since 1970. Years 1970 to 9999.
ReportDate read_report_date(std::string_view text);

// 00:00:00 to 23:59:59 or to the next midnight, UTC.
bool is_utc_day(Time begin, Time end);

}  // namespace mtasts::protocol
