// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reports and the facts of MX hosts as CBOR (RFC 8949), for the state file. Without times of the
// check itself, so that equal bytes mean that nothing changed; without history and changes, which
// are rows; without the facts of MX hosts, which are told by host. Findings are kept by code: those
// that this program does not know are dropped at reading. Reading takes any bytes: what is missing
// is the default, what is no CBOR is null. Pure, any thread.
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
  std::vector<std::optional<std::string>> fact_hosts;  // of report.mx; empty: it had no facts
};
std::optional<DecodedReport> decode_report(std::string_view bytes);

// Without host and probed_at.
std::string encode_facts(const verdict::MxHostReport& facts);
std::optional<verdict::MxHostReport> decode_facts(std::string_view bytes);

}  // namespace mtasts::state
