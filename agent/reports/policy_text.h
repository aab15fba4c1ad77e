// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The text by which MTA-STS policies are compared: by meaning, because senders rebuild policies in
// another order or with other line ends. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sts/sts_policy.h"

namespace mtasts::reports {

inline constexpr size_t kPolicyTextLimit_bytes = 2048;  // also of what is stored

// "mode=enforce max_age=604800 mx=a.example,*.b.example": patterns in lower case, sorted, each
// once. Over the limit, "mode=enforce max_age=604800 mx_sha256=" with their digest instead.
std::string policy_text(protocol::Mode mode, uint64_t max_age_seconds, std::vector<std::string> mx);
// Empty without mode or max_age. Also of a policy that is not valid otherwise.
std::string policy_text(const protocol::StsPolicy& policy);
// Of policy-string, with the patterns of mx-host where policy-string has none.
std::string policy_text(const std::vector<std::string>& policy_strings,
                        const std::vector<std::string>& mx_hosts);

// The digest for which policy_text() has no room: SHA-256, hex, whatever the patterns' order.
std::string patterns_digest(std::vector<std::string> mx);

}  // namespace mtasts::reports
