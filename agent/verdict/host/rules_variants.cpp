// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What one MX host presents to clients that offer something else than the agent usually does: the
// certificate of the other algorithm, and the one without SNI.
#include <fmt/format.h>

#include "base/printable.h"
#include "verdict/certificate_rules.h"
#include "verdict/host/host_rules.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using protocol::PeerChain;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;

// "RSA" of "RSA" and "RSA-PSS", "EC" of "EC P-256".
std::string_view algorithm_of(const PeerChain& chain) {
  std::string_view type = chain.leaf.key_type;
  return type.substr(0, type.find_first_of(" -"));
}

// The observation is about the certificate that the address presents now.
const SmtpAttempt* usual_attempt(const MxHostEvidence& host) {
  for (const SmtpAttempt& attempt : host.attempts)
    if (attempt.address == host.variants->address && attempt.status == SmtpStatus::ok &&
        attempt.chain != nullptr &&
        attempt.chain->leaf.fingerprint_sha256 == host.variants->certificate)
      return &attempt;
  return nullptr;
}

FindingDetails about(const HostContext& context, std::string message) {
  return {.message = std::move(message),
          .host = context.host.host,
          .address = context.host.variants->address,
          .address_in_subject = false};
}

void judge_other_algorithm(HostContext& context, const PeerChain& usual) {
  const SmtpAttempt& attempt = context.host.variants->other_algorithm;
  if (attempt.status != SmtpStatus::ok || attempt.chain == nullptr) return;
  const PeerChain& other = *attempt.chain;
  if (algorithm_of(other) == algorithm_of(usual)) return;
  context.findings.add(
      "cert-multiple-algorithms",
      about(context,
            fmt::format("{} presents a certificate with a key of type {} (not after {}) "
                        "or, to clients that accept only that, one of type {} (not after "
                        "{})",
                        attempt.address.text(), printable(usual.leaf.key_type, 40),
                        date_text(usual.leaf.not_after), printable(other.leaf.key_type, 40),
                        date_text(other.leaf.not_after))));
  std::string remark =
      fmt::format(" (the {} certificate, which clients without {} get)",
                  printable(algorithm_of(other), 20), printable(algorithm_of(usual), 20));
  judge_certificate(context.findings, other, kMxCertificateCodes, about(context, ""),
                    {context.thresholds, context.now, remark});
}

std::string presented(const PeerChain& chain, const std::string& host) {
  if (!chain.name_matches && !chain.leaf.dns_names.empty())
    return fmt::format("presents a certificate for {}, not for {}", listed(chain.leaf.dns_names, 3),
                       printable(host, 253));
  return fmt::format("presents a certificate of {} that does not verify ({})",
                     printable(chain.leaf.subject, 160), protocol::failure_of(chain));
}

// RFC 8461 §7.1: senders with MTA-STS send SNI, and a server may rely on it to choose; it must not
// refuse clients that do not.
void judge_without_server_name(HostContext& context, const PeerChain& usual) {
  const SmtpAttempt& attempt = context.host.variants->without_server_name;
  if (!usual.verified()) return;
  std::string what;
  bool fails = attempt.status == SmtpStatus::tls_failed || attempt.status == SmtpStatus::tls_closed;
  if (fails)
    what = fmt::format("fails the TLS handshake ({})", printable(attempt.detail, 160));
  else if (attempt.status == SmtpStatus::ok && attempt.chain != nullptr &&
           !attempt.chain->verified())
    what = presented(*attempt.chain, context.host.host);
  if (what.empty()) return;
  FindingDetails details = about(
      context, fmt::format("Without SNI, {} {}: MTA-STS and DANE senders send SNI and are not "
                           "affected, senders that verify by a rule of their own often do not",
                           attempt.address.text(), what));
  // A default certificate for another name is common where one server has many names, and allowed.
  if (!fails) details.severity = Severity::info;
  context.findings.add("smtp-tls-sni-required", std::move(details));
}

}  // namespace

void judge_variants(HostContext& context) {
  if (context.host.variants == nullptr) return;
  const SmtpAttempt* usual = usual_attempt(context.host);
  if (usual == nullptr) return;
  judge_other_algorithm(context, *usual->chain);
  judge_without_server_name(context, *usual->chain);
}

}  // namespace mtasts::verdict
