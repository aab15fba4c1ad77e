// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// unpack(): from octets that somebody delivered to the JSON of TLS reports, and what came along
// with it. Takes JSON, gzip of JSON (RFC 8460 §5.2) or a mail (§5.3), by the first octets and never
// by a name. Liberal, because real senders deviate; bounded in size, depth and number of parts.
// Does not read the JSON. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/admission.h"

namespace mtasts::intake {

inline constexpr size_t kMailLimit_bytes = 15 * 1024 * 1024;
inline constexpr size_t kMostMailParts = 100;  // leaves of one mail that are looked at
inline constexpr int kMailDepth = 10;          // nested multiparts and attached messages
inline constexpr size_t kMostRemarks = 20;

struct UnpackedReport {
  std::string json;  // at most protocol::kReportLimit_bytes, all reports of one mail together
  reports::ReportEnvelope envelope;
  std::vector<std::string> remarks;  // deviations of mail and gzip; sentences, fit to show
};

struct Unpacked {
  std::vector<UnpackedReport> reports;
  // Set where something was no report, also beside reports of the same mail.
  std::optional<reports::Rejection> rejection;
  std::string reason;       // of the rejection: one sentence, fit to show
  std::string from_domain;  // of a mail: of its author, as sent
  // Of the rejection: a mail in which nothing claims to be a report, as anybody sends.
  bool unrelated = false;
};

struct UnpackOptions {
  // Whose Authentication-Results are believed (RFC 8601 §2.5); empty: nobody's.
  std::string authserv_id;
  // The mail came through our own mail server, which removes such headers of others (§5): from a
  // mailbox, a Maildir or a pipe.
  bool trusted_mail = false;
};

Unpacked unpack(std::string_view octets, const UnpackOptions& options);

}  // namespace mtasts::intake
