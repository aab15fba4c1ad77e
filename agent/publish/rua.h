// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Report addresses (RFC 8460 §3) that a person gives for a TLSRPT record, read strictly: only URIs
// that every tested sender reports to are let through. What can only mean one thing is written in
// the form of the record: the scheme in small letters, the domain in A-labels, "," "!" ";"
// percent-encoded. Pure; any thread.
#pragma once

#include <string>
#include <vector>

namespace mtasts::publish {

inline constexpr size_t kMostReportUris = 10;

struct RuaReading {
  std::vector<std::string> uris;    // in order; complete only without errors
  std::vector<std::string> errors;  // one sentence each, printable, no final period
};
RuaReading read_rua(const std::vector<std::string>& written);

}  // namespace mtasts::publish
