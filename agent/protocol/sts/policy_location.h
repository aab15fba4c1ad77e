// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Where the policy of a domain is served (RFC 8461 §3.3). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace mtasts::protocol {

inline constexpr std::string_view kPolicyHostPrefix = "mta-sts.";
inline constexpr std::string_view kPolicyPath = "/.well-known/mta-sts.txt";

// "mta-sts.example.com".
inline std::string policy_host_of(std::string_view domain) {
  return std::string(kPolicyHostPrefix).append(domain);
}

// "https://mta-sts.example.com/.well-known/mta-sts.txt"; `authority` is the policy host, with a
// port unless it is 443.
inline std::string policy_url(std::string_view authority) {
  return std::string("https://").append(authority).append(kPolicyPath);
}

}  // namespace mtasts::protocol
