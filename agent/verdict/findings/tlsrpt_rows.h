// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::tlsrpt {

inline constexpr Stage kStage = Stage::tlsrpt;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;
inline constexpr std::string_view kRfc = "RFC 8460 §3";

inline constexpr CommandTemplate kDigMxOfHost =
    "dig {dns}+noall +answer +comments -q {name} MX -q {name} A -q {name} AAAA";
inline constexpr CommandTemplate kConnectReportHost =
    "openssl s_client -connect {connect} {ca_file}-servername {host} </dev/null";

inline constexpr FindingRow kRows[] = {
    {"tlsrpt-missing", kStage, W, W, kNone, "", kRfc,
     "There is no TLSRPT record, so senders do not report delivery failures.",
     "Publish a TXT record at _smtp._tls.<domain> such as \"v=TLSRPTv1; "
     "rua=mailto:tlsrpt@<domain>\".",
     kDigTlsrpt},
    {"tlsrpt-servfail", kStage, W, W, ChannelKind::dns, "", kRfc,
     "The TLSRPT lookup fails with a DNS error, which is not the same as a missing record.",
     "Fix the zone or its DNSSEC signatures.", kDigTlsrpt},
    {"tlsrpt-timeout", kStage, W, W, ChannelKind::dns, "", kRfc,
     "The TLSRPT lookup received no response in time.",
     "Make sure that every authoritative server for the domain responds.", kDigTlsrpt},
    {"tlsrpt-multiple", kStage, W, W, kNone, "", kRfc,
     "More than one record begins with v=TLSRPTv1, so senders must act as if there were none.",
     "Merge them into one record, with the rua values separated by commas.", kDigTlsrpt},
    {"tlsrpt-version-invalid", kStage, W, W, kNone, "", kRfc,
     "The record does not begin with exactly v=TLSRPTv1, so senders ignore it.",
     "Begin the record with v=TLSRPTv1 and a semicolon.", kDigTlsrpt},
    {"tlsrpt-syntax", kStage, W, W, kNone, "", kRfc,
     "The record does not follow the grammar, so senders ignore it.",
     "Rewrite the record as v=TLSRPTv1; rua=mailto:… .", kDigTlsrpt},
    {"tlsrpt-rua-missing", kStage, W, W, kNone, "", kRfc,
     "The record specifies no address for reports.", "Add rua=mailto:<address> or rua=https://… .",
     kDigTlsrpt},
    {"tlsrpt-rua-scheme", kStage, W, W, kNone, "", kRfc,
     "A report address uses a scheme other than mailto or https, so senders ignore it.",
     "Use a mailto: or https: address.", kDigTlsrpt},
    {"tlsrpt-rua-unencoded", kStage, W, W, kNone, "", kRfc,
     "A report address contains a character that must be percent-encoded.",
     "Write ! as %21, a comma as %2C and a semicolon as %3B inside the address.", kDigTlsrpt},
    {"tlsrpt-space-before-semicolon", kStage, W, W, kNone, "", kRfc,
     "There is whitespace before the first semicolon, so the record does not begin with "
     "\"v=TLSRPTv1;\", by which senders find it.",
     "Remove the whitespace before the semicolon.", kDigTlsrpt},
    {"tlsrpt-rua-spaces", kStage, W, W, kNone, "", kRfc,
     "There is whitespace around the commas of rua; every tested sender reads URIs without it.",
     "Remove the whitespace around the commas.", kDigTlsrpt},
    {"tlsrpt-rua-duplicate", kStage, W, W, kNone, "", kRfc,
     "The rua field appears twice; some senders report to all URIs, others to those of the first "
     "field alone.",
     "Merge both into one rua field, separated by a comma.", kDigTlsrpt},
    {"tlsrpt-rua-not-first", kStage, I, I, kNone, "", kRfc,
     "rua is not the first field after the version, where every tested sender reads it.",
     "Move rua directly after the version.", kDigTlsrpt},
    {"tlsrpt-unrelated-records", kStage, W, W, kNone, "", kRfc,
     "There is another TXT record that some senders count as a second TLSRPT record and then send "
     "no reports.",
     "Keep one record, with the rua values separated by commas.", kDigTlsrpt},
    {"tlsrpt-rua-fragile", kStage, I, I, kNone, "", kRfc,
     "A report address is a valid URI, but a named reader spoils or refuses it.",
     "Use a plain mailto: or https: URI, without a query, a user name or an equals sign.",
     kDigTlsrpt},
    {"tlsrpt-rua-mailto-no-mx", kStage, W, W, kNone, "", "RFC 8460 §3, §5.3",
     "The domain of a report address cannot receive mail, so reports do not arrive.",
     "Use a report address in a domain that receives mail.", kDigMxOfHost},
    {"tlsrpt-rua-https-unreachable", kStage, W, W, kNone, "", "RFC 8460 §3, §5.4",
     "The host of a report URL cannot be reached over HTTPS, so reports do not arrive.",
     "Make the host reachable on port 443, or replace the report URL.", kConnectReportHost},
};

}  // namespace mtasts::verdict::rows::tlsrpt
