// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AresChannel: c-ares as a transport on the loop: sends an encoded query and returns the decoded
// response, with retries. Equal questions share one query; at most 200 queries are in flight, the
// others are queued, and the clients (checks) take turns. Every 250 queries have a new socket, and
// so a new source port, and letters of random case that the response must repeat (RFC 5452 §9;
// c-ares 1.18 does neither). Does not follow CNAMEs, does not fall back to TCP (a truncated
// response is returned as such) and caches nothing.
// Loop thread only. Held by shared_ptr: a waiting coroutine keeps it alive; close() ends all
// queries. c-ares cannot cancel a single query: a caller that stops waiting releases its Waiter,
// and a later answer is dropped. No exceptions; errors of c-ares are answers with that status.
#pragma once

#include <ares.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/handle.h"
#include "net/dns/fair_queue.h"
#include "protocol/dns/message.h"
#include "settings/settings.h"

namespace mtasts::net {

// The buffer of one UDP socket holds this many answers (measured: 200 lost none, 2000 did).
inline constexpr int kDnsInFlightLimit = 200;
inline constexpr size_t kDnsQueriesPerSocket = 250;

class AresChannel : public std::enable_shared_from_this<AresChannel> {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // A pending caller: its timer is cancelled when `done` or `deadline` changes.
  struct Waiter {
    explicit Waiter(const boost::asio::any_io_executor& executor) : timer(executor) {}
    boost::asio::steady_timer timer;
    Instant deadline = Instant::max();  // max: set when the question is first sent
    bool done = false;
    protocol::DnsResponse response;
  };

  enum class Transport : uint8_t { udp, tcp };

  AresChannel(boost::asio::any_io_executor executor, const settings::DnsSettings& settings,
              Transport transport = Transport::udp);
  ~AresChannel();
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;

  // `name` is canonical (protocol/dns/message.h). `client` is the domain whose check asks, or
  // empty. The waiter may already be done on return.
  void ask(const std::string& client, const std::string& name, protocol::RecordType type,
           protocol::DnssecFlags flags, const std::shared_ptr<Waiter>& waiter);
  // Completes all waiters, current and future, as `cancelled`. Sockets are closed on return.
  void close();

  const boost::asio::any_io_executor& executor() const { return executor_; }
  // The maximum time from the first send to the end: timeout × tries.
  std::chrono::milliseconds patience() const { return patience_; }
  const std::string& servers() const { return servers_; }  // "127.0.0.1:53, [::1]:53"
  size_t in_flight() const { return in_flight_; }

 private:
  struct Key {
    std::string name;
    protocol::RecordType type;
    protocol::DnssecFlags flags;
    auto operator<=>(const Key&) const = default;
  };
  struct Lane;
  struct Question {
    AresChannel* channel = nullptr;
    Lane* lane = nullptr;  // while on the wire
    Key key;
    std::string client;  // who asked first
    std::string octets;  // of the question on the wire
    Instant sent{};      // for the first time
    std::vector<std::weak_ptr<Waiter>> waiters;
    int attempts = 0;
    bool on_wire = false;
    bool without_edns = false;
    bool has_waiters() const;
  };
  struct Socket;

  bool open();
  void read_servers();
  void retire_used();
  bool repeats_exactly(const Question& question, std::string_view message);
  void pump();
  void send(const std::shared_ptr<Question>& question);
  void settle(const std::shared_ptr<Question>& question, int status, std::string_view message);
  void finish(const std::shared_ptr<Question>& question, const protocol::DnsResponse& response);
  void fail(const std::shared_ptr<Question>& question, protocol::DnsStatus status,
            std::string detail);
  void process(Lane& lane, ares_socket_t readable, ares_socket_t writable);
  void watch(const std::shared_ptr<Socket>& socket);
  void wait_on(const std::shared_ptr<Socket>& socket, bool for_reading);
  void tick();

  static void on_answer(void* question, int status, int timeouts, unsigned char* octets, int size);
  static void on_socket_state(void* lane, ares_socket_t descriptor, int readable, int writable);

  boost::asio::any_io_executor executor_;
  settings::DnsSettings settings_;
  Transport transport_;
  std::chrono::milliseconds patience_;
  std::chrono::milliseconds budget_;  // patience plus a margin for the loop to notice
  std::chrono::milliseconds tick_interval_;
  int tries_;
  int server_count_ = 0;
  std::string servers_;
  std::string open_error_;
  bool closed_ = false;
  bool ticking_ = false;
  size_t in_flight_ = 0;
  boost::asio::steady_timer tick_timer_;
  std::map<Key, std::shared_ptr<Question>> questions_;  // queued and in flight
  FairQueue<std::shared_ptr<Question>> queue_;
  bool mixed_case_ = true;
  int case_lost_ = 0;  // responses that repeated the name in another case
  std::map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
  std::shared_ptr<Lane> lane_;                   // for new queries
  std::vector<std::shared_ptr<Lane>> draining_;  // with queries in flight
};

}  // namespace mtasts::net
