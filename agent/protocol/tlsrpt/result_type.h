// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The closed sets of a TLS report: policy types and result types (RFC 8460 §4.3, §4.4). Plain
// values, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/enum_words.h"

namespace mtasts::protocol {

BOOST_DEFINE_FIXED_ENUM_CLASS(ReportPolicyType, uint8_t, tlsa, sts, no_policy_found)
inline constexpr auto kReportPolicyTypes = enumerators<ReportPolicyType>();
// "no-policy-found": the word of the report, also used in labels and JSON.
std::string_view name_of(ReportPolicyType type);
std::optional<ReportPolicyType> report_policy_type(std::string_view name);

// The eleven registered types, and `other` for names that senders invented.
BOOST_DEFINE_FIXED_ENUM_CLASS(ResultType, uint8_t, starttls_not_supported,
                              certificate_host_mismatch, certificate_expired,
                              certificate_not_trusted, validation_failure, tlsa_invalid,
                              dnssec_invalid, dane_required, sts_policy_fetch_error,
                              sts_policy_invalid, sts_webpki_invalid, other)
inline constexpr auto kResultTypes = enumerators<ResultType>();
// "starttls-not-supported": the word of the report, also used in labels and JSON; "other".
std::string_view name_of(ResultType type);
// Only exactly the registered names; anything else is `other`.
ResultType result_type(std::string_view name);

}  // namespace mtasts::protocol
