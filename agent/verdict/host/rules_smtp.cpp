// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage smtp of one MX host: connection, greeting, EHLO and STARTTLS of each address.
#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "verdict/host/host_rules.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using protocol::SmtpStep;

constexpr auto kSlowBanner = std::chrono::seconds(6);  // postscreen's usual delay

bool is_connect_failure(SmtpStatus status) {
  return status == SmtpStatus::refused || status == SmtpStatus::connect_timeout ||
         status == SmtpStatus::unreachable;
}

// A reply about the client rather than TLS: temporary, or based on reputation.
FindingCode rejection_code(const SmtpAttempt& attempt) {
  std::string text = ascii_lower(attempt.reply_text);
  if (text.find("greylist") != std::string::npos || text.find("graylist") != std::string::npos ||
      text.find("grey list") != std::string::npos || text.find("postgrey") != std::string::npos)
    return "smtp-greylisted";
  return attempt.reply_code >= 500 ? FindingCode("smtp-banner-5xx") : "smtp-banner-4xx";
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

FindingDetails about_attempt(const MxHostEvidence& host, const SmtpAttempt& attempt,
                             std::string message) {
  return {.message = std::move(message), .host = host.host, .address = attempt.address};
}

// The family in which no address accepts connections while the other family does.
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

void judge_attempt(HostContext& context, const SmtpAttempt& attempt,
                   std::vector<std::string>& blocked) {
  if (attempt.injected_bytes > 0)
    context.findings.add(
        "smtp-starttls-response-injection",
        about_attempt(context.host, attempt,
                      fmt::format("{} bytes of plaintext followed the 220 reply to STARTTLS",
                                  attempt.injected_bytes)));
  if (attempt.banner_time > kSlowBanner)
    context.findings.add(
        "smtp-banner-slow",
        about_attempt(context.host, attempt,
                      fmt::format("The greeting took {:.1f} seconds",
                                  std::chrono::duration<double>(attempt.banner_time).count())));
  std::optional<FindingCode> code = code_of(attempt);
  if (!code) return;
  bool unobserved = is_unobserved(context.host, attempt);
  if (unobserved && is_connect_failure(attempt.status)) {
    blocked.push_back(fmt::format("{} [{}]: {}", printable(context.host.host, 253),
                                  attempt.address.text(), protocol::name_of(attempt.status)));
    return;
  }
  FindingDetails what = about_attempt(context.host, attempt, message_of(attempt));
  what.unobserved = attempt.status == SmtpStatus::cancelled;
  what.may_be_local = protocol::may_be_local(attempt);
  context.findings.add(*code, std::move(what));
}

}  // namespace

std::optional<FindingCode> code_of(const SmtpAttempt& attempt) {
  if (protocol::is_deferral(attempt)) return rejection_code(attempt);
  switch (attempt.status) {
    case SmtpStatus::refused:
      return FindingCode("smtp-connect-refused");
    case SmtpStatus::connect_timeout:
      return FindingCode("smtp-connect-timeout");
    case SmtpStatus::unreachable:
      return FindingCode("smtp-unreachable");
    case SmtpStatus::timeout:
    case SmtpStatus::cancelled:
      return FindingCode("smtp-timeout");
    case SmtpStatus::ehlo_rejected:
      return FindingCode("smtp-ehlo-failed");
    case SmtpStatus::starttls_missing:
      return FindingCode("smtp-starttls-missing");
    case SmtpStatus::starttls_stripped:
      return FindingCode("smtp-starttls-stripped");
    case SmtpStatus::starttls_rejected:
      return FindingCode("smtp-starttls-refused");
    case SmtpStatus::tls_failed:
      return FindingCode("smtp-tls-handshake-failed");
    case SmtpStatus::tls_closed:
      return FindingCode("smtp-tls-closed");
    case SmtpStatus::tls_timeout:
      return FindingCode("smtp-tls-timeout");
    case SmtpStatus::tls_version_old:
      return FindingCode("smtp-tls-old-only");
    case SmtpStatus::protocol_error:
      return FindingCode("smtp-protocol-error");
    case SmtpStatus::banner_rejected:  // handled above
    case SmtpStatus::ok:
    case SmtpStatus::not_allowed:
      break;
  }
  return std::nullopt;
}

void judge_attempts(HostContext& context, std::vector<std::string>& blocked) {
  const MxHostEvidence& host = context.host;
  std::optional<AddressFamily> dead = dead_family(host);
  for (const SmtpAttempt& attempt : host.attempts) {
    if (dead && attempt.address.family() == *dead) {
      FindingDetails what{.message = message_of(attempt) + " on " + attempt.address.text(),
                          .host = context.host.host,
                          .address = attempt.address,
                          .address_in_subject = false,
                          .unobserved = attempt.status == SmtpStatus::cancelled,
                          .may_be_local = protocol::may_be_local(attempt)};
      context.findings.add(
          *dead == AddressFamily::ipv6 ? FindingCode("smtp-ipv6-fail") : "smtp-ipv4-fail",
          std::move(what));
      continue;
    }
    judge_attempt(context, attempt, blocked);
  }
}

}  // namespace mtasts::verdict
