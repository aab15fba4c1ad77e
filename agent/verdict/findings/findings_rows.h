// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The rows of the findings table, in the files of their rooms of the mail path. Read them through
// findings_table() and find_row() (finding.h); this header is for the verdict room alone.
#pragma once

#include <span>

#include "verdict/findings/finding.h"

namespace mtasts::verdict::rows {

inline constexpr Severity C = Severity::critical;
inline constexpr Severity W = Severity::warning;
inline constexpr Severity I = Severity::info;
inline constexpr Severity U = Severity::unknown;

// Commands that show what the agent saw. {placeholders} are filled in by verify_command().
inline constexpr std::string_view kDigRecord =
    "dig {dns}+noall +answer +comments TXT _mta-sts.{domain}";
inline constexpr std::string_view kHistory = "mtasts-exporter history {domain}";
inline constexpr std::string_view kDigTlsrpt =
    "dig {dns}+noall +answer +comments TXT _smtp._tls.{domain}";
inline constexpr std::string_view kDigMx = "dig {dns}+noall +answer +comments MX {domain}";
inline constexpr std::string_view kDigHost =
    "dig {dns}+noall +answer +comments {host} A {host} AAAA";
inline constexpr std::string_view kCurlPolicy =
    "curl -sS -i --max-time 30 {ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
inline constexpr std::string_view kCurlPolicyBytes =
    "curl -sS --max-time 30 {ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt | "
    "cat -A";
inline constexpr std::string_view kPolicyCertificate =
    "openssl s_client -connect {connect} {ca_file}-servername {policy_host} -verify_hostname "
    "{policy_host} "
    "-showcerts </dev/null";
inline constexpr std::string_view kSmtpTls =
    "openssl s_client -starttls smtp -connect {connect} {ca_file}-servername {host} "
    "-verify_hostname {host} "
    "-showcerts </dev/null";
inline constexpr std::string_view kSmtpTalk =
    "(sleep 8; printf 'EHLO check.example\\r\\n'; sleep 3; printf 'QUIT\\r\\n'; sleep 1) | nc {nc}";

std::span<const FindingRow> record_rows();
std::span<const FindingRow> policy_rows();  // policy_fetch, policy_certificate
std::span<const FindingRow> syntax_rows();  // policy_syntax
std::span<const FindingRow> change_rows();  // change
std::span<const FindingRow> mx_rows();      // mx
std::span<const FindingRow> smtp_rows();    // smtp, mx_certificate
std::span<const FindingRow> tlsrpt_rows();

}  // namespace mtasts::verdict::rows
