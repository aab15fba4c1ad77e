// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One connection of the scripted SMTP server: blocking, in the thread that runs it, until the
// script ends, the peer goes, or the server stops. Does not own the socket.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "fakes/smtp_server.h"

namespace mtasts::fakes {

// What a session tells its server. Any thread.
class SmtpSessionObserver {
 public:
  virtual ~SmtpSessionObserver() = default;
  virtual void on_moment(SmtpMoment moment) = 0;
  virtual void on_command(const std::string& line) = 0;
  virtual void on_server_name(const std::string& name) = 0;
  // False: the server stops.
  virtual bool pause(std::chrono::milliseconds duration) = 0;
};

class SmtpSession {
 public:
  SmtpSession(int socket, const SmtpScript& script, SmtpSessionObserver& observer);
  ~SmtpSession();
  // True: the connection is to end with RST.
  bool run();

 private:
  struct Tls;

  bool converse();
  bool start_tls();
  // Says `octets`, or does what the script wants in their place. False: the session is over.
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
