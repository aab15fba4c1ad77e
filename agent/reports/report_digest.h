// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Digests by which the same TLS report is recognised when it comes again. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::reports {

// With its length in front, so that no two sequences of fields give the same octets.
void add_field(Sha256& hash, std::string_view text);

// SHA-256, hex, of all policies with their counts and failures, in any order of the policies and
// whatever the order of the members in the JSON was.
std::string policies_digest(const protocol::TlsReport& report);

}  // namespace mtasts::reports
