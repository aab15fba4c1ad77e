// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Authentication-Results header fields (RFC 8601 §2.2): what our own mail server found about the
// DKIM signatures of a mail. Pure, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/stored_report.h"

namespace mtasts::intake {

inline constexpr size_t kMostMethodResults = 100;        // of one header field
inline constexpr size_t kMostResultProperties = 50;      // of one result
inline constexpr size_t kMostAuthenticationFields = 50;  // of one mail

struct MethodResult {
  std::string method;  // lower case, without version: "dkim"
  std::string result;  // lower case: "pass"
  // "header.d" in lower case, and the value as sent, without quotes and comments.
  std::vector<std::pair<std::string, std::string>> properties;
};

struct AuthenticationResults {
  std::string authserv_id;  // as sent, without quotes
  std::vector<MethodResult> results;
};

// Empty where no authserv-id can be read. A result outside the grammar is left out alone.
std::optional<AuthenticationResults> parse_authentication_results(std::string_view value);

struct SignatureVerdict {
  reports::Authenticity authenticity = reports::Authenticity::unknown;
  std::string signing_domain;  // of a verified signature, lower case; empty: none
};

// What the fields of `authserv_id` say about a mail that `submitter` (a domain) sent.
// authenticated: a signature passed whose domain is the submitter's, or has the same organizational
// domain. failed: none passed, and the server could check. unknown: anything else, also a
// signature of somebody else.
SignatureVerdict judge_signatures(const std::vector<std::string>& fields,
                                  std::string_view authserv_id, std::string_view submitter);

}  // namespace mtasts::intake
