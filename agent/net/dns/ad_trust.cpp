// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/dns/ad_trust.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "base/handle.h"
#include "base/printable.h"
#include "settings/input_file.h"

namespace mtasts::net {
namespace {

using settings::TrustAd;

constexpr const char* kResolvConf = "/etc/resolv.conf";
constexpr size_t kLargest_bytes = 1u * 1024 * 1024;
// Docker's embedded server for containers: it forwards, without validating, to another machine.
constexpr std::string_view kDockerForwarder = "127.0.0.11";

// Exactly these, not what embeds them: 6to4 and NAT64 addresses lead elsewhere.
bool is_loopback(const IpAddress& address) {
  if (address.family() == AddressFamily::ipv4) return address.octets()[0] == 127;
  std::array<uint8_t, 16> one{};
  one.back() = 1;
  return address == IpAddress::v6(one);
}

// The next word of the line, which it is taken from.
std::string_view take_word(std::string_view& line) {
  constexpr std::string_view kBlanks = " \t\r\v\f";
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

IpAddress address_of(const sockaddr& socket_address) {
  if (socket_address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(socket_address);
    std::array<uint8_t, 4> octets{};
    std::copy_n(reinterpret_cast<const uint8_t*>(&v4.sin_addr), octets.size(), octets.begin());
    return IpAddress::v4(octets);
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(socket_address);
  std::array<uint8_t, 16> octets{};
  std::copy_n(reinterpret_cast<const uint8_t*>(&v6.sin6_addr), octets.size(), octets.begin());
  return IpAddress::v6(octets);
}

std::vector<IpAddress> own_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const Handle<ifaddrs, freeifaddrs> owner(list);
  std::vector<IpAddress> addresses;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const auto family = one->ifa_addr->sa_family;
    if (family == AF_INET || family == AF_INET6) addresses.push_back(address_of(*one->ifa_addr));
  }
  return addresses;
}

bool is_here(const std::string& server, const std::vector<IpAddress>& own) {
  const auto address = IpAddress::parse(server);
  if (!address || server == kDockerForwarder) return false;
  return is_loopback(*address) || std::find(own.begin(), own.end(), *address) != own.end();
}

AdTrust distrust(const std::string& server, bool configured) {
  if (server == kDockerForwarder)
    return {false, "the resolver 127.0.0.11 is Docker's forwarder to another machine"};
  return {false, fmt::format("the resolver {} is on another machine{}", printable(server, 60),
                             configured ? " and [dns] trust_ad is not true"
                                        : " and /etc/resolv.conf has no option trust-ad")};
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf conf;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view keyword = take_word(line);
    if (keyword == "nameserver") {
      const std::string_view server = take_word(line);
      if (!server.empty()) conf.servers.emplace_back(server);
    } else if (keyword == "options") {
      for (auto option = take_word(line); !option.empty(); option = take_word(line))
        conf.trust_ad |= option == "trust-ad";
    }
  }
  return conf;
}

AdTrust ad_trust_of(const settings::DnsSettings& settings, const ResolvConf& system,
                    const std::vector<IpAddress>& own) {
  if (settings.trust_ad == TrustAd::always) return {true, "[dns] trust_ad is true"};
  if (settings.trust_ad == TrustAd::never) return {false, "[dns] trust_ad is false"};
  std::vector<std::string> servers = system.servers;
  if (servers.empty()) servers.emplace_back("127.0.0.1");
  const std::vector<std::string> listed = servers;
  if (!settings.servers.empty()) {
    servers.clear();
    for (const settings::Endpoint& server : settings.servers)
      servers.push_back(server.address.text());
  }
  // Any of them may give the answer.
  for (const std::string& server : servers) {
    const bool vouched_for =
        system.trust_ad && std::find(listed.begin(), listed.end(), server) != listed.end();
    if (!vouched_for && !is_here(server, own)) return distrust(server, !settings.servers.empty());
  }
  return {true, fmt::format("{} is believed", printable(servers.front(), 60))};
}

AdTrust ad_trust_of_system(const settings::DnsSettings& settings) {
  auto text = settings::read_input_file(kResolvConf, kLargest_bytes);
  return ad_trust_of(settings, parse_resolv_conf(text ? *text : std::string()), own_addresses());
}

}  // namespace mtasts::net
