// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One connection of the scripted SMTP server: blocking, in the calling thread, until the script
// ends, the peer closes, or the server stops. Does not own the socket.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "fakes/smtp_server.h"

namespace mtasts::fakes {

// Receives events of a session for its server. Any thread.
class SmtpSessionObserver {
 public:
  virtual ~SmtpSessionObserver() = default;
  virtual void on_moment(SmtpMoment moment) = 0;
  virtual void on_command(const std::string& line) = 0;
  virtual void on_server_name(const std::string& name) = 0;
  // False: the server is stopping.
  virtual bool pause(std::chrono::milliseconds duration) = 0;
};

class SmtpSession {
 public:
  SmtpSession(int socket, const SmtpScript& script, SmtpSessionObserver& observer);
  ~SmtpSession();
  // True: the connection must be closed with RST.
  bool run();

 private:
  struct Tls;

  bool converse();
  bool start_tls();
  // Sends `octets`, or the scripted fault instead. False: the session has ended.
  bool speak(SmtpMoment moment, const std::string& octets);
  bool misbehave(SmtpMoment moment);
  bool read_command(std::string& command);
  bool send(std::string_view octets);
  bool send_slowly(const std::string& octets, bool banner);
  int receive(char* buffer, int size_bytes);
  void drain();

  int socket_;
  const SmtpScript& script_;
  SmtpSessionObserver& observer_;
  std::string pending_;
  std::unique_ptr<Tls> tls_;
  bool reset_ = false;
};

}  // namespace mtasts::fakes
