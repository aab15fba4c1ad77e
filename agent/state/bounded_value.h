// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Bounds of what is read from the state file. Whoever may write the file could otherwise overflow
// the arithmetic of times and counts, index past a table, or fill the memory. The agent itself
// writes nothing beyond them. Pure, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "protocol/x509/certificate.h"

namespace mtasts::state {

// A value of one column; a report of a domain with 100 MX hosts has less than a tenth of it.
inline constexpr size_t kLongestValue_bytes = size_t{16} << 20;
// Words of a list in one column.
inline constexpr size_t kMostWords = 10000;
// 9999-12-31T23:59:59Z, the last second with a year of four digits, and 0001-01-01T00:00:00Z.
inline constexpr int64_t kLastSecond = 253402300799;
inline constexpr int64_t kFirstSecond = -62135596800;
inline constexpr int64_t kLastDay = kLastSecond / 86400;

constexpr int64_t bounded_milliseconds(int64_t count) {
  return std::clamp<int64_t>(count, kFirstSecond * 1000, kLastSecond * 1000);
}
// A clock may have been before 1970.
constexpr Time bounded_time(int64_t milliseconds) {
  return Time(std::chrono::milliseconds(bounded_milliseconds(milliseconds)));
}
// The same bounds, in seconds.
constexpr protocol::CertificateTime bounded_certificate_time(int64_t seconds) {
  return protocol::CertificateTime(
      std::chrono::seconds(std::clamp(seconds, kFirstSecond, kLastSecond)));
}

}  // namespace mtasts::state
