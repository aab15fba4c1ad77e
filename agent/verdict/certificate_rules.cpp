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

std::string mismatch_message(const PeerChain& chain, const std::string& host) {
  const std::vector<std::string>& names = chain.leaf.dns_names;
  std::string wanted = printable(host, 253);
  std::string_view remark = chain.name_only_in_cn ? ", which appears only in the CN" : "";
  if (names.empty())
    return fmt::format("The certificate lists no DNS name, so it does not match {}{}", wanted,
                       remark);
  return fmt::format("The certificate is for {}, not for {}{}", listed(names, 6), wanted, remark);
}

std::string fault_message(const PeerChain& chain, ChainFault fault, Time now) {
  const protocol::Certificate& leaf = chain.leaf;
  std::string issuer = printable(leaf.issuer, 160);
  switch (fault) {
    case ChainFault::expired:
      if (leaf.not_after < now)
        return fmt::format("The certificate expired on {}, {} ago (issued by {})",
                           rfc3339(leaf.not_after), about(now - Time(leaf.not_after)), issuer);
      return fmt::format(
          "A CA certificate in the chain expired on {} (server certificate issued by {})",
          rfc3339(chain.chain_not_after), issuer);
    case ChainFault::not_yet_valid:
      return fmt::format("The certificate is not valid before {} (issued by {})",
                         rfc3339(leaf.not_before), issuer);
    case ChainFault::self_signed:
      return fmt::format("The certificate of {} is self-signed", printable(leaf.subject, 160));
    case ChainFault::untrusted:
      return fmt::format("The chain does not lead to a trusted root: issued by {} ({})", issuer,
                         chain.verify_error);
    case ChainFault::incomplete:
      return fmt::format(
          "The server sends {} certificate{}, but not the certificate of the issuer {} ({})",
          chain.presented_count, chain.presented_count == 1 ? "" : "s", issuer, chain.verify_error);
    case ChainFault::invalid:
      return fmt::format("The certificate of {} failed verification: {}",
                         printable(leaf.subject, 160), chain.verify_error);
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
    case ChainFault::untrusted:
    case ChainFault::invalid:
      break;
  }
  return codes.untrusted;
}

FindingDetails with_message(const FindingDetails& where, std::string message) {
  FindingDetails what = where;
  what.message = std::move(message);
  return what;
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
  for (ChainFault fault : chain.faults)
    findings.add(code_of(codes, fault),
                 with_message(where, fault_message(chain, fault, limits.now)));
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
}

}  // namespace mtasts::verdict
