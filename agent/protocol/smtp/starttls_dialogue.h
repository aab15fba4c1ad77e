// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The client's side of SMTP up to and after STARTTLS (RFC 5321 §4.2, RFC 3207), without any I/O:
// octets in, next action out. Bounded: reply lines, their length and all octets of a session.
// Reports what a middlebox mangled and clear octets injected behind the 220 (RFC 3207 §4.2).
// Octets that come before we asked wait and are read as the next reply, as senders do.
// One probe owns one dialogue; pure, no clock.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/smtp/attempt.h"

namespace mtasts::protocol {

// RFC 5321 §4.5.3.1.5 allows 512 octets a reply line; real servers send more in EHLO texts.
inline constexpr size_t kReplyLineLimit_bytes = 2048;  // without its end
inline constexpr size_t kReplyLinesLimit = 128;        // of one reply: long EHLO lists fit
inline constexpr size_t kSessionLimit_bytes = 64 * 1024;

// One whole, possibly multi-line reply.
struct SmtpReply {
  int code = 0;
  std::vector<std::string> lines;  // texts behind the code and its separator
};

class StarttlsDialogue {
 public:
  enum class Action {
    read,       // feed() more octets
    write,      // send take_output(), then read
    handshake,  // the 220 came: start TLS, then call handshake_done()
    finish,     // over: see outcome
  };

  enum class Goal {
    tls,     // STARTTLS, and a second EHLO behind it
    banner,  // QUIT after the banner
  };

  // `ehlo_name` is what we call ourselves; what no command line can carry is left out.
  explicit StarttlsDialogue(std::string_view ehlo_name, Goal goal = Goal::tls);

  // What to do now.
  Action next() const { return action_; }
  // Only while next() is write; afterwards next() is read (finish after QUIT), or whatever octets
  // that came too early lead to. A QUIT may follow a failure: see status().
  std::string take_output();
  // The output is QUIT: nobody has to hear it.
  bool leaving() const { return quitting_; }
  // Only while next() is read. Takes all octets; may end the dialogue.
  void feed(std::string_view octets);
  // The peer closed while we were reading or writing.
  void closed();
  // TLS stands; the dialogue goes on with the second EHLO and QUIT over it.
  void handshake_done();

  SmtpStep step() const { return step_; }
  // ok until something failed; then one of banner_rejected, ehlo_rejected, starttls_missing,
  // starttls_stripped, starttls_rejected, protocol_error.
  SmtpStatus status() const { return status_; }
  const std::string& detail() const { return detail_; }
  int reply_code() const { return reply_code_; }  // of the last whole reply in clear; 0: none
  const std::string& reply_text() const { return reply_text_; }  // its first line, printable
  std::optional<bool> starttls_offered() const { return starttls_offered_; }
  size_t injected_bytes() const { return injected_bytes_; }

 private:
  void take_pending();
  void take_line(std::string_view line);
  void take_reply();
  void on_banner(int code);
  void on_ehlo(int code, const std::vector<std::string>& lines);
  void on_starttls(int code);
  void send(std::string command, SmtpStep step);
  void quit();
  void refuse(SmtpStatus status, std::string detail);  // a whole reply ended it: QUIT
  void give_up(std::string detail);                    // not SMTP: no more words

  std::string ehlo_name_;
  Goal goal_;
  Action action_ = Action::read;
  SmtpStep step_ = SmtpStep::banner;
  SmtpStatus status_ = SmtpStatus::ok;
  std::string detail_;
  std::string output_;
  bool quitting_ = false;
  std::string pending_;  // octets not yet read as lines
  SmtpReply reply_;      // lines of an unfinished reply
  size_t received_bytes_ = 0;
  int reply_code_ = 0;
  std::string reply_text_;
  std::optional<bool> starttls_offered_;
  bool banner_masked_ = false;
  size_t injected_bytes_ = 0;
};

}  // namespace mtasts::protocol
