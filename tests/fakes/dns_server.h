// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DnsServer: a scripted DNS server on 127.0.0.1, UDP and TCP on one free port, with its own thread
// from construction to destruction. Data and behaviour belong to DnsZone and may be changed at any
// time from any thread. Replies are correct and immediate unless scripted otherwise.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fakes/dns_zone.h"
#include "settings/settings.h"

namespace mtasts::fakes {

class DnsServer : public DnsZone {
 public:
  // Without TCP, connections are refused. Throws std::runtime_error when no port is available.
  explicit DnsServer(bool tcp = true);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  uint16_t port() const { return port_; }
  // The UDP ports that queries came from. Any thread.
  std::set<uint16_t> client_ports() const;
  settings::Endpoint endpoint() const;
  // Settings with this server as the only one.
  settings::DnsSettings settings(std::chrono::milliseconds timeout = std::chrono::seconds(2),
                                 int tries = 2) const;

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Connection {
    std::string input;
    std::string output;
  };
  struct Delayed {
    int connection = -1;  // -1: UDP
    std::string peer;     // the socket address as octets
    std::string octets;
  };

  bool open_sockets(bool tcp);
  void close_sockets();
  void run();
  void serve_udp();
  void serve_tcp(int descriptor, Connection& connection);
  void accept_connection();
  void send(const Delayed& reply);
  void answer(const std::string& query, int connection, const std::string& peer);
  int send_due();  // milliseconds until the next reply, -1 when there is none

  uint16_t port_ = 0;
  int udp_ = -1;
  int listener_ = -1;
  int wake_ = -1;
  std::map<int, Connection> connections_;
  std::multimap<Instant, Delayed> delayed_;
  mutable std::mutex ports_mutex_;  // guards client_ports_
  std::set<uint16_t> client_ports_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace mtasts::fakes
