// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The client side of SMTP up to and after STARTTLS (RFC 5321 §4.2, RFC 3207), without I/O: octets
// in, next action out. Bounded: number and length of reply lines and the octets of a session.
// Reports what a middlebox altered and clear-text octets injected after the 220 (RFC 3207 §4.2).
// Octets that arrive before a command was sent are read as the next reply, as senders do. One probe
// owns one dialogue; pure, no clock.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/smtp/attempt.h"

namespace mtasts::protocol {

// RFC 5321 §4.5.3.1.5 allows 512 octets per reply line; real servers send more in EHLO texts.
inline constexpr size_t kReplyLineLimit_bytes = 2048;  // without the line end
inline constexpr size_t kReplyLinesLimit = 128;        // per reply; enough for long EHLO lists
inline constexpr size_t kSessionLimit_bytes = 64 * 1024;
inline constexpr size_t kReplyTextLimit_bytes = 200;   // shown of a reply
inline constexpr size_t kServerTextLimit_bytes = 400;  // kept of the banner and of EHLO's reply

// One complete reply, of one or more lines.
struct SmtpReply {
  int code = 0;
  int first_code = 0;              // differs when the server changed its mind midway; else 0
  std::vector<std::string> lines;  // the text after code and separator
};

class StarttlsDialogue {
 public:
  enum class Action {
    read,       // feed() more octets
    write,      // send take_output(), then read
    handshake,  // 220 received: start TLS, then call handshake_done()
    finish,     // ended: see outcome
  };

  enum class Goal {
    tls,     // STARTTLS, then a second EHLO over TLS
    banner,  // QUIT after the banner
  };

  // `ehlo_name` is the argument of EHLO; characters not allowed in a command line are removed.
  explicit StarttlsDialogue(std::string_view ehlo_name, Goal goal = Goal::tls);

  // The next action.
  Action next() const { return action_; }
  // Only while next() is write; afterwards next() is read (finish after QUIT), or follows from
  // octets that arrived early. A QUIT may follow a failure: see status().
  std::string take_output();
  // The output is QUIT: its reply need not be awaited.
  bool leaving() const { return quitting_; }
  // Only while next() is read. Consumes all octets; may end the dialogue.
  void feed(std::string_view octets);
  // The peer closed the connection during a read or write. A refusal that only lacks its end
  // counts.
  void closed();
  // The caller waits no longer. False: no refusal came, not even an unfinished one; nothing
  // changed.
  bool stop_waiting();
  // TLS is established; the dialogue continues with the second EHLO and QUIT over it.
  void handshake_done();

  SmtpStep step() const { return step_; }
  // ok until a failure; then one of banner_rejected, ehlo_rejected, starttls_missing,
  // starttls_stripped, starttls_rejected, protocol_error.
  SmtpStatus status() const { return status_; }
  const std::string& detail() const { return detail_; }
  int reply_code() const { return reply_code_; }  // of the last complete clear-text reply; 0: none
  // Of a 4xx or 5xx all of its lines, joined by blanks, else the first one; printable.
  const std::string& reply_text() const { return reply_text_; }
  const std::string& banner() const { return banner_; }        // accepted; lines joined by blanks
  const std::string& ehlo_text() const { return ehlo_text_; }  // likewise, before TLS
  bool in_reply() const { return !pending_.empty() || !reply_.lines.empty(); }
  std::string unfinished_reply() const;  // the octets of a reply that has not ended; printable
  // What followed the 220 to STARTTLS in clear text.
  const std::string& injected_text() const { return injected_text_; }
  std::optional<bool> starttls_offered() const { return starttls_offered_; }
  size_t injected_bytes() const { return injected_bytes_; }

 private:
  void take_pending();
  void take_line(std::string_view line);
  void take_reply();
  bool may_change_to(int code) const;
  bool puts_off(const SmtpReply& reply) const;
  bool take_unfinished_refusal();
  void on_banner(int code);
  void on_ehlo(int code, const std::vector<std::string>& lines);
  void on_starttls(int code);
  void send(std::string command, SmtpStep step);
  void quit();
  void refuse(SmtpStatus status, std::string detail);  // a complete reply ended it: QUIT
  void give_up(std::string detail);                    // not SMTP: nothing more is sent

  std::string ehlo_name_;
  Goal goal_;
  Action action_ = Action::read;
  SmtpStep step_ = SmtpStep::banner;
  SmtpStatus status_ = SmtpStatus::ok;
  std::string detail_;
  std::string output_;
  bool quitting_ = false;
  std::string pending_;  // octets not yet split into lines
  SmtpReply reply_;      // lines of an incomplete reply
  size_t received_bytes_ = 0;
  int reply_code_ = 0;
  std::string reply_text_;
  std::string banner_;
  std::string ehlo_text_;
  std::string injected_text_;
  std::optional<bool> starttls_offered_;
  bool banner_masked_ = false;
  size_t injected_bytes_ = 0;
};

}  // namespace mtasts::protocol
