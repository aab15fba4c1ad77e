// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/smtp/starttls_dialogue.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/smtp/deferral.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kEhloNameLimit_bytes = 255;  // RFC 5321 §4.5.3.1.2

// RFC 5321 §4.2: Reply-code = %x32-35 %x30-35 %x30-39.
// We differ: any second digit is accepted, as senders do.
// Returns 0 when `line` is not a reply line. A code without text and separator is one (RFC 5321
// §4.2).
int code_of(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5') return 0;
  if (!is_digit(line[1]) || !is_digit(line[2])) return 0;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

std::string_view keyword_of(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t"));
}

// Middleboxes overwrite a keyword to hide it, keeping its length: STARTTLS becomes XXXXXXXA,
// XXXXXXXX or asterisks.
bool is_mangled_starttls(std::string_view keyword) {
  if (keyword.size() != 7 && keyword.size() != 8) return false;
  auto overwritten = std::count_if(keyword.begin(), keyword.end(),
                                   [](char c) { return c == 'X' || c == 'x' || c == '*'; });
  return static_cast<size_t>(overwritten) * 4 >= keyword.size() * 3;
}

// "220 ****************0*2******": the same kind of middlebox masks the banner.
bool is_masked(std::string_view text) {
  size_t asterisks = 0;
  size_t others = 0;
  for (char c : text) {
    if (c == '*') ++asterisks;
    if (c != '*' && c != ' ') ++others;
  }
  return asterisks >= 4 && asterisks >= others * 3;
}

// Nothing from the settings or the host name may terminate the command line early.
std::string fit_for_command(std::string_view name) {
  std::string fit;
  for (char c : name.substr(0, kEhloNameLimit_bytes))
    if (c > ' ' && c < '\x7F') fit += c;
  return fit.empty() ? "localhost" : fit;
}

std::string shown(std::string_view text) { return printable(text, kReplyTextLimit_bytes); }

std::string joined(const std::vector<std::string>& lines, size_t limit_bytes) {
  std::string text;
  for (const std::string& line : lines) {
    if (text.size() > limit_bytes) break;
    if (!text.empty()) text += ' ';
    text += line;
  }
  return printable(text, limit_bytes);
}

}  // namespace

StarttlsDialogue::StarttlsDialogue(std::string_view ehlo_name, Goal goal)
    : ehlo_name_(fit_for_command(ehlo_name)), goal_(goal) {}

std::string StarttlsDialogue::take_output() {
  if (action_ != Action::write) return {};
  action_ = quitting_ ? Action::finish : Action::read;
  std::string output = std::exchange(output_, {});
  take_pending();
  return output;
}

void StarttlsDialogue::feed(std::string_view octets) {
  if (action_ != Action::read) return;
  bool too_much = octets.size() > kSessionLimit_bytes - received_bytes_;
  octets = octets.substr(0, kSessionLimit_bytes - received_bytes_);
  received_bytes_ += octets.size();
  pending_ += octets;
  take_pending();
  if (too_much && action_ == Action::read)
    give_up("more than " + std::to_string(kSessionLimit_bytes) + " bytes received by " +
            std::string(name_of(step_)));
}

void StarttlsDialogue::closed() {
  if (action_ == Action::finish) return;
  if (action_ == Action::read && take_unfinished_refusal()) return;
  std::string detail = "connection closed at " + std::string(name_of(step_));
  if (in_reply()) detail += " in the middle of the reply \"" + unfinished_reply() + "\"";
  give_up(std::move(detail));
}

bool StarttlsDialogue::stop_waiting() {
  return action_ == Action::read && take_unfinished_refusal();
}

std::string StarttlsDialogue::unfinished_reply() const {
  std::string text;
  for (const std::string& line : reply_.lines) {
    if (text.size() > kReplyTextLimit_bytes) break;
    text += std::to_string(reply_.code) + "-" + line + " ";
  }
  text += pending_;
  return shown(trim(text));
}

void StarttlsDialogue::handshake_done() {
  if (action_ != Action::handshake) return;
  send("EHLO " + ehlo_name_, SmtpStep::ehlo_after_tls);
}

void StarttlsDialogue::take_pending() {
  size_t taken = 0;
  while (action_ == Action::read) {
    size_t end = pending_.find('\n', taken);
    std::string_view line(pending_);
    line = line.substr(taken, end == std::string::npos ? end : end - taken);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kReplyLineLimit_bytes) {
      give_up("a line longer than " + std::to_string(kReplyLineLimit_bytes) + " bytes at " +
              std::string(name_of(step_)));
      return;
    }
    if (end == std::string::npos) break;
    taken = end + 1;
    take_line(line);
  }
  pending_.erase(0, std::min(taken, pending_.size()));
  if (action_ != Action::handshake) return;
  // RFC 3207 §4.2: nothing received in clear text may be used after the handshake.
  injected_bytes_ += pending_.size();
  injected_text_ = shown(trim(pending_));
  pending_.clear();
}

void StarttlsDialogue::take_line(std::string_view line) {
  int code = code_of(line);
  if (code == 0) {
    give_up("not an SMTP reply at " + std::string(name_of(step_)) + ": \"" + shown(line) + "\"");
    return;
  }
  bool last = line.size() == 3 || line[3] == ' ';
  if (!reply_.lines.empty() && code != reply_.code) {
    // RFC 5321 §4.2: every line has the same code.
    // We differ: a server that has begun to greet and then finds the client over a limit, or on a
    // block list (postscreen: `220-`, then `521 `), says so with another code; senders read the
    // last one.
    if (!may_change_to(code)) {
      give_up("reply codes " + std::to_string(reply_.code) + " and " + std::to_string(code) +
              " in one reply at " + std::string(name_of(step_)));
      return;
    }
    if (reply_.first_code == 0) reply_.first_code = reply_.code;
    reply_.lines.clear();
  }
  if (reply_.lines.size() >= kReplyLinesLimit) {
    give_up("more than " + std::to_string(kReplyLinesLimit) + " lines in one reply at " +
            std::string(name_of(step_)));
    return;
  }
  reply_.code = code;
  reply_.lines.emplace_back(line.substr(std::min<size_t>(4, line.size())));
  if (last) take_reply();
}

bool StarttlsDialogue::may_change_to(int code) const {
  return code >= 400 && !quitting_ && step_ <= SmtpStep::starttls;
}

// `reply` would put the client off, rather than say that TLS is not available or nothing at all.
bool StarttlsDialogue::puts_off(const SmtpReply& reply) const {
  SmtpAttempt attempt;
  attempt.status = step_ == SmtpStep::banner ? SmtpStatus::banner_rejected
                   : step_ == SmtpStep::ehlo ? SmtpStatus::ehlo_rejected
                                             : SmtpStatus::starttls_rejected;
  attempt.reply_code = reply.code;
  attempt.reply_text = joined(reply.lines, kReplyTextLimit_bytes);
  return is_deferral(attempt);
}

// Some servers send "421 …" without a line end, or without a last line, and close or wait.
bool StarttlsDialogue::take_unfinished_refusal() {
  if (step_ > SmtpStep::starttls || quitting_ || !in_reply()) return false;
  std::string_view line(pending_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  int code = line.empty() ? reply_.code : code_of(line);
  if (code < 400) return false;
  if (!line.empty()) {
    if (!reply_.lines.empty() && code != reply_.code) {
      reply_.first_code = reply_.code;
      reply_.lines.clear();
    }
    reply_.code = code;
    reply_.lines.emplace_back(line.substr(std::min<size_t>(4, line.size())));
    pending_.clear();
  }
  take_reply();
  action_ = Action::finish;
  return true;
}

void StarttlsDialogue::take_reply() {
  SmtpReply reply = std::exchange(reply_, {});
  if (step_ == SmtpStep::ehlo_after_tls) {  // the reply decides nothing: TLS is established
    quit();
    return;
  }
  if (reply.first_code != 0 && !puts_off(reply)) {
    give_up("reply codes " + std::to_string(reply.first_code) + " and " +
            std::to_string(reply.code) + " in one reply at " + std::string(name_of(step_)));
    return;
  }
  reply_code_ = reply.code;
  reply_text_ =
      reply.code >= 400 ? joined(reply.lines, kReplyTextLimit_bytes) : shown(reply.lines.front());
  if (step_ == SmtpStep::banner) {
    if (reply.code < 400) banner_ = joined(reply.lines, kServerTextLimit_bytes);
    banner_masked_ = std::any_of(reply.lines.begin(), reply.lines.end(), is_masked);
    on_banner(reply.code);
  } else if (step_ == SmtpStep::ehlo) {
    if (reply.code < 400) ehlo_text_ = joined(reply.lines, kServerTextLimit_bytes);
    on_ehlo(reply.code, reply.lines);
  } else if (step_ == SmtpStep::starttls) {
    on_starttls(reply.code);
  }
}

void StarttlsDialogue::on_banner(int code) {
  if (code >= 400) {
    refuse(SmtpStatus::banner_rejected,
           "the banner was " + std::to_string(code) + " " + reply_text_);
  } else if (code >= 300) {
    give_up("the banner was " + std::to_string(code) + " " + reply_text_);
  } else if (goal_ == Goal::banner) {
    quit();
  } else {
    send("EHLO " + ehlo_name_, SmtpStep::ehlo);
  }
}

void StarttlsDialogue::on_ehlo(int code, const std::vector<std::string>& lines) {
  std::string answer = std::to_string(code) + " " + reply_text_;
  if (code >= 500) starttls_offered_ = false;
  if (code >= 400) return refuse(SmtpStatus::ehlo_rejected, "the reply to EHLO was " + answer);
  if (code >= 300) return give_up("the reply to EHLO was " + answer);
  starttls_offered_ = false;
  std::string mangled;
  // RFC 5321 §4.1.1.1: the first line is the server's name, keywords follow.
  for (size_t index = 1; index < lines.size(); ++index) {
    std::string_view keyword = keyword_of(lines[index]);
    if (equals_ignoring_case(keyword, "STARTTLS")) starttls_offered_ = true;
    if (is_mangled_starttls(keyword)) mangled = keyword;
  }
  if (*starttls_offered_) return send("STARTTLS", SmtpStep::starttls);
  if (!mangled.empty())
    return refuse(SmtpStatus::starttls_stripped,
                  "EHLO lists \"" + shown(mangled) + "\" in place of STARTTLS");
  if (banner_masked_)
    return refuse(SmtpStatus::starttls_stripped,
                  "the banner is masked and EHLO does not list STARTTLS");
  refuse(SmtpStatus::starttls_missing, "EHLO does not list STARTTLS");
}

void StarttlsDialogue::on_starttls(int code) {
  if (code != 220) {  // RFC 3207 §4: only 220 starts TLS
    refuse(SmtpStatus::starttls_rejected,
           "the reply to STARTTLS was " + std::to_string(code) + " " + reply_text_);
    return;
  }
  step_ = SmtpStep::handshake;
  action_ = Action::handshake;
}

void StarttlsDialogue::send(std::string command, SmtpStep step) {
  output_ = std::move(command) + "\r\n";
  action_ = Action::write;
  step_ = step;
}

void StarttlsDialogue::quit() {
  quitting_ = true;
  // After a rejection or a banner-only probe, the step remains the one reached.
  send("QUIT", step_ == SmtpStep::ehlo_after_tls ? SmtpStep::done : step_);
}

void StarttlsDialogue::refuse(SmtpStatus status, std::string detail) {
  status_ = status;
  detail_ = std::move(detail);
  // RFC 5321 §3.1: after a 554 the server waits for QUIT; with a 421 it closes (§3.8).
  if (reply_code_ == 421) {
    action_ = Action::finish;
  } else {
    quit();
  }
}

void StarttlsDialogue::give_up(std::string detail) {
  action_ = Action::finish;
  pending_.clear();
  reply_ = {};
  // Once TLS is established the result is known; a rejection recorded earlier is kept.
  bool secure = step_ == SmtpStep::ehlo_after_tls || step_ == SmtpStep::done;
  if (secure || quitting_) return;
  status_ = SmtpStatus::protocol_error;
  detail_ = std::move(detail);
}

}  // namespace mtasts::protocol
