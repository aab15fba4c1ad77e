// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AuthorityProbe: asks every authoritative server of a domain's zone directly for the record. At
// most eight servers and two addresses of each; the addresses of a server are looked up once an
// hour for all domains. Servers that differ are asked again after a pause, so that only what lasts
// counts. Where no server at all answers, port 53 is probably closed to the agent, and is left
// alone for an hour. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "async/keyed_lock.h"
#include "check/channel_monitor.h"
#include "check/environment.h"
#include "check/lookup.h"
#include "check/shared_probes.h"
#include "settings/settings.h"
#include "verdict/extra_evidence.h"

namespace mtasts::check {

class AuthorityProbe {
 public:
  static constexpr size_t kMaxServers = 8;
  static constexpr size_t kMaxAddresses = 2;
  // Maximum questions, and so sockets, at a time.
  static constexpr size_t kMaxQuestions = 64;

  // The monitor must outlive this and the environment's tasks.
  AuthorityProbe(const Environment& environment, ChannelMonitor& channels,
                 const settings::NetworkSettings& network);

  using ResultPtr = std::shared_ptr<const verdict::AuthorityEvidence>;
  // Null: the zone or its servers could not be found, or none could be asked. `before`: the
  // previous result for the domain, or null.
  boost::asio::awaitable<ResultPtr> look(std::string domain, ResultPtr before);

  void inherit(const AuthorityProbe& other) { addresses_.inherit(other.addresses_); }
  void sweep(std::chrono::milliseconds unused) { addresses_.sweep(unused); }
  void set_pause(std::chrono::milliseconds pause) { pause_ = pause; }

 private:
  using Looks = std::vector<verdict::AuthorityLook>;
  using Addresses = SharedProbes<std::vector<IpAddress>>;

  boost::asio::awaitable<std::vector<std::string>> find_servers(std::string domain,
                                                                std::string& zone);
  boost::asio::awaitable<Addresses::Outcome> find_addresses(std::string server);
  boost::asio::awaitable<void> add_server(std::string server, Looks& looks);
  boost::asio::awaitable<void> ask(std::string name, verdict::AuthorityLook& look);
  boost::asio::awaitable<void> ask_all(std::string name, Looks& looks);
  boost::asio::awaitable<void> ask_serial(std::string zone, verdict::AuthorityLook& look);
  void note_answers(const Looks& looks);

  Environment environment_;
  Lookup lookup_;
  settings::NetworkSettings network_;
  std::chrono::milliseconds pause_;
  Addresses addresses_;
  async::KeyedLock<size_t> slots_;
  size_t next_slot_ = 0;
  int silent_domains_ = 0;     // in a row, none of whose servers answered
  SteadyTime silent_until_{};  // until then nobody is asked
};

}  // namespace mtasts::check
