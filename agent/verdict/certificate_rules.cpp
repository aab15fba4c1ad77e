// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/certificate_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using protocol::ChainFault;
using protocol::PeerChain;

using std::chrono::milliseconds;

constexpr size_t kNameShown_bytes = 160;

std::string mismatch_message(const PeerChain& chain, const std::string& host) {
  const std::vector<std::string>& names = chain.leaf.dns_names;
  std::string wanted = printable(host, 253);
  std::string_view remark = chain.name_only_in_cn ? ", which appears only in the CN" : "";
  if (names.empty())
    return fmt::format("The certificate lists no DNS name, so it does not match {}{}", wanted,
                       remark);
  return fmt::format("The certificate is for {}, not for {}{}", listed(names, 6), wanted, remark);
}

// The subject of the certificate that has a fault; the leaf's where it is not known.
std::string culprit(const PeerChain& chain, size_t index) {
  bool known = index < chain.fault_subjects.size() && !chain.fault_subjects[index].empty();
  return printable(known ? chain.fault_subjects[index] : chain.leaf.subject, kNameShown_bytes);
}

bool is_of_authority(const PeerChain& chain, size_t index) {
  return index < chain.fault_subjects.size() && !chain.fault_subjects[index].empty() &&
         chain.fault_subjects[index] != chain.leaf.subject;
}

std::string date_message(const PeerChain& chain, size_t index, Time now) {
  const protocol::Certificate& leaf = chain.leaf;
  std::string issuer = printable(leaf.issuer, kNameShown_bytes);
  bool expired = chain.faults[index] == ChainFault::expired;
  if (expired && leaf.not_after < now)
    return fmt::format("The certificate expired on {}, {} ago (issued by {})",
                       rfc3339(leaf.not_after), about(now - Time(leaf.not_after)), issuer);
  std::string name = is_of_authority(chain, index) ? " " + culprit(chain, index) : "";
  if (expired)
    return fmt::format(
        "The CA certificate{} in the chain expired on {} (server certificate issued by {})", name,
        rfc3339(chain.chain_not_after), issuer);
  if (leaf.not_before <= now && !name.empty())
    return fmt::format("The CA certificate{} in the chain is not valid yet", name);
  return fmt::format("The certificate is not valid before {} (issued by {})",
                     rfc3339(leaf.not_before), issuer);
}

// "The server sends 2 certificates, but not …": names the certificate that is missing.
std::string incomplete_message(const PeerChain& chain) {
  const protocol::MissingIssuer& missing = chain.missing;
  std::string sent = fmt::format("The server sends {} certificate{}", chain.presented_count,
                                 chain.presented_count == 1 ? "" : "s");
  const std::string& subject = missing.subject.empty() ? chain.leaf.issuer : missing.subject;
  std::string wanted = printable(subject, kNameShown_bytes);
  std::string url =
      missing.url.empty() ? "" : fmt::format(", published at {}", printable(missing.url, 200));
  std::string issued =
      printable(missing.issued.empty() ? chain.leaf.subject : missing.issued, kNameShown_bytes);
  if (missing.sent_instead.empty())
    return fmt::format("{}, but not that of {}, the issuer of {}{}", sent, wanted, issued, url);
  if (missing.sent_instead == missing.subject)
    return fmt::format(
        "{}, of which that of {} has another key than the one that signed the certificate of {}{}",
        sent, wanted, issued, url);
  return fmt::format("{}, but not that of {}, the issuer of {}{}; that of {} does not belong there",
                     sent, wanted, issued, url, printable(missing.sent_instead, kNameShown_bytes));
}

std::string fault_message(const PeerChain& chain, size_t index, Time now) {
  std::string subject = culprit(chain, index);
  std::string leaf = printable(chain.leaf.subject, kNameShown_bytes);
  switch (chain.faults[index]) {
    case ChainFault::expired:
    case ChainFault::not_yet_valid:
      return date_message(chain, index, now);
    case ChainFault::self_signed:
      return fmt::format("The certificate of {} is self-signed", leaf);
    case ChainFault::untrusted:
      if (is_of_authority(chain, index))
        return fmt::format(
            "The chain ends in the root {}, which is not one of the roots that senders trust",
            subject);
      return fmt::format("The chain does not lead to a trusted root: issued by {} ({})",
                         printable(chain.leaf.issuer, kNameShown_bytes), chain.verify_error);
    case ChainFault::incomplete:
      return incomplete_message(chain);
    case ChainFault::name_constraint:
      return fmt::format("{} may not issue certificates for a name in the certificate of {}",
                         is_of_authority(chain, index) ? "The CA " + subject : "A CA of the chain",
                         leaf);
    case ChainFault::purpose:
      return fmt::format("The certificate of {} must not be used for TLS servers", subject);
    case ChainFault::not_a_ca:
      return fmt::format("The certificate of {} signs others but is not a CA certificate", subject);
    case ChainFault::path_length:
      return fmt::format("There are more CA certificates below that of {} than it allows", subject);
    case ChainFault::critical_extension:
      return fmt::format(
          "The certificate of {} has a critical extension that TLS clients do not "
          "know",
          subject);
    case ChainFault::bad_signature:
      return fmt::format("The signature of the certificate of {} does not match its issuer's key",
                         subject);
    case ChainFault::invalid:
      return fmt::format("The certificate of {} failed verification: {}", leaf, chain.verify_error);
  }
  return {};
}

std::string incomplete_fix(const PeerChain& chain) {
  const protocol::MissingIssuer& missing = chain.missing;
  if (missing.subject.empty()) return {};
  std::string wanted = printable(missing.subject, kNameShown_bytes);
  std::string url = missing.url.empty() ? "" : fmt::format(" ({})", printable(missing.url, 200));
  std::string fix =
      missing.sent_instead == missing.subject
          ? fmt::format(
                "In the server's certificate file, replace the certificate of {} by the one "
                "whose key signed the certificate of {}{}",
                wanted, printable(missing.issued, kNameShown_bytes), url)
          : fmt::format(
                "Append the certificate of {}{}, in PEM form, to the server's certificate "
                "file and reload the server",
                wanted, url);
  // Without a public log entry it may as well be a private CA, for which appending is no help.
  return chain.publicly_issued ? fix : fix + "; if it is a private CA, use a public one instead";
}

// Empty: the fix of the findings table fits.
std::string fault_fix(const PeerChain& chain, size_t index) {
  std::string subject = culprit(chain, index);
  bool authority = is_of_authority(chain, index);
  switch (chain.faults[index]) {
    case ChainFault::expired:
    case ChainFault::not_yet_valid:
      return authority ? fmt::format(
                             "Replace the CA certificate of {} in the server's certificate "
                             "file by the one that the CA provides today",
                             subject)
                       : std::string();
    case ChainFault::untrusted:
      return authority ? fmt::format(
                             "Use a certificate from a public CA; {} is a private CA, or "
                             "one that senders no longer trust",
                             subject)
                       : std::string();
    case ChainFault::incomplete:
      return incomplete_fix(chain);
    case ChainFault::not_a_ca:
    case ChainFault::path_length:
    case ChainFault::critical_extension:
    case ChainFault::bad_signature:
      return "Get a certificate from a public CA and serve it with the chain that the CA provides";
    case ChainFault::self_signed:
    case ChainFault::name_constraint:
    case ChainFault::purpose:
    case ChainFault::invalid:
      return {};
  }
  return {};
}

FindingCode code_of(const CertificateCodes& codes, ChainFault fault) {
  switch (fault) {
    case ChainFault::expired:
      return codes.expired;
    case ChainFault::not_yet_valid:
      return codes.not_yet_valid;
    case ChainFault::self_signed:
      return codes.self_signed;
    case ChainFault::incomplete:
      return codes.incomplete_chain;
    case ChainFault::name_constraint:
      return codes.name_constraint;
    case ChainFault::purpose:
      return codes.purpose;
    case ChainFault::untrusted:
    case ChainFault::not_a_ca:
    case ChainFault::path_length:
    case ChainFault::critical_extension:
    case ChainFault::bad_signature:
    case ChainFault::invalid:
      break;
  }
  return codes.untrusted;
}

}  // namespace

std::optional<Severity> expiry_severity(const PeerChain& chain, const CertificateLimits& limits) {
  const Thresholds& thresholds = limits.thresholds;
  const protocol::Certificate& leaf = chain.leaf;
  auto lifetime = std::chrono::duration_cast<milliseconds>(leaf.not_after - leaf.not_before);
  milliseconds left = Time(leaf.not_after) - limits.now;
  // An intermediate that expires before its leaf has no known lifetime here: only absolute limits
  // apply.
  bool chain_first = chain.chain_not_after < leaf.not_after;
  milliseconds chain_left =
      chain_first ? Time(chain.chain_not_after) - limits.now : milliseconds::max();
  if (left < std::min(thresholds.expiry_critical, lifetime / 10) ||
      chain_left < thresholds.expiry_critical)
    return Severity::critical;
  if (left < std::min(thresholds.expiry_warning, lifetime / 3) ||
      chain_left < thresholds.expiry_warning)
    return Severity::warning;
  return std::nullopt;
}

void judge_certificate(FindingCollector& findings, const PeerChain& chain,
                       const CertificateCodes& codes, const FindingDetails& where,
                       const CertificateLimits& limits) {
  auto with_message = [&](const FindingDetails& what, std::string message) {
    FindingDetails details = what;
    details.message = std::move(message) + std::string(limits.remark);
    return details;
  };
  for (size_t i = 0; i < chain.faults.size(); ++i) {
    FindingDetails what = with_message(where, fault_message(chain, i, limits.now));
    what.fix = fault_fix(chain, i);
    findings.add(code_of(codes, chain.faults[i]), std::move(what));
  }
  if (!chain.name_matches)
    findings.add(chain.name_only_in_cn ? codes.cn_only : codes.host_mismatch,
                 with_message(where, mismatch_message(chain, where.host)));

  bool dated = std::find(chain.faults.begin(), chain.faults.end(), ChainFault::expired) ==
               chain.faults.end();
  if (auto severity = expiry_severity(chain, limits); severity && dated) {
    bool leaf_ends = chain.leaf.not_after <= chain.chain_not_after;
    auto end = std::min(chain.leaf.not_after, chain.chain_not_after);
    FindingDetails what = with_message(
        where,
        fmt::format("{} expires on {}, in {} (issued by {})",
                    leaf_ends ? "The certificate" : "An intermediate certificate", rfc3339(end),
                    about(Time(end) - limits.now), printable(chain.leaf.issuer, 160)));
    what.severity = severity;
    findings.add(codes.expiring, std::move(what));
  }
  if (!chain.weak_key.empty())
    findings.add(codes.weak_key,
                 with_message(where, fmt::format("The certificate's key is {}", chain.weak_key)));
  if (!chain.weak_signature.empty())
    findings.add(
        codes.weak_signature,
        with_message(where, fmt::format("The chain is signed with {}", chain.weak_signature)));
  if (!chain.any_purpose.empty()) {
    FindingDetails what = with_message(
        where,
        fmt::format("The certificate of {} has the extended key usage anyExtendedKeyUsage "
                    "without serverAuth, which senders with OpenSSL, such as Postfix, refuse",
                    printable(chain.any_purpose, kNameShown_bytes)));
    what.severity = Severity::warning;  // Go and GnuTLS accept it
    findings.add(codes.purpose, std::move(what));
  }
}

}  // namespace mtasts::verdict
