// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/result_guide.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/shell_command.h"

namespace mtasts::reports {
namespace {

using protocol::ResultType;

constexpr CommandTemplate kSmtp =
    "openssl s_client -starttls smtp -connect {mx}:25 -servername {mx} -verify_hostname {mx} "
    "-showcerts </dev/null";
constexpr CommandTemplate kTlsa = "dig +dnssec +noall +answer +comments TLSA _25._tcp.{mx}";
constexpr CommandTemplate kPolicy =
    "curl -sS -i --max-time 30 https://mta-sts.{domain}/.well-known/mta-sts.txt";
constexpr CommandTemplate kLint =
    "curl -sS --max-time 30 https://mta-sts.{domain}/.well-known/mta-sts.txt | mtasts-exporter "
    "lint policy -";
constexpr CommandTemplate kPolicyHost =
    "openssl s_client -connect mta-sts.{domain}:443 -servername mta-sts.{domain} -verify_hostname "
    "mta-sts.{domain} -showcerts </dev/null";
constexpr CommandTemplate kCheck = "mtasts-exporter check {domain}";

// {mx} and {domain} are filled in.
struct Texts {
  std::string_view cause;
  std::string_view fix;
  CommandTemplate verify;
};

// By ResultType.
constexpr std::array<Texts, protocol::kResultTypes.size()> kByType = {{
    {"{mx} did not offer STARTTLS to the sender, or a device in between removed it",
     "offer STARTTLS on {mx} to every client at every address, and turn off SMTP inspection in "
     "firewalls in front of it",
     kSmtp},
    {"the certificate of {mx} does not name the host that the sender connected to",
     "install a certificate on {mx} that has the host name among its subject alternative names",
     kSmtp},
    {"the certificate that {mx} presented has expired",
     "renew the certificate of {mx}, and reload the mail server so that it presents the new one",
     kSmtp},
    {"the sender does not trust the certificate of {mx}: an intermediate certificate is missing, "
     "or the issuer is no public certification authority",
     "let {mx} present a certificate of a public certification authority with all intermediate "
     "certificates",
     kSmtp},
    {"the TLS connection to {mx} failed for a reason that has no type of its own",
     "read the reason code, and look for the sender's network and the day in the log of {mx}",
     kSmtp},
    {"the TLSA records of {mx} are invalid, or none is usable or matches the certificate",
     "add a TLSA record \"3 1 1\" for the key that {mx} uses now, and remove records of old keys "
     "once the new record is seen everywhere",
     kTlsa},
    {"a DNS answer that the sender needs for {mx} failed DNSSEC validation",
     "repair DNSSEC of the zones of {domain} and {mx}: DS records that match the DNSKEY, and "
     "signatures that are in date",
     kTlsa},
    {"the sender demands DANE, and found no usable TLSA records for {mx}",
     "publish TLSA records for {mx} in a signed zone, or ask the sender why it demands DANE",
     kTlsa},
    {"the sender found the MTA-STS record of {domain}, but could not fetch the policy",
     "serve https://mta-sts.{domain}/.well-known/mta-sts.txt with status 200 to everybody, without "
     "redirects, at every address of the host",
     kPolicy},
    {"the sender fetched the policy of {domain}, but could not use it",
     "correct the lines of the policy that lint names, then change the id of _mta-sts.{domain}",
     kLint},
    {"the certificate of mta-sts.{domain} is expired, not trusted, or of another name",
     "install a certificate of a public certification authority for mta-sts.{domain} with all "
     "intermediate certificates",
     kPolicyHost},
    {"the sender reports a type of failure that RFC 8460 does not define",
     "read the reason code, and compare with what a check of {domain} finds", kCheck},
}};

// A part of failure-reason-code, in lower case; `type` is the one it is sent with, `other`: any.
struct Reason {
  std::string_view part;
  ResultType type;
  Texts texts;
};

constexpr auto kAny = ResultType::other;
constexpr auto kReasons = std::to_array<Reason>({
    {"mx-mismatch",
     kAny,
     {"the sender's copy of the MTA-STS policy of {domain} does not list {mx}",
      "if {mx} receives mail for {domain}, add it to the mx lines of the policy and change the id "
      "of _mta-sts.{domain}; otherwise remove it from the MX records",
      kCheck}},
    {"dane-no-match",
     kAny,
     {"no TLSA record of {mx} matches the certificate that the host presented",
      "add a TLSA record \"3 1 1\" for the key that {mx} uses now, beside the records there are",
      kTlsa}},
    {"unusable-records",
     kAny,
     {"{mx} has TLSA records, but none that a mail server can use (RFC 7672 section 3.1)",
      "add a TLSA record \"3 1 1\" for the key that {mx} uses now", kTlsa}},
    {"fallback-to-cached-policy",
     ResultType::sts_policy_fetch_error,
     {"the sender could not fetch the policy of {domain} and went on with an older copy, so mail "
      "was still delivered",
      "serve https://mta-sts.{domain}/.well-known/mta-sts.txt with status 200 to everybody before "
      "the senders' copies expire",
      kPolicy}},
    {"back-off-after-recent-fetch-error",
     ResultType::sts_policy_fetch_error,
     {"the sender failed to fetch the policy of {domain} shortly before, and did not try again yet",
      "serve https://mta-sts.{domain}/.well-known/mta-sts.txt with status 200 to everybody, "
      "without "
      "redirects, at every address of the host",
      kPolicy}},
    {"bad https response code",
     ResultType::sts_policy_fetch_error,
     {"the web server of mta-sts.{domain} answered the sender with another HTTP status than 200",
      "serve https://mta-sts.{domain}/.well-known/mta-sts.txt with status 200 to every client, and "
      "exempt the path from redirects and bot protection",
      kPolicy}},
    {"tls-remote-alert-70",
     kAny,
     {"{mx} and the sender have no version of TLS in common", "enable TLS 1.2 and TLS 1.3 on {mx}",
      kSmtp}},
    {"timeout-during-handshake",
     kAny,
     {"{mx} did not finish the TLS handshake within the sender's time limit",
      "look for overload of {mx}, or a firewall in front of it that drops large packets", kSmtp}},
    {"starttls-reply-code",
     kAny,
     {"{mx} offered STARTTLS, but refused the command",
      "look in the log of {mx} for errors when it loads its certificate or key", kSmtp}},
});

// OpenSSL's names, which some senders report as validation-failure instead of the type.
struct NamedType {
  std::string_view part;
  ResultType type;
};
constexpr NamedType kOpensslNames[] = {
    {"x509_v_err_cert_has_expired", ResultType::certificate_expired},
    {"x509_v_err_hostname_mismatch", ResultType::certificate_host_mismatch},
    {"x509_v_err_unable_to_get_issuer_cert_locally", ResultType::certificate_not_trusted},
};

// RFC 7672 §3.1: with DANE the TLSA records decide which certificate is right, not a public CA, and
// a new key that no record matches breaks what worked.
constexpr Texts kNameUnderDane = {
    "the certificate of {mx} does not name the host, which TLSA records of usage 2 (DANE-TA) "
    "demand",
    "install a certificate on {mx} that has the host name among its subject alternative names, "
    "after a TLSA record that matches it was published",
    kSmtp};
constexpr Texts kExpiredUnderDane = {
    "the certificate that {mx} presented has expired, which counts with TLSA records of usage 2 "
    "(DANE-TA)",
    "renew the certificate of {mx}, and publish a TLSA record that matches the new one before it "
    "is installed",
    kSmtp};
constexpr Texts kTrustUnderDane = {
    "the certificate that {mx} presented does not lead to a key that the TLSA records of the host "
    "name",
    "add a TLSA record \"3 1 1\" for the key that {mx} uses now, beside the records there are",
    kTlsa};

constexpr Texts kForeignHost = {
    "the sender delivered to {mx}, which is no MX host of {domain} now",
    "find out why senders deliver to {mx}, which is no MX host of {domain}: it may be a former "
    "one, or their DNS answers are forged",
    "dig +noall +answer +comments MX {domain}"};

constexpr Texts kUnexplained = {
    "the TLS connection to {mx} failed for a reason that has no type of its own, and the report "
    "does not tell it",
    "look for the sender's network and the day in the log of {mx}; also check that the policy of "
    "{domain} lists {mx}, because senders report a missing mx line with this type",
    kCheck};

ResultType type_of(const FailureRow& failure, const std::string& reason) {
  if (failure.type == ResultType::other)
    return result_type_of_code(failure.type_text)
        .value_or(result_type_of_code(failure.reason).value_or(failure.type));
  if (failure.type == ResultType::validation_failure)
    for (const NamedType& named : kOpensslNames)
      if (reason.find(named.part) != std::string::npos) return named.type;
  return failure.type;
}

const Texts* texts_under_dane(ResultType type) {
  switch (type) {
    case ResultType::certificate_host_mismatch:
      return &kNameUnderDane;
    case ResultType::certificate_expired:
      return &kExpiredUnderDane;
    case ResultType::certificate_not_trusted:
      return &kTrustUnderDane;
    default:
      return nullptr;
  }
}

const Texts& texts_for(const FailureRow& failure) {
  const std::string reason = ascii_lower(failure.reason);
  const ResultType type = type_of(failure, reason);
  if (!reason.empty())
    for (const Reason& row : kReasons)
      if ((row.type == kAny || row.type == type) && reason.find(row.part) != std::string::npos)
        return row.texts;
  if (failure.policy_type == protocol::ReportPolicyType::tlsa)
    if (const Texts* texts = texts_under_dane(type)) return *texts;
  if (type == ResultType::validation_failure && reason.empty()) return kUnexplained;
  return kByType[static_cast<size_t>(type)];
}

std::string filled(std::string_view text, std::string_view mx, std::string_view domain) {
  std::string out;
  while (!text.empty()) {
    size_t brace = std::min(text.find('{'), text.size());
    out += text.substr(0, brace);
    text.remove_prefix(brace);
    if (text.empty()) break;
    bool is_mx = text.starts_with("{mx}");
    out += is_mx ? mx : domain;
    text.remove_prefix(text.find('}') + 1);
  }
  return out;
}

// Empty: it is none.
std::string host_name(std::string_view text) {
  auto name = DomainName::parse(text);
  return name ? name->text() : std::string();
}

bool names(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

}  // namespace

std::optional<ResultType> result_type_of_code(std::string_view code) {
  struct Code {
    std::string_view number;
    ResultType type;
  };
  static constexpr Code kCodes[] = {
      {"201", ResultType::starttls_not_supported},
      {"202", ResultType::certificate_host_mismatch},
      {"203", ResultType::certificate_not_trusted},
      {"204", ResultType::certificate_expired},
      {"205", ResultType::validation_failure},
      {"301", ResultType::sts_policy_fetch_error},
      {"302", ResultType::sts_policy_invalid},
      {"303", ResultType::sts_webpki_invalid},
      {"304", ResultType::tlsa_invalid},
      {"305", ResultType::dnssec_invalid},
      {"306", ResultType::dane_required},
  };
  for (const Code& one : kCodes)
    if (one.number == code) return one.type;
  return std::nullopt;
}

HostOwner owner_of(std::string_view host, const std::vector<std::string>& own_hosts) {
  if (host.empty() || own_hosts.empty()) return HostOwner::unknown;
  bool own = std::find(own_hosts.begin(), own_hosts.end(), host) != own_hosts.end();
  return own ? HostOwner::own : HostOwner::foreign;
}

ResultGuide result_guide(const FailureRow& failure, std::string_view domain, HostOwner owner) {
  const Texts* texts = &texts_for(failure);
  std::string mx = host_name(failure.receiving_mx);
  std::string name = host_name(domain);
  if (owner == HostOwner::foreign && !mx.empty() && names(texts->fix, "{mx}"))
    texts = &kForeignHost;
  std::string shown_mx = mx.empty() ? "the MX host" : mx;
  std::string shown_domain = name.empty() ? "DOMAIN" : name;
  ResultGuide guide;
  guide.cause = filled(texts->cause, shown_mx, shown_domain);
  guide.fix = filled(texts->fix, shown_mx, shown_domain);
  const auto shown =
      name.empty() ? CommandValue::to_be_replaced("DOMAIN") : CommandValue::host(name);
  guide.verify =
      name.empty() && names(texts->verify.text(), "{domain}")
          ? ""
          : shell_command(texts->verify, {{"mx", CommandValue::host(mx)}, {"domain", shown}});
  // A check looks at every MX host.
  if (guide.verify.empty()) guide.verify = shell_command(kCheck, {{"domain", shown}});
  return guide;
}

ResultGuide result_guide(const FailureSummary& failure, protocol::ReportPolicyType policy_type,
                         std::string_view domain, HostOwner owner) {
  FailureRow row;
  row.policy_type = policy_type;
  row.type = failure.type;
  row.type_text = failure.type_text;
  row.receiving_mx = failure.receiving_mx;
  row.reason = failure.reason;
  return result_guide(row, domain, owner);
}

ResultGuide result_guide(const FailureSummary& failure, std::string_view domain, HostOwner owner) {
  auto most = protocol::ReportPolicyType::sts;
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes)
    if (failure.sessions[static_cast<size_t>(type)].failed >
        failure.sessions[static_cast<size_t>(most)].failed)
      most = type;
  return result_guide(failure, most, domain, owner);
}

}  // namespace mtasts::reports
