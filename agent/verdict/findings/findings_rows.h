// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Common parts of the rows of the findings table. The rows are in *_rows.h, by stage, and are read
// through findings_table() and find_row() (finding.h). Only findings_table.cpp includes these
// headers.
#pragma once

#include <string_view>

#include "verdict/findings/finding.h"

namespace mtasts::verdict::rows {

inline constexpr Severity C = Severity::critical;
inline constexpr Severity W = Severity::warning;
inline constexpr Severity I = Severity::info;
inline constexpr Severity U = Severity::unknown;

// Commands that show what the agent observed. verify_command() fills in the {placeholders}.
inline constexpr std::string_view kDigRecord =
    "dig {dns}+noall +answer +comments TXT _mta-sts.{domain}";
inline constexpr std::string_view kHistory = "mtasts-exporter history {domain}";
inline constexpr std::string_view kDigTlsrpt =
    "dig {dns}+noall +answer +comments TXT _smtp._tls.{domain}";
inline constexpr std::string_view kDigMx = "dig {dns}+noall +answer +comments MX {domain}";
inline constexpr std::string_view kDigHost =
    "dig {dns}+noall +answer +comments {host} A {host} AAAA";
inline constexpr std::string_view kDigPolicyHost =
    "dig {dns}+noall +answer +comments {policy_host} A {policy_host} AAAA";
inline constexpr std::string_view kCurlPolicy =
    "curl -sS -i --max-time 30 {ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
inline constexpr std::string_view kCurlHttp1 =
    "curl -sS -i --http1.1 --max-time 30 "
    "{ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
inline constexpr std::string_view kCurlHead =
    "curl -sS -o /dev/null -D - --max-time 30 "
    "{ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
inline constexpr std::string_view kCurlWholeBody =
    "curl -sS -i --ignore-content-length -H \"Connection: close\" --max-time 30 "
    "{ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
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
inline constexpr std::string_view kSmtpTlsWithoutSni =
    "openssl s_client -starttls smtp -connect {connect} {ca_file}-noservername "
    "-verify_hostname {host} "
    "-showcerts </dev/null";
inline constexpr std::string_view kSmtpTalk =
    "(sleep 8; printf 'EHLO check.example\\r\\n'; sleep 3; printf 'QUIT\\r\\n'; sleep 1) | nc {nc}";

}  // namespace mtasts::verdict::rows
