// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What people are told about a TLS report that was not used: why, and who sent it by its own
// account. The report is a stranger's: what is shown of it is bounded, and printable later. Pure,
// any thread.
#pragma once

#include <string>

#include "protocol/tlsrpt/tls_report.h"
#include "reports/admission.h"

namespace mtasts::intake {

inline constexpr size_t kShownSender_bytes = 80;

// Why admit() did not use the report, or not all of it: a sentence without its full stop.
std::string rejection_text(reports::Rejection reason, const protocol::TlsReport& report,
                           const reports::Admission& admission);
// Organization, contact-info or submitter; null: the JSON could not be read. JSON first (RFC 8460
// §5.6). Empty: nothing tells.
std::string sender_text(const protocol::TlsReport* report, const reports::ReportEnvelope& envelope);

}  // namespace mtasts::intake
