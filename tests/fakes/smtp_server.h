// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A scriptable SMTP server on loopback for tests: correct, faulty and hostile. One thread accepts,
// another one serves each connection (bounded). All public functions may be called from any thread.
// The destructor ends every connection and joins every thread; a connection lasts at most 30 s.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fakes/certificate_factory.h"

namespace mtasts::fakes {

// The points at which the server sends something.
enum class SmtpMoment : int { banner, ehlo, starttls, handshake, ehlo_after_tls, quit };

enum class SmtpFault {
  none,
  silence,  // keep the connection open, send nothing
  close,    // FIN
  reset,    // RST
  endless,  // continuation lines as fast as possible
};

enum class SmtpTls { modern, only_1_2, only_1_1, client_certificate };  // the last one with TLS 1.2

// What the server sends at each point, as raw octets; a fault replaces one of them.
struct SmtpScript {
  std::string banner = "220 mx.example ESMTP\r\n";
  std::string ehlo = "250-mx.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";
  std::string starttls = "220 go ahead\r\n";
  std::string ehlo_after_tls = "250 mx.example\r\n";

  SmtpFault fault = SmtpFault::none;
  SmtpMoment fault_at = SmtpMoment::banner;

  std::chrono::milliseconds line_pause{0};   // before each banner line except the first
  std::chrono::milliseconds octet_pause{0};  // between the octets of every clear-text reply
  std::string in_place_of_tls;               // sent after the ClientHello; then closes
  SmtpTls tls = SmtpTls::modern;
  Identity identity;         // required when a handshake must succeed
  Identity second_identity;  // of another key type, chosen by what the client accepts; may be empty
  Identity without_server_name;       // presented instead to clients without SNI; may be empty
  bool requires_server_name = false;  // clients without SNI get an alert
};

// A fatal TLS alert record.
std::string tls_alert(uint8_t description);

class SmtpServer {
 public:
  using ScriptOf = std::function<SmtpScript(int connection)>;  // connections are counted from 1

  // `address` is "::1" or in 127/8; port 0: a free one. Throws when it cannot listen there.
  explicit SmtpServer(SmtpScript script, const std::string& address = "127.0.0.1",
                      uint16_t port = 0);
  explicit SmtpServer(ScriptOf script_of, const std::string& address = "127.0.0.1",
                      uint16_t port = 0);
  ~SmtpServer();
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  uint16_t port() const;
  int connections() const;
  int most_at_once() const;
  int open_connections() const;
  // True when any connection has reached this point.
  bool reached(SmtpMoment moment) const;
  std::vector<std::string> commands() const;      // of all connections, in order of arrival
  std::vector<std::string> server_names() const;  // SNI of all handshakes

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A port on 127.0.0.1 that answers with RST; held until destruction.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  uint16_t port() const { return port_; }

 private:
  int socket_;
  uint16_t port_ = 0;
};

// A port on 127.0.0.1 whose queue is full: a SYN is not answered.
class DeafPort {
 public:
  DeafPort();
  ~DeafPort();
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  uint16_t port() const { return port_; }

 private:
  int listener_;
  std::vector<int> queued_;
  uint16_t port_ = 0;
};

}  // namespace mtasts::fakes
