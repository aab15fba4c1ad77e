// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/smtp/deferral.h"

#include <algorithm>
#include <initializer_list>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

using Words = std::initializer_list<std::string_view>;

bool has(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}
bool has_any(std::string_view text, Words words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return has(text, word); });
}

// Postgrey, milter-greylist, SQLgrey, Exim, rspamd.
bool says_greylisted(std::string_view text) {
  return has_any(text, {"greylist", "graylist", "grey list", "gray list", "grey-list", "gray-list",
                        "postgrey", "sqlgrey"});
}

// "Too many" of something that a client is allowed few of; not of its errors, and not of what the
// server itself ran out of.
bool says_too_many(std::string_view text) {
  constexpr size_t kLook_bytes = 40;
  for (std::string_view words : {"too many", "zu viele", "trop de connexion", "demasiadas conex"}) {
    size_t at = text.find(words);
    if (at == std::string_view::npos) continue;
    return !has_any(text.substr(at, words.size() + kLook_bytes),
                    {"error", "hops", "recipient", "unrecognized", "unknown", "syntax", "bad ",
                     "invalid", "open files"});
  }
  return false;
}

// sendmail "Connection rate limit exceeded", Exim "too many concurrent SMTP connections", Exchange
// "The maximum number of concurrent server connections has exceeded a limit", Gmail "unusual rate
// of unsolicited mail", Yahoo "unexpected volume", postscreen "All server ports are busy".
bool says_limited(std::string_view text) {
  if (says_too_many(text)) return true;
  if (has_any(text, {"rate limit",
                     "rate-limit",
                     "ratelimit",
                     "throttl",
                     "unusual rate",
                     "unexpected volume",
                     "unusual volume",
                     "ports are busy",

                     "slow down",
                     "server busy",
                     "server is busy",
                     "no more connection",
                     "concurrent connection",
                     "concurrent smtp",
                     "simultaneous connection",
                     "connecting too",
                     "connections too",
                     "too fast",
                     "too often",
                     "too frequent",
                     "too quickly"}))
    return true;
  bool counted = has_any(
      text, {"connection", "session", "handshake", "concurren", "simultan", " rate", "starttls"});
  return counted && has_any(text, {"limit", "exceed", "maximum", "per second", "per minute",
                                   "per hour", "rate too high"});
}

// RFC 3463 §3.8: X.7.X is about security or policy, so about the client. Gmail defers clients with
// 421-4.7.0 and 421-4.7.28 in varying words. Words about its identity tell reputation from rate.
bool is_policy_421(int code, std::string_view text) {
  return code == 421 && text.starts_with("4.7.") &&
         !has_any(text, {"block", "listed", "blacklist", "reputation", "dns", "ptr", "spf",
                         "denied", "banned", "spamhaus", "errors"});
}

// RFC 5321 §4.2.4: the command is not known, or not with this argument.
bool says_unknown_command(int code) {
  return code == 500 || code == 501 || code == 502 || code == 504;
}

Deferral by_words(int code, std::string_view text) {
  if (says_greylisted(text)) return Deferral::greylisted;
  if (says_limited(text) || is_policy_421(code, text)) return Deferral::rate_limited;
  return Deferral::none;
}

}  // namespace

Deferral deferral_of(const SmtpAttempt& attempt) {
  if (attempt.status == SmtpStatus::tarpit) return Deferral::tarpit;
  bool refused = attempt.status == SmtpStatus::banner_rejected ||
                 attempt.status == SmtpStatus::ehlo_rejected ||
                 attempt.status == SmtpStatus::starttls_rejected;
  int code = attempt.reply_code;
  if (!refused || code < 400) return Deferral::none;
  Deferral said = by_words(code, ascii_lower(attempt.reply_text));
  if (said != Deferral::none) return said;
  Deferral other = code >= 500 ? Deferral::rejected : Deferral::temporary;
  switch (attempt.status) {
    case SmtpStatus::banner_rejected:
      return other;
    case SmtpStatus::ehlo_rejected:
      return says_unknown_command(code) ? Deferral::none : other;
    default:
      // RFC 3207 §4: 454 is a fault of the server's TLS unless the words say otherwise.
      // RFC 5321 §3.8: 421 means that the service shuts down, whatever the command.
      return code == 421 ? Deferral::temporary : Deferral::none;
  }
}

}  // namespace mtasts::protocol
