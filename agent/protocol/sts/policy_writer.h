// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Writes policies and records in the form that all tested senders read alike. What the arguments
// hold must be valid: nothing is checked here. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sts/sts_policy.h"

namespace mtasts::protocol {

// What a policy should not exceed: a widely used library of senders refuses more, although
// RFC 8461 §3.3 suggests 64 KiB.
inline constexpr size_t kLongestPolicy_bytes = 64'000;

// A policy (RFC 8461 §3.2): version first, CRLF after every line, including the last; max_age is
// limited to kMaxAgeLimit_seconds.
std::string write_policy(Mode mode, const std::vector<std::string>& patterns,
                         uint64_t max_age_seconds);

// The value of the TXT record that announces a policy (RFC 8461 §3.1): "v=STSv1; id=20261102".
std::string write_record(std::string_view id);

// An id made of the octets of a policy, so that a body and the id under which it is published
// cannot disagree: 20 hexadecimal digits of its SHA-256.
std::string id_of_policy(std::string_view policy);

}  // namespace mtasts::protocol
