// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reports and facts of MX hosts as CBOR (RFC 8949), for the state file. Without times of the check
// itself, so that equal bytes mean that nothing changed; without history and changes, which are
// rows; without the facts of MX hosts, which are stored by host. Findings are stored by code;
// unknown codes are dropped when decoding. Decoding accepts any bytes: missing members keep their
// defaults; null if it is not CBOR. Pure, any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/report.h"

namespace mtasts::state {

std::string encode_report(const verdict::Report& report);

struct DecodedReport {
  verdict::Report report;  // without domain, checked_at, duration, history, changes, MX facts
  std::vector<std::optional<std::string>> fact_hosts;  // of report.mx; empty: no facts
};
std::optional<DecodedReport> decode_report(std::string_view bytes);

// Without host and probed_at.
std::string encode_facts(const verdict::MxHostReport& facts);
std::optional<verdict::MxHostReport> decode_facts(std::string_view bytes);

}  // namespace mtasts::state
