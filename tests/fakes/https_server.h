// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A scriptable HTTPS server on loopback, with one thread per connection. It follows the script,
// valid or not, and records what clients sent. Destruction ends it and closes open connections.
// Accessors: any thread; the script may be changed between connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fakes/certificate_factory.h"
#include "fakes/raw_server.h"

namespace mtasts::fakes {

enum class Behaviour {
  answer,                  // TLS, read the request head, send `response`, close
  silent_after_accept,     // sends nothing until the client closes
  silent_after_handshake,  // reads the request, sends nothing
  garbage,                 // octets that are not a TLS record
  plain_http,              // HTTP without TLS
  close_in_handshake,      // FIN after the ClientHello
  reset_in_handshake,      // RST after the ClientHello
  reset_after_request,     // TLS, read the request head, RST
  drip,                    // `response`, one octet per `drip_interval`
  repeat_last,             // `response`, then `repeated` forever
  hold_open,               // `response`, then silence
  garbage_after_response,  // `response`, then octets that are not a TLS record
};

struct HttpsScript {
  Behaviour behaviour = Behaviour::answer;
  std::string response;
  std::string repeated;
  std::string second_record;  // sent after `response`, in a TLS record of its own
  // Where not empty: what a request without Accept-Encoding gets instead of `response`.
  std::string without_accept_encoding;
  // HTTP/2 is selected where the client offers it, and its requests get this policy.
  std::optional<std::string> http2_body;
  bool http2_only = false;  // a client that offers other protocols alone gets an alert
  std::chrono::milliseconds drip_interval{20};
  int newest_version = 0;  // TLS1_1_VERSION …; 0: the newest available
  bool without_close_notify = false;
  bool wants_client_certificate = false;
};

// "HTTP/1.1 200 OK" with `body` as text/plain and its Content-Length.
std::string policy_response(const std::string& body);
// Any head, plus the Content-Length of `body`; `head` has no empty line at its end.
std::string response_with(const std::string& head, const std::string& body);

struct SeenRequest {
  std::string head;         // as received, up to the empty line
  std::string server_name;  // SNI; empty when the client sent none
  std::vector<std::string> alpn;
  std::string tls_version;
};

class HttpsServer {
 public:
  // `address` is in 127/8; port 0: a free one. Throws when it cannot listen there.
  HttpsServer(Identity identity, HttpsScript script, const std::string& address = "127.0.0.1",
              uint16_t port = 0);

  uint16_t port() const { return server_.port(); }
  void set_script(HttpsScript script);
  std::vector<SeenRequest> requests() const;
  int accepted() const { return server_.accepted(); }

 private:
  void serve(int socket);
  void speak_tls(int socket, const HttpsScript& script);

  Identity identity_;
  mutable std::mutex mutex_;  // guards the next two members
  HttpsScript script_;
  std::vector<SeenRequest> requests_;
  RawServer server_;  // last: its connections use the others
};

}  // namespace mtasts::fakes
