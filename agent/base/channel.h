// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Channel: a path over which the agent observes domains. HTTPS and SMTP are separated by address
// family, because a host with broken IPv6 reaches IPv4 peers but no IPv6 peer. ChannelSet: a set of
// channels. Plain values, any thread.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/enum_words.h"
#include "base/ip_address.h"

namespace mtasts {

// The protocol of a channel; the enumerator name is the value of the metric label `channel`.
BOOST_DEFINE_FIXED_ENUM_CLASS(ChannelKind, uint8_t, dns, https, smtp)
inline std::string_view name_of(ChannelKind kind) { return enumerator_name(kind); }
inline constexpr auto kChannelKinds = enumerators<ChannelKind>();

enum class Channel : uint8_t { dns, https_ipv4, https_ipv6, smtp_ipv4, smtp_ipv6 };
inline constexpr std::array kChannels = {Channel::dns, Channel::https_ipv4, Channel::https_ipv6,
                                         Channel::smtp_ipv4, Channel::smtp_ipv6};

std::string_view name_of(Channel channel);  // "https over ipv4"; for display
ChannelKind kind_of(Channel channel);
// The channel for a protocol and an address family; for DNS the family is ignored.
Channel channel_of(ChannelKind kind, AddressFamily family);
// Empty for DNS.
std::optional<AddressFamily> family_of(Channel channel);

class ChannelSet {
 public:
  ChannelSet() = default;  // empty
  static ChannelSet all() {
    ChannelSet set;
    set.bits_.set();
    return set;
  }

  bool contains(Channel channel) const { return bits_.test(index(channel)); }
  void insert(Channel channel) { bits_.set(index(channel)); }
  void erase(Channel channel) { bits_.reset(index(channel)); }
  bool operator==(const ChannelSet&) const = default;

 private:
  static size_t index(Channel channel) { return static_cast<size_t>(channel); }
  std::bitset<kChannels.size()> bits_;
};

}  // namespace mtasts
