// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::PeerChain;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using protocol::SmtpStep;

constexpr auto kSlowBanner = std::chrono::seconds(6);  // postscreen's usual delay

constexpr CertificateCodes kCodes = {
    .expired = "cert-expired",
    .not_yet_valid = "cert-not-yet-valid",
    .host_mismatch = "cert-host-mismatch",
    .cn_only = "cert-cn-only",
    .untrusted = "cert-untrusted",
    .self_signed = "cert-self-signed",
    .incomplete_chain = "cert-incomplete-chain",
    .expiring = "cert-expiring",
    .weak_key = "cert-weak-key",
    .weak_signature = "cert-weak-signature",
};

bool is_connect_failure(SmtpStatus status) {
  return status == SmtpStatus::refused || status == SmtpStatus::connect_timeout ||
         status == SmtpStatus::unreachable;
}

// A reply that is about who asks, not about TLS: temporary, or by reputation.
std::string_view rejection_code(const SmtpAttempt& attempt) {
  std::string text = ascii_lower(attempt.reply_text);
  if (text.find("greylist") != std::string::npos || text.find("graylist") != std::string::npos ||
      text.find("grey list") != std::string::npos || text.find("postgrey") != std::string::npos)
    return "smtp-greylisted";
  return attempt.reply_code >= 500 ? "smtp-banner-5xx" : "smtp-banner-4xx";
}

std::string_view code_of(const SmtpAttempt& attempt) {
  if (protocol::is_deferral(attempt)) return rejection_code(attempt);
  switch (attempt.status) {
    case SmtpStatus::refused:
      return "smtp-connect-refused";
    case SmtpStatus::connect_timeout:
      return "smtp-connect-timeout";
    case SmtpStatus::unreachable:
      return "smtp-unreachable";
    case SmtpStatus::timeout:
    case SmtpStatus::cancelled:
      return "smtp-timeout";
    case SmtpStatus::ehlo_rejected:
      return "smtp-ehlo-failed";
    case SmtpStatus::starttls_missing:
      return "smtp-starttls-missing";
    case SmtpStatus::starttls_stripped:
      return "smtp-starttls-stripped";
    case SmtpStatus::starttls_rejected:
      return "smtp-starttls-refused";
    case SmtpStatus::tls_failed:
      return "smtp-tls-handshake-failed";
    case SmtpStatus::tls_closed:
      return "smtp-tls-closed";
    case SmtpStatus::tls_timeout:
      return "smtp-tls-timeout";
    case SmtpStatus::tls_version_old:
      return "smtp-tls-old-only";
    case SmtpStatus::protocol_error:
      return "smtp-protocol-error";
    case SmtpStatus::banner_rejected:  // above
    case SmtpStatus::ok:
    case SmtpStatus::not_allowed:
      break;
  }
  return {};
}

std::string message_of(const SmtpAttempt& attempt) {
  std::string text(protocol::name_of(attempt.status));
  if (attempt.status == SmtpStatus::timeout || attempt.status == SmtpStatus::cancelled)
    text += fmt::format(" at {}", protocol::name_of(attempt.step));
  if (attempt.status == SmtpStatus::tls_version_old && !attempt.tls_version.empty())
    text += fmt::format(": only {}", attempt.tls_version);
  if (attempt.reply_code != 0 && attempt.status != SmtpStatus::tls_version_old &&
      attempt.step <= SmtpStep::starttls)
    text += fmt::format("; the server's last reply was {} {}", attempt.reply_code,
                        printable(attempt.reply_text, 160));
  bool more = !attempt.detail.empty() &&
              !equals_ignoring_case(attempt.detail, protocol::name_of(attempt.status));
  if (more) text += fmt::format(" ({})", printable(attempt.detail, 200));
  return sentence(std::move(text));
}

FindingDetails about_attempt(const MxTarget& target, const SmtpAttempt& attempt,
                             std::string message) {
  return {.message = std::move(message), .host = target.host, .address = attempt.address};
}

// The family none of whose addresses can be connected, while the other one answers.
std::optional<AddressFamily> dead_family(const MxHostEvidence& host) {
  std::optional<AddressFamily> dead;
  for (AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    bool any = false, all_dead = true, other_answers = false;
    for (const SmtpAttempt& attempt : host.attempts) {
      if (attempt.status == SmtpStatus::not_allowed) continue;
      if (attempt.address.family() == family) {
        any = true;
        all_dead &= is_connect_failure(attempt.status);
      } else {
        other_answers |= protocol::answered(attempt);
      }
    }
    if (any && all_dead && other_answers) dead = family;
  }
  return dead;
}

void judge_attempt(RuleContext& context, const MxTarget& target, const SmtpAttempt& attempt,
                   std::vector<std::string>& blocked) {
  if (attempt.injected_bytes > 0)
    context.add("smtp-starttls-response-injection",
                about_attempt(target, attempt,
                              fmt::format("{} octets of clear text followed the 220 to STARTTLS",
                                          attempt.injected_bytes)));
  if (attempt.banner_time > kSlowBanner)
    context.add(
        "smtp-banner-slow",
        about_attempt(target, attempt,
                      fmt::format("The greeting took {:.1f} seconds",
                                  std::chrono::duration<double>(attempt.banner_time).count())));
  std::string_view code = code_of(attempt);
  if (code.empty()) return;
  bool blind = is_blind(*target.evidence, attempt);
  if (blind && is_connect_failure(attempt.status)) {
    blocked.push_back(fmt::format("{} [{}]: {}", printable(target.host, 253),
                                  attempt.address.text(), protocol::name_of(attempt.status)));
    return;
  }
  FindingDetails what = about_attempt(target, attempt, message_of(attempt));
  what.blind = blind;
  context.add(code, std::move(what));
}

void judge_host(RuleContext& context, const MxTarget& target, std::vector<std::string>& blocked) {
  const MxHostEvidence& host = *target.evidence;
  std::optional<AddressFamily> dead = dead_family(host);
  for (const SmtpAttempt& attempt : host.attempts) {
    if (dead && attempt.address.family() == *dead) {
      FindingDetails what{.message = message_of(attempt) + " on " + attempt.address.text(),
                          .host = target.host,
                          .address = attempt.address,
                          .address_in_subject = false,
                          .blind = is_blind(*target.evidence, attempt)};
      context.add(*dead == AddressFamily::ipv6 ? "smtp-ipv6-fail" : "smtp-ipv4-fail",
                  std::move(what));
      continue;
    }
    judge_attempt(context, target, attempt, blocked);
  }
}

bool ends_soon(const RuleContext& context, const PeerChain& chain) {
  return expiry_severity(chain, context.thresholds, context.now).has_value();
}

// RFC 8461 §8.4: senders meet only one address at a time, so a bad pool member hides.
void judge_pool(RuleContext& context, const MxTarget& target) {
  const SmtpAttempt* good = nullptr;
  const SmtpAttempt* bad = nullptr;
  for (const SmtpAttempt& attempt : target.evidence->attempts) {
    if (attempt.chain == nullptr) continue;
    bool fine = attempt.chain->verified() && !ends_soon(context, *attempt.chain);
    (fine ? good : bad) = &attempt;
  }
  if (good == nullptr || bad == nullptr) return;
  context.add(
      "cert-differs-by-ip",
      {.message = fmt::format("{} presents a good certificate (until {}), {} does not (until {})",
                              good->address.text(), date_text(good->chain->leaf.not_after),
                              bad->address.text(), date_text(bad->chain->leaf.not_after)),
       .host = target.host,
       .address = bad->address,
       .address_in_subject = false});
}

// True when a certificate was seen.
bool judge_certificates(RuleContext& context, const MxTarget& target) {
  const protocol::PeerChain* first = nullptr;
  bool alike = true;
  for (const SmtpAttempt& attempt : target.evidence->attempts) {
    if (attempt.chain == nullptr) continue;
    if (first == nullptr) first = attempt.chain.get();
    // The same leaf may come with and without its intermediate.
    alike &= *attempt.chain == *first;
  }
  for (const SmtpAttempt& attempt : target.evidence->attempts) {
    if (attempt.chain == nullptr) continue;
    FindingDetails where{.message = {},
                         .host = target.host,
                         .address = attempt.address,
                         .address_in_subject = !alike};
    judge_certificate(context, *attempt.chain, kCodes, where);
    if (alike) break;
  }
  judge_pool(context, target);
  return first != nullptr;
}

// No address could be probed, though there may be, or is, one.
bool lacks_a_probe(const MxHostEvidence& host) {
  if (!host.attempts.empty()) return false;
  const auto& answers = host.addresses.answers;
  return std::any_of(answers.begin(), answers.end(), [](const protocol::DnsAnswer& answer) {
    return answer.status == protocol::DnsStatus::answered ||
           !protocol::is_conclusive(answer.status);
  });
}

}  // namespace

void judge_smtp(RuleContext& context) {
  const Evidence& evidence = context.evidence;
  std::vector<std::string> blocked;
  const MxTarget* blocked_target = nullptr;
  bool probed = false, certificate = false, unseen = false, undone = false;
  for (const MxTarget& target : evidence.mx_targets) {
    undone |= target.evidence == nullptr && !target.host.empty() && !IpAddress::parse(target.host);
    if (!evidence.smtp_enabled || target.evidence == nullptr) continue;
    undone |= lacks_a_probe(*target.evidence);
    size_t before = blocked.size();
    judge_host(context, target, blocked);
    if (blocked.size() > before) blocked_target = &target;
    certificate |= judge_certificates(context, target);
    for (const SmtpAttempt& attempt : target.evidence->attempts) {
      probed |= attempt.status != SmtpStatus::not_allowed;
      std::string_view code = code_of(attempt);
      const FindingRow* row = code.empty() ? nullptr : find_row(code);
      unseen |= is_blind(*target.evidence, attempt) ||
                (row != nullptr && row->otherwise == Severity::unknown);
    }
  }
  if (!blocked.empty())
    context.add("probe-port25-egress-blocked",
                {.message = fmt::format("Port 25 answers nowhere, neither on the canaries nor "
                                        "on {}",
                                        listed(blocked, 3)),
                 .host = blocked_target->host,
                 .address = blocked_target->evidence->attempts.front().address,
                 .address_in_subject = false});
  undone |= !protocol::is_conclusive(evidence.mx.status);
  for (const protocol::DnsAnswer& answer : evidence.apex)
    undone |= !evidence.implicit_mx && !protocol::is_conclusive(answer.status);
  if (!evidence.smtp_enabled || (!probed && !undone)) {
    context.not_applicable(Stage::smtp);
    context.not_applicable(Stage::mx_certificate);
    return;
  }
  if (undone) context.unseen(Stage::smtp);
  if (undone || (unseen && !certificate))
    context.unseen(Stage::mx_certificate);
  else if (!certificate)
    context.not_applicable(Stage::mx_certificate);
}

}  // namespace mtasts::verdict
