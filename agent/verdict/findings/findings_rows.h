// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Common parts of the rows of the findings table. The rows are in *_rows.h, by stage, and are read
// through findings_table() and find_row() (finding.h). Only findings_table.cpp includes these
// headers.
#pragma once

#include "base/shell_command.h"
#include "verdict/findings/finding.h"

namespace mtasts::verdict::rows {

inline constexpr Severity C = Severity::critical;
inline constexpr Severity W = Severity::warning;
inline constexpr Severity I = Severity::info;
inline constexpr Severity U = Severity::unknown;

// Commands that show what the agent observed. verify_command() fills in the {placeholders}: {name}
// is a name from DNS and only behind -q, {host} a host name to connect to.
inline constexpr CommandTemplate kDigRecord =
    "dig {dns}+noall +answer +comments TXT _mta-sts.{domain}";
// A name that every working resolver knows.
inline constexpr CommandTemplate kDigResolver = "dig {dns}com NS";
inline constexpr CommandTemplate kHistory = "mtasts-exporter history {domain}";
inline constexpr CommandTemplate kDigTlsrpt =
    "dig {dns}+noall +answer +comments TXT _smtp._tls.{domain}";
inline constexpr CommandTemplate kDigMx = "dig {dns}+noall +answer +comments MX {domain}";
inline constexpr CommandTemplate kDigHost =
    "dig {dns}+noall +answer +comments -q {name} A -q {name} AAAA";
inline constexpr CommandTemplate kDigPolicyHost =
    "dig {dns}+noall +answer +comments {policy_host} A {policy_host} AAAA";
inline constexpr CommandTemplate kCurlPolicy =
    "curl -sS -i --max-time 30 {ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
inline constexpr CommandTemplate kCurlHttp1 =
    "curl -sS -i --http1.1 --max-time 30 "
    "{ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
inline constexpr CommandTemplate kCurlHead =
    "curl -sS -o /dev/null -D - --max-time 30 "
    "{ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
inline constexpr CommandTemplate kCurlWholeBody =
    "curl -sS -i --ignore-content-length -H \"Connection: close\" --max-time 30 "
    "{ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt";
inline constexpr CommandTemplate kCurlPolicyBytes =
    "curl -sS --max-time 30 {ca_cert}{connect_to}https://{policy_host}/.well-known/mta-sts.txt | "
    "cat -A";
inline constexpr CommandTemplate kPolicyCertificate =
    "openssl s_client -connect {connect} {ca_file}-servername {policy_host} -verify_hostname "
    "{policy_host} "
    "-showcerts </dev/null";
inline constexpr CommandTemplate kSmtpTls =
    "openssl s_client -starttls smtp -connect {connect} {ca_file}-servername {host} "
    "-verify_hostname {host} "
    "-showcerts </dev/null";
inline constexpr CommandTemplate kSmtpTlsWithoutSni =
    "openssl s_client -starttls smtp -connect {connect} {ca_file}-noservername "
    "-verify_hostname {host} "
    "-showcerts </dev/null";
inline constexpr CommandTemplate kSmtpTalk =
    "(sleep 8; printf 'EHLO check.example\\r\\n'; sleep 3; printf 'QUIT\\r\\n'; sleep 1) | nc {nc}";

}  // namespace mtasts::verdict::rows
