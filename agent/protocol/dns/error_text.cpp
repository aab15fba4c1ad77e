// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/error_text.h"

#include <array>

namespace mtasts::protocol {

std::string_view extended_error_name(uint16_t code) {
  constexpr std::array<std::string_view, 31> kNames = {"Other Error",
                                                       "Unsupported DNSKEY Algorithm",
                                                       "Unsupported DS Digest Type",
                                                       "Stale Answer",
                                                       "Forged Answer",
                                                       "DNSSEC Indeterminate",
                                                       "DNSSEC Bogus",
                                                       "Signature Expired",
                                                       "Signature Not Yet Valid",
                                                       "DNSKEY Missing",
                                                       "RRSIGs Missing",
                                                       "No Zone Key Bit Set",
                                                       "NSEC Missing",
                                                       "Cached Error",
                                                       "Not Ready",
                                                       "Blocked",
                                                       "Censored",
                                                       "Filtered",
                                                       "Prohibited",
                                                       "Stale NXDOMAIN Answer",
                                                       "Not Authoritative",
                                                       "Not Supported",
                                                       "No Reachable Authority",
                                                       "Network Error",
                                                       "Invalid Data",
                                                       "Signature Expired before Valid",
                                                       "Too Early",
                                                       "Unsupported NSEC3 Iterations Value",
                                                       "Unable to conform to policy",
                                                       "Synthesized",
                                                       "Invalid Query Type"};
  return code < kNames.size() ? kNames[code] : std::string_view("unassigned code");
}

std::string rcode_name(uint16_t rcode) {
  constexpr std::array<std::string_view, 11> kNames = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                       "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                       "NXRRSET", "NOTAUTH", "NOTZONE"};
  if (rcode < kNames.size()) return std::string(kNames[rcode]);
  if (rcode == 16) return "BADVERS";
  return "RCODE " + std::to_string(rcode);
}

}  // namespace mtasts::protocol
