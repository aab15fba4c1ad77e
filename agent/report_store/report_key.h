// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportKey: key and identity of a report as they are stored, 16 octets of SHA-256. The domain is a
// part, because one policy may be about an MX host of two domains. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"
#include "reports/stored_report.h"

namespace mtasts::report_store {

struct ReportKey {
  std::string key;
  std::string identity;
};

inline ReportKey key_of(const reports::StoredReport& report) {
  constexpr size_t kSize_bytes = 16;
  auto digest = [&](std::string_view text) {
    Sha256Digest octets =
        Sha256().add(report.domain).add(std::string_view("\n")).add(text).finish();
    return std::string(octets.begin(), octets.begin() + kSize_bytes);
  };
  return {digest(report.key), digest(report.identity)};
}

}  // namespace mtasts::report_store
