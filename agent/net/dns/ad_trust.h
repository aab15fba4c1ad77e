// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AdTrust: whether the AD bit of the configured resolvers is believed, and why. Anybody on the path
// to a resolver can set it, so only a resolver that is reached over a path that is known to be safe
// is believed (RFC 4035 §4.9.3, RFC 7672 §2.1.1). Believed is not yet validating: that is asked for
// (check/validation_proof.h). A plain value, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "settings/settings.h"

namespace mtasts::net {

struct AdTrust {
  bool believed = false;
  // One clause for people: "the resolver 192.0.2.53 is on another machine and /etc/resolv.conf has
  // no option trust-ad".
  std::string reason;
  bool operator==(const AdTrust&) const = default;
};

// What /etc/resolv.conf says (resolv.conf(5)). Pure.
struct ResolvConf {
  std::vector<std::string> servers;  // as written; without any, the resolver is 127.0.0.1
  bool trust_ad = false;
};
ResolvConf parse_resolv_conf(std::string_view text);

// `own`: the addresses of this machine, or of the pod in which this runs. Pure.
AdTrust ad_trust_of(const settings::DnsSettings& settings, const ResolvConf& system,
                    const std::vector<IpAddress>& own);
// With the system's resolv.conf and addresses. Reads a file.
AdTrust ad_trust_of_system(const settings::DnsSettings& settings);

}  // namespace mtasts::net
