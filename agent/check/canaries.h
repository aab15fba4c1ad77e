// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Canaries: asks well-known third parties whether a channel works from here. The DNS canary is a
// name that nobody has asked before, a random label below a zone, because a resolver answers
// everything else from its cache for hours after it has lost the network. Life is NXDOMAIN or an
// answer; SERVFAIL, REFUSED, silence and an empty NOERROR are none. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/channel.h"
#include "check/environment.h"
#include "settings/settings.h"

namespace mtasts::check {

enum class CanaryResult : uint8_t {
  available,
  unavailable,
  cannot_tell,  // none is configured, or none has an address of the family
};

struct CanaryRound {
  CanaryResult result = CanaryResult::cannot_tell;
  std::string detail;  // what was asked, and why it failed; empty when available
};

class Canaries {
 public:
  Canaries(Environment environment, const settings::CanarySettings& settings,
           const settings::NetworkSettings& network);

  bool has(ChannelKind kind) const { return !names_of(kind).empty(); }

  // The zones of DNS are asked all at once, hosts one after another until one answers.
  boost::asio::awaitable<CanaryRound> ask(Channel channel);

  // Asks the resolver for the name servers of the zones, which exist. Unavailable: it denies all of
  // them, so what else it denies may exist too.
  boost::asio::awaitable<CanaryRound> ask_for_zones();

 private:
  const std::vector<std::string>& names_of(ChannelKind kind) const;
  boost::asio::awaitable<CanaryRound> ask_zones();
  boost::asio::awaitable<CanaryRound> ask_host(Channel channel, std::string host);
  boost::asio::awaitable<void> query(std::string name, protocol::RecordType type,
                                     protocol::DnsAnswer& answer);

  Environment environment_;
  settings::CanarySettings settings_;
  settings::NetworkSettings network_;
};

}  // namespace mtasts::check
