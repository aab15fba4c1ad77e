// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/channel.h"

namespace mtasts {

std::string_view name_of(Channel channel) {
  switch (channel) {
    case Channel::dns:
      return "dns";
    case Channel::https_ipv4:
      return "https over ipv4";
    case Channel::https_ipv6:
      return "https over ipv6";
    case Channel::smtp_ipv4:
      return "smtp over ipv4";
    case Channel::smtp_ipv6:
      return "smtp over ipv6";
  }
  return "?";
}

ChannelKind kind_of(Channel channel) {
  switch (channel) {
    case Channel::dns:
      return ChannelKind::dns;
    case Channel::https_ipv4:
    case Channel::https_ipv6:
      return ChannelKind::https;
    case Channel::smtp_ipv4:
    case Channel::smtp_ipv6:
      break;
  }
  return ChannelKind::smtp;
}

Channel channel_of(ChannelKind kind, AddressFamily family) {
  bool v4 = family == AddressFamily::ipv4;
  switch (kind) {
    case ChannelKind::dns:
      return Channel::dns;
    case ChannelKind::https:
      return v4 ? Channel::https_ipv4 : Channel::https_ipv6;
    case ChannelKind::smtp:
      break;
  }
  return v4 ? Channel::smtp_ipv4 : Channel::smtp_ipv6;
}

std::optional<AddressFamily> family_of(Channel channel) {
  switch (channel) {
    case Channel::dns:
      return std::nullopt;
    case Channel::https_ipv4:
    case Channel::smtp_ipv4:
      return AddressFamily::ipv4;
    case Channel::https_ipv6:
    case Channel::smtp_ipv6:
      break;
  }
  return AddressFamily::ipv6;
}

}  // namespace mtasts
