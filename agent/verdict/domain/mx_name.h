// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Slips in MX records: names to which no mail can be delivered, such as a name that the zone's
// origin was appended to because its final dot is missing. A policy must never list such a name;
// the MX record has to be corrected instead. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/evidence.h"
#include "verdict/report.h"

namespace mtasts::verdict {

enum class MxSlip : uint8_t {
  none,
  address,       // an IP address, perhaps with the domain appended
  doubled,       // a complete name with the domain, or a part of it, appended
  local,         // localhost, a name without a dot, or one of a local network
  no_host_name,  // characters that host names do not have
  no_address,    // DNS says that it has none
  not_public,    // its addresses cannot be reached from the internet
};

struct MxName {
  MxSlip slip = MxSlip::none;
  std::string meant;  // the name that was probably meant; empty: unknown
};

// By the name alone, as an MX record of `domain` (A-labels) gives it.
MxName read_mx_name(std::string_view host, std::string_view domain);

// What DNS says about a host's addresses.
enum class HostReach : uint8_t {
  unknown,     // it has some, or nobody could tell
  no_address,  // none (conclusive)
  not_public,  // only some that cannot be reached from the internet
};

// A name that is no slip by itself, with what DNS says about its addresses.
MxName with_reach(MxName name, std::string_view host, std::string_view domain, HostReach reach);

// With what the probe of the host saw. `patterns` are those of the policy: a name that they list on
// purpose and that has an address is no slip.
MxName read_mx_target(const MxTarget& target, const Evidence& evidence,
                      const std::vector<std::string>& patterns);

// Slips that have findings of their own, besides which nothing is said about coverage.
constexpr bool is_wrong_name(MxSlip slip) {
  return slip == MxSlip::address || slip == MxSlip::doubled || slip == MxSlip::local;
}

// What to correct, without a final period: "write mx1.example.com. with a final dot in the MX
// record of mx1.example.com.example.com".
std::string correction_of(std::string_view host, const MxName& name);

// The MX hosts of a finished report that a policy may list.
std::vector<std::string> listable_hosts(const Report& report);

}  // namespace mtasts::verdict
