// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// dane-sts-conflict: senders with DANE apply it first, and MTA-STS must not override it (RFC 8461
// §2), so one host can be perfect for one group of senders and dead for the other.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/dane_rules.h"
#include "verdict/host/host_verdict.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

constexpr std::string_view kDaneSenders = "senders with DANE (Postfix, Exim, Microsoft 365)";
constexpr std::string_view kStsSenders = "senders with MTA-STS alone (Google among them)";

enum class Delivery : uint8_t { unknown, delivered, refused };

Delivery by_dane(const Evidence& evidence, const HostVerdict& host) {
  for (size_t i = 0; i < host.dane.addresses.size(); ++i)
    if (host.dane.addresses[i].status == DaneStatus::verified || is_verified_for(evidence, host, i))
      return Delivery::delivered;
  return host.dane.fails() ? Delivery::refused : Delivery::unknown;
}

bool is_refused(const protocol::SmtpAttempt& attempt, const MxHostEvidence& host) {
  if (is_unobserved(host, attempt)) return false;
  if (attempt.chain != nullptr) return !attempt.chain->verified();
  return attempt.status == protocol::SmtpStatus::starttls_missing ||
         attempt.status == protocol::SmtpStatus::starttls_stripped;
}

// In mode enforce; in mode testing all of this is delivered.
Delivery by_sts(const RuleContext& context, const HostVerdict& host) {
  const auto& attempts = host.evidence->attempts;
  const bool enforce = context.reading.policy.mode == protocol::Mode::enforce;
  const bool covered = covering_pattern(context.reading.policy.mx, host.evidence->host).has_value();
  const bool some_good = std::any_of(attempts.begin(), attempts.end(), [](const auto& attempt) {
    return attempt.status == protocol::SmtpStatus::ok && attempt.chain != nullptr &&
           attempt.chain->verified();
  });
  if (covered && some_good) return Delivery::delivered;
  const bool all_refused =
      !attempts.empty() && std::all_of(attempts.begin(), attempts.end(), [&](const auto& attempt) {
        return is_refused(attempt, *host.evidence);
      });
  if (covered && !all_refused) return Delivery::unknown;
  return enforce ? Delivery::refused : Delivery::unknown;
}

}  // namespace

void judge_sts_conflict(RuleContext& context) {
  if (!context.reading.is_usable() || !context.has_patterns()) return;
  for (const MxTarget& target : context.evidence.mx_targets) {
    if (target.verdict == nullptr) continue;
    const HostVerdict& host = *target.verdict;
    const Delivery dane = by_dane(context.evidence, host);
    const Delivery sts = by_sts(context, host);
    if (dane == Delivery::unknown || sts == Delivery::unknown || dane == sts) continue;
    FindingDetails what;
    what.host = target.host;
    if (host.dane.tlsa != nullptr) what.tlsa.base = host.dane.tlsa->base;
    const std::string name = printable(target.host, 253);
    what.message =
        dane == Delivery::refused
            ? fmt::format("To {}, {} do not deliver, while {} do", name, kDaneSenders, kStsSenders)
            : fmt::format("To {}, {} deliver, while {} do not", name, kDaneSenders, kStsSenders);
    what.fix = dane == Delivery::refused
                   ? "Repair DANE as the other finding of this stage says: it takes precedence"
                   : "Repair what the findings of stages mx, smtp and mx_certificate say, or both "
                     "kinds of senders will not be served alike";
    context.add("dane-sts-conflict", std::move(what));
  }
}

}  // namespace mtasts::verdict
