// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage smtp of one MX host: connection, greeting, EHLO and STARTTLS of each address.
#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/smtp/deferral.h"
#include "verdict/host/host_rules.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using protocol::Deferral;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using protocol::SmtpStep;

constexpr auto kSlowBanner = std::chrono::seconds(6);  // postscreen's usual delay

bool is_connect_failure(SmtpStatus status) {
  return status == SmtpStatus::refused || status == SmtpStatus::connect_timeout ||
         status == SmtpStatus::unreachable;
}

std::optional<FindingCode> deferral_code(Deferral deferral) {
  switch (deferral) {
    case Deferral::none:
      return std::nullopt;
    case Deferral::greylisted:
      return FindingCode("smtp-greylisted");
    case Deferral::rate_limited:
      return FindingCode("smtp-rate-limited");
    case Deferral::tarpit:
      return FindingCode("smtp-tarpit");
    case Deferral::temporary:
      return FindingCode("smtp-banner-4xx");
    case Deferral::rejected:
      return FindingCode("smtp-banner-5xx");
  }
  return std::nullopt;
}

std::string_view words_of(Deferral deferral) {
  switch (deferral) {
    case Deferral::greylisted:
      return "The server greylists the agent";
    case Deferral::rate_limited:
      return "The server limits the agent's connections or sessions";
    case Deferral::tarpit:
      return "The server sends its replies a few bytes at a time to slow the agent down";
    case Deferral::rejected:
      return "The server rejects the agent";
    default:
      return "The server puts the agent off";
  }
}

// What the server does, that it is about the agent, and its words.
std::string deferral_message(const SmtpAttempt& attempt, Deferral deferral) {
  std::string text =
      fmt::format("{}, which says nothing about the server's TLS: ", words_of(deferral));
  if (deferral == Deferral::tarpit) {
    text += printable(attempt.detail, 200);
    if (!attempt.unfinished_reply.empty())
      text += fmt::format(", last \"{}\"", printable(attempt.unfinished_reply, 160));
    return text;
  }
  std::string_view what = attempt.step == SmtpStep::banner ? "banner" : "reply to ";
  std::string_view step = attempt.step == SmtpStep::banner ? "" : name_of(attempt.step);
  return text + fmt::format("the {}{} was \"{} {}\"", what, step, attempt.reply_code,
                            printable(attempt.reply_text, 200));
}

// Tells a server that is silent from one that stops in the middle of a reply.
std::string timeout_message(const SmtpAttempt& attempt) {
  std::string_view step = name_of(attempt.step);
  std::string text =
      attempt.unfinished_reply.empty()
          ? fmt::format("The server sent nothing at {}", step)
          : fmt::format("The server sent only a part of its reply at {}, \"{}\", and then nothing",
                        step, printable(attempt.unfinished_reply, 160));
  if (!attempt.detail.empty()) text += fmt::format(" ({})", printable(attempt.detail, 200));
  if (attempt.reply_code != 0)
    text += fmt::format("; its reply before was {} {}", attempt.reply_code,
                        printable(attempt.reply_text, 160));
  return text;
}

std::string message_of(const SmtpAttempt& attempt) {
  Deferral deferral = protocol::deferral_of(attempt);
  if (deferral != Deferral::none) return deferral_message(attempt, deferral);
  if (attempt.status == SmtpStatus::timeout) return timeout_message(attempt);
  std::string text(protocol::name_of(attempt.status));
  if (attempt.status == SmtpStatus::cancelled)
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

// A fix that fits this failure better than the table's; empty: none.
std::string fix_of(const SmtpAttempt& attempt) {
  if (attempt.status == SmtpStatus::timeout && !attempt.unfinished_reply.empty())
    return "Check the server's log and what stands in front of it (a proxy, a firewall that drops "
           "large packets), because its reply breaks off.";
  // A reply was read, so it is a mail server; it said nothing more.
  if (attempt.status == SmtpStatus::protocol_error && attempt.reply_code != 0 &&
      attempt.detail.starts_with("connection closed"))
    return "Check the server's log for why it closes the connection without a reply: a fault, or a "
           "limit or block that applies to the agent's address.";
  return {};
}

// Some other address of the host works, so senders that pick it deliver.
bool has_working_address(const MxHostEvidence& host) {
  return std::any_of(host.attempts.begin(), host.attempts.end(),
                     [](const auto& attempt) { return attempt.status == SmtpStatus::ok; });
}

bool lacks_starttls(const SmtpAttempt& attempt) {
  return attempt.status == SmtpStatus::starttls_missing;
}

// RFC 8461 §3.3 lets a sender pick any address, so STARTTLS on some of them is luck.
void judge_selective_starttls(HostContext& context) {
  const SmtpAttempt* with = nullptr;
  std::vector<const SmtpAttempt*> without;
  for (const SmtpAttempt& attempt : context.host.attempts) {
    if (attempt.status == SmtpStatus::ok) with = &attempt;
    if (lacks_starttls(attempt)) without.push_back(&attempt);
  }
  if (with == nullptr) return;
  for (const SmtpAttempt* attempt : without) {
    std::string address = attempt->address.text();
    bool other_look = std::any_of(  // the same address, seen twice
        context.host.attempts.begin(), context.host.attempts.end(), [&](const SmtpAttempt& other) {
          return other.status == SmtpStatus::ok && other.address == attempt->address;
        });
    std::string message =
        other_look
            ? fmt::format("{} offers STARTTLS on one connection and not on another", address)
            : fmt::format("{} offers STARTTLS, but {} does not", with->address.text(), address);
    context.findings.add("smtp-starttls-selective",
                         about_attempt(context.host, *attempt, std::move(message)));
  }
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
    blocked.push_back(fmt::format("{}: {}", subject_of(context.host.host, attempt.address),
                                  protocol::name_of(attempt.status)));
    return;
  }
  if (lacks_starttls(attempt) && has_working_address(context.host))
    return;  // judge_selective_starttls
  FindingDetails what = about_attempt(context.host, attempt, message_of(attempt));
  what.fix = fix_of(attempt);
  what.unobserved = attempt.status == SmtpStatus::cancelled;
  what.may_be_local = protocol::may_be_local(attempt);
  context.findings.add(*code, std::move(what));
}

}  // namespace

std::optional<FindingCode> code_of(const SmtpAttempt& attempt) {
  Deferral deferral = protocol::deferral_of(attempt);
  if (deferral != Deferral::none) return deferral_code(deferral);
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
    case SmtpStatus::tarpit:
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
  judge_selective_starttls(context);
}

}  // namespace mtasts::verdict
