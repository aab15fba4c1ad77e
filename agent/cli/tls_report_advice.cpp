// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/tls_report_advice.h"

#include <fmt/format.h>

#include <array>

#include "base/ascii.h"
#include "base/domain_name.h"

namespace mtasts::cli {
namespace {

using protocol::ReportFailure;
using protocol::ResultType;

// Templates; {mx} and {domain} are filled in.
struct Row {
  std::string_view reason;  // part of failure-reason-code, lower case; "": any
  ResultType type;          // for any reason; ignored where there is a reason
  std::string_view cause;
  std::string_view fix;
  std::string_view verify;
};

constexpr std::string_view kSmtp =
    "openssl s_client -starttls smtp -connect {mx}:25 -servername {mx} -verify_hostname {mx} "
    "-showcerts </dev/null";
constexpr std::string_view kTlsa = "dig +dnssec +noall +answer +comments TLSA _25._tcp.{mx}";
constexpr std::string_view kPolicy =
    "curl -sS -i --max-time 30 https://mta-sts.{domain}/.well-known/mta-sts.txt";
constexpr std::string_view kLint =
    "curl -sS --max-time 30 https://mta-sts.{domain}/.well-known/mta-sts.txt | mtasts-exporter "
    "lint "
    "policy -";
constexpr std::string_view kPolicyHost =
    "openssl s_client -connect mta-sts.{domain}:443 -servername mta-sts.{domain} -verify_hostname "
    "mta-sts.{domain} -showcerts </dev/null";
constexpr std::string_view kCheck = "mtasts-exporter check {domain}";

// Reason codes are free text; these are of senders whose code is public.
constexpr std::array kReasons = {
    Row{"mx-mismatch", ResultType::other,
        "The sender's copy of the MTA-STS policy does not list the MX host {mx}.",
        "If {mx} is yours, add it to the mx lines of the policy and change the id of the record "
        "_mta-sts.{domain}; otherwise remove it from the MX records.",
        kCheck},
    Row{"dane-no-match", ResultType::other,
        "No TLSA record of {mx} matches the certificate that the host presents.",
        "Publish a TLSA record \"3 1 1\" for the key that {mx} uses now, beside those there are.",
        kTlsa},
    Row{"unusable-records", ResultType::other,
        "{mx} has TLSA records, but none that a mail server can use (RFC 7672 section 3.1).",
        "Publish a TLSA record \"3 1 1\" for the key that {mx} uses now.", kTlsa},
    Row{"tls-remote-alert-70", ResultType::other,
        "{mx} and the sender have no version of TLS in common.",
        "Enable TLS 1.2 and TLS 1.3 on {mx}.", kSmtp},
    Row{"timeout-during-handshake", ResultType::other,
        "{mx} did not finish the TLS handshake in the sender's time limit.",
        "Look for overload, or for a firewall in front of {mx} that drops large packets.", kSmtp},
    Row{"starttls-reply-code", ResultType::other, "{mx} offered STARTTLS, but refused the command.",
        "Look in the log of {mx} for errors when it loads its certificate or key.", kSmtp},
};

constexpr std::array kTypes = {
    Row{"", ResultType::starttls_not_supported,
        "{mx} did not offer STARTTLS to the sender, or a device in between removed it.",
        "Offer STARTTLS on {mx} to every client and at every address, and turn off SMTP "
        "inspection in firewalls in front of it.",
        kSmtp},
    Row{"", ResultType::certificate_host_mismatch,
        "The certificate of {mx} does not name the host that the sender connected to.",
        "Install a certificate on {mx} that has this name among its subject alternative names.",
        kSmtp},
    Row{"", ResultType::certificate_expired, "The certificate of {mx} has expired.",
        "Renew the certificate of {mx}, and reload the mail server so that it presents the new "
        "one.",
        kSmtp},
    Row{"", ResultType::certificate_not_trusted,
        "The sender does not trust the certificate of {mx}: an intermediate certificate is "
        "missing, or the issuer is no public certification authority.",
        "Let {mx} present a certificate of a public certification authority together with all "
        "intermediate certificates.",
        kSmtp},
    Row{"", ResultType::validation_failure,
        "The TLS connection to {mx} failed for a reason that has no type of its own.",
        "Read the reason code, and find the sender's address and time in the log of {mx}.", kSmtp},
    Row{"", ResultType::tlsa_invalid,
        "The TLSA records of {mx} are invalid, or none can be used or matches the certificate.",
        "Publish a TLSA record \"3 1 1\" for the key that {mx} uses now.", kTlsa},
    Row{"", ResultType::dnssec_invalid,
        "A DNS answer that the sender needs for {mx} fails DNSSEC validation.",
        "Repair DNSSEC of the zones of {domain} and {mx}: DS records that match the DNSKEY, and "
        "signatures that are in date.",
        kTlsa},
    Row{"", ResultType::dane_required,
        "The sender demands DANE, and {mx} has no usable TLSA records.",
        "Publish TLSA records for {mx} in a signed zone, or ask the sender why it demands DANE.",
        kTlsa},
    Row{"", ResultType::sts_policy_fetch_error,
        "The sender found a record for MTA-STS, but could not fetch the policy of {domain}.",
        "Serve https://mta-sts.{domain}/.well-known/mta-sts.txt with status 200 to everybody, "
        "without redirects, at every address of the host.",
        kPolicy},
    Row{"", ResultType::sts_policy_invalid,
        "The sender fetched the policy of {domain}, but could not use it.",
        "Correct the lines of the policy that lint names.", kLint},
    Row{"", ResultType::sts_webpki_invalid,
        "The certificate of mta-sts.{domain} is expired, not trusted, or of another name.",
        "Install a certificate of a public certification authority for mta-sts.{domain} with all "
        "intermediate certificates.",
        kPolicyHost},
    Row{"", ResultType::other, "The sender reports a type that RFC 8460 does not define.",
        "Read the reason code, and compare with what a check of {domain} finds.", kCheck},
};

const Row& row_of(const ReportFailure& failure) {
  const std::string reason = ascii_lower(failure.failure_reason_code);
  for (const Row& row : kReasons)
    if (reason.find(row.reason) != std::string::npos) return row;
  for (const Row& row : kTypes)
    if (row.type == failure.type) return row;
  return kTypes.back();
}

std::string filled(std::string_view text, std::string_view mx, std::string_view domain) {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("{mx}")) {
      out += mx;
      text.remove_prefix(4);
    } else if (text.starts_with("{domain}")) {
      out += domain;
      text.remove_prefix(8);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

// Safe to paste into a shell; empty: no host name.
std::string host_name(const std::string& text) {
  auto name = DomainName::parse(text);
  return name ? name->text() : std::string();
}

std::string with_capital(std::string text) {
  if (!text.empty()) text.front() = ascii_upper(text.front());
  return text;
}

}  // namespace

FailureAdvice advice_on(const protocol::ReportPolicy& policy, const OfflinePolicy& read,
                        const ReportFailure& failure) {
  const Row& row = row_of(failure);
  std::string mx = host_name(failure.receiving_mx_hostname);
  // RFC 8460 §1.1: the domain of a TLSA policy is that of the TLSA records, the MX host.
  if (mx.empty() && policy.type == protocol::ReportPolicyType::tlsa) mx = host_name(read.domain);
  const std::string domain = host_name(read.domain);
  const std::string named_mx = mx.empty() ? "the MX host" : mx;
  const std::string named_domain = domain.empty() ? "the domain" : domain;
  FailureAdvice advice;
  advice.cause = with_capital(filled(row.cause, named_mx, named_domain));
  advice.fix = with_capital(filled(row.fix, named_mx, named_domain));
  const bool names_all = (row.verify.find("{mx}") == std::string_view::npos || !mx.empty()) &&
                         (row.verify.find("{domain}") == std::string_view::npos || !domain.empty());
  // A check looks at every MX host.
  advice.verify = filled(names_all ? row.verify : kCheck, mx, domain.empty() ? "DOMAIN" : domain);
  return advice;
}

}  // namespace mtasts::cli
