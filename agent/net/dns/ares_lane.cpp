// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/dns/ares_lane.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace mtasts::net {
namespace {

// 200 answers of 1232 octets plus kernel overhead; the kernel caps it at rmem_max.
constexpr int kReceiveBuffer_bytes = 1 << 20;

std::string text_of(const IpAddress& address, int port) {
  const bool v6 = address.family() == AddressFamily::ipv6;
  const std::string host = v6 ? "[" + address.text() + "]" : address.text();
  return host + ":" + std::to_string(port);
}

IpAddress address_of(const ares_addr_port_node& node) {
  if (node.family == AF_INET) {
    std::array<uint8_t, 4> octets{};
    std::copy_n(reinterpret_cast<const uint8_t*>(&node.addr), octets.size(), octets.begin());
    return IpAddress::v4(octets);
  }
  std::array<uint8_t, 16> octets{};
  std::copy_n(reinterpret_cast<const uint8_t*>(&node.addr), octets.size(), octets.begin());
  return IpAddress::v6(octets);
}

}  // namespace

bool AresChannel::open() {
  auto lane = std::make_shared<Lane>(this);
  ares_options options{};
  // NOCHECKRESP: SERVFAIL and REFUSED are delivered as packets, with their extended errors, instead
  // of "could not contact DNS servers". No STAYOPEN: an idle channel closes its sockets, so that a
  // new burst uses a new source port and no stale TCP connection, and the loop can run out of work.
  // IGNTC: on its own, c-ares asks again over TCP, and when that connection fails it gives up every
  // query in flight with the server, those over UDP too.
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
                  ARES_FLAG_EDNS | ARES_FLAG_IGNTC;
  if (transport_ == Transport::tcp) options.flags |= ARES_FLAG_USEVC;
  options.timeout = static_cast<int>(
      std::clamp<int64_t>(settings_.timeout.count(), 1, std::numeric_limits<int>::max() / 16));
  // Retries are done here: c-ares would double the timeout in each round.
  options.tries = 1;
  options.ednspsz = protocol::kUdpSize_bytes;
  options.socket_receive_buffer_size = kReceiveBuffer_bytes;
  std::string lookups = "b";
  options.lookups = lookups.data();
  options.sock_state_cb = &AresChannel::on_socket_state;
  options.sock_state_cb_data = lane.get();
  // Each attempt starts with the next server, so that a server that fails for a name is not the
  // only one asked.
  const int rotate = settings_.servers.size() == 1 ? ARES_OPT_NOROTATE : ARES_OPT_ROTATE;
  const int mask = rotate | ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_RCVBUF | ARES_OPT_LOOKUPS |
                   ARES_OPT_SOCK_STATE_CB;
  ares_channel opened = nullptr;
  int status = ares_init_options(&opened, &options, mask);
  lane->channel.reset(status == ARES_SUCCESS ? opened : nullptr);
  if (lane->channel && !settings_.servers.empty()) {
    std::string servers;
    for (const auto& server : settings_.servers) {
      if (!servers.empty()) servers += ',';
      servers += text_of(server.address, server.port);
    }
    status = ares_set_servers_ports_csv(lane->channel.get(), servers.c_str());
  }
  if (status != ARES_SUCCESS) {
    open_error_ = ares_strerror(status);
    return false;
  }
  lane_ = std::move(lane);
  return true;
}

// Not within a callback of c-ares: an idle channel is destroyed.
void AresChannel::retire_used() {
  std::erase_if(draining_, [](const auto& lane) { return lane->in_flight == 0; });
  if (!lane_ || lane_->sent < kDnsQueriesPerSocket) return;
  const std::shared_ptr<Lane> used = lane_;
  if (!open()) {
    used->sent = 0;  // out of memory: the next attempt comes later
    return;
  }
  if (used->in_flight > 0) draining_.push_back(used);
}

void AresChannel::read_servers() {
  ares_addr_port_node* list = nullptr;
  if (ares_get_servers_ports(lane_->channel.get(), &list) != ARES_SUCCESS) return;
  const Handle<ares_addr_port_node, ares_free_data> owner(list);
  for (const ares_addr_port_node* node = list; node != nullptr; node = node->next) {
    ++server_count_;
    if (!servers_.empty()) servers_ += ", ";
    servers_ += text_of(address_of(*node), node->udp_port == 0 ? 53 : node->udp_port);
  }
}

}  // namespace mtasts::net
