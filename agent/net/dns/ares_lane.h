// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Internal to ares_channel.cpp and ares_lane.cpp: one channel of c-ares, opened anew every few
// hundred queries. Loop thread only.
#pragma once

#include <cstddef>
#include <memory>

#include "net/dns/ares_channel.h"

namespace mtasts::net {

// A channel of c-ares with its sockets. c-ares keeps a UDP socket, and so its port, for as long as
// queries are in flight.
struct AresChannel::Lane : std::enable_shared_from_this<Lane> {
  explicit Lane(AresChannel* owner) : self(owner) {}
  AresChannel* self;
  size_t sent = 0;
  size_t in_flight = 0;
  Handle<ares_channeldata, ares_destroy> channel;
};

}  // namespace mtasts::net
