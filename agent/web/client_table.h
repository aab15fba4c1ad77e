// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ClientTable: what each client of a listener may use: requests and octets over time (token
// buckets), and octets in memory at once. Bounded: the client that was idle longest is forgotten
// first. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "web/http_message.h"

namespace mtasts::web {

struct ClientLimits {
  double requests = 0;  // at once; refilled in `refill`
  double bytes = 0;
  std::chrono::milliseconds refill{1};
  size_t clients = 0;  // remembered
  size_t bytes_in_progress = 0;
  size_t client_bytes_in_progress = 0;
};

// "192.0.2.1", "2001:db8:1:2::/64": a network of one customer has 64 bits of its own to vary (RFC
// 6177).
std::string network_of(const IpAddress& address);
// The same; empty for a private, loopback or link-local address, which may
// be a proxy with many clients.
std::string outside_network(const IpAddress& address);

// "192.0.2.1", "2001:db8:1:2::/64". A peer with a private, loopback or link-local address is taken
// for a proxy: the last address of X-Forwarded-For, which the proxy added, is the client.
std::string client_of(const HttpRequest& request);

class ClientTable : public std::enable_shared_from_this<ClientTable> {
 public:
  explicit ClientTable(const ClientLimits& limits) : limits_(limits) {}

  // One request of the client, with `bytes` of memory until the result is released. Null: over a
  // limit. Held by shared pointer.
  std::shared_ptr<void> begin(const std::string& client, size_t bytes,
                              std::chrono::steady_clock::time_point now);
  // One request of the client, without more to it. False: it has used up what it may.
  bool spend(const std::string& client, std::chrono::steady_clock::time_point now);
  // The body that came; a client may overdraw once.
  void charge(const std::string& client, size_t bytes, std::chrono::steady_clock::time_point now);

  size_t size() const;

 private:
  struct Client {
    double requests = 0;
    double bytes = 0;
    std::chrono::steady_clock::time_point filled{};
    size_t in_progress_bytes = 0;
    size_t in_progress = 0;
    std::list<std::string>::iterator place;  // in by_use_
  };

  Client& find(const std::string& name, std::chrono::steady_clock::time_point now);
  void forget_idle();
  void end(const std::string& name, size_t bytes);

  const ClientLimits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Client> clients_;
  std::list<std::string> by_use_;  // the longest idle first
  size_t in_progress_bytes_ = 0;
};

}  // namespace mtasts::web
