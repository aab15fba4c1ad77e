// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::tlsrpt {

inline constexpr Stage kStage = Stage::tlsrpt;
inline constexpr Channel kNone = Channel::none;
inline constexpr std::string_view kRfc = "RFC 8460 §3";

inline constexpr FindingRow kRows[] = {
    {"tlsrpt-missing", kStage, W, W, kNone, "", kRfc,
     "There is no TLSRPT record, so nobody reports delivery failures.",
     "Publish a TXT record at _smtp._tls.<domain> such as "
     "\"v=TLSRPTv1; rua=mailto:tlsrpt@<domain>\".",
     kDigTlsrpt},
    {"tlsrpt-servfail", kStage, W, W, Channel::dns, "", kRfc,
     "The name servers fail for the TLSRPT record, which is not the same as having none.",
     "Repair the zone or its DNSSEC signatures.", kDigTlsrpt},
    {"tlsrpt-timeout", kStage, W, W, Channel::dns, "", kRfc,
     "The TLSRPT lookup got no answer in time.",
     "See that every authoritative server of the domain answers.", kDigTlsrpt},
    {"tlsrpt-multiple", kStage, W, W, kNone, "", kRfc,
     "More than one record begins v=TLSRPTv1; so senders report to none.",
     "Merge them into one record, its rua values separated by commas.", kDigTlsrpt},
    {"tlsrpt-version-invalid", kStage, W, W, kNone, "", kRfc,
     "The record does not begin with exactly v=TLSRPTv1, so senders ignore it.",
     "Begin the record with v=TLSRPTv1; .", kDigTlsrpt},
    {"tlsrpt-syntax", kStage, W, W, kNone, "", kRfc,
     "The record is outside the grammar, so senders ignore it.",
     "Rewrite the record as v=TLSRPTv1; rua=mailto:… .", kDigTlsrpt},
    {"tlsrpt-rua-missing", kStage, W, W, kNone, "", kRfc,
     "The record names no address to report to.", "Add rua=mailto:<address> or rua=https://… .",
     kDigTlsrpt},
    {"tlsrpt-rua-scheme", kStage, W, W, kNone, "", kRfc,
     "A report address uses another scheme than mailto or https, which senders ignore.",
     "Use a mailto: or https: address.", kDigTlsrpt},
    {"tlsrpt-rua-unencoded", kStage, W, W, kNone, "", kRfc,
     "A report address holds a character that must be percent-encoded.",
     "Write ! as %21, a comma as %2C and a semicolon as %3B inside the address.", kDigTlsrpt},
    {"tlsrpt-space-before-semicolon", kStage, W, W, kNone, "", kRfc,
     "A blank stands before a semicolon; senders that filter by \"v=TLSRPTv1;\" discard the "
     "record.",
     "Remove the blank before the semicolon.", kDigTlsrpt},
    {"tlsrpt-rua-spaces", kStage, W, W, kNone, "", kRfc,
     "Blanks stand around the commas of rua; some reporters do not strip them.",
     "Remove the blanks around the commas.", kDigTlsrpt},
    {"tlsrpt-rua-duplicate", kStage, W, W, kNone, "", kRfc,
     "The rua field stands twice; only the first counts, and some senders refuse the record.",
     "Join both into one rua, separated by a comma.", kDigTlsrpt},
    {"tlsrpt-rua-not-first", kStage, I, I, kNone, "", kRfc,
     "rua is not the first field behind the version; some reporters read only that one.",
     "Put rua directly behind the version.", kDigTlsrpt},
};

}  // namespace mtasts::verdict::rows::tlsrpt
