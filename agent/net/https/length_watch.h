// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// LengthWatch: keeps what a server sends behind the octets that Content-Length announces. libcurl
// drops it; its debug callback sees every octet received. Plain value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/http/attempt.h"

namespace mtasts::net {

class LengthWatch {
 public:
  void announce(uint64_t length) { left_ = length; }

  // Octets of the body, in order. Keeps no more than the size of a policy.
  void take(std::string_view octets) {
    if (!left_) return;
    const auto within = static_cast<size_t>(std::min<uint64_t>(*left_, octets.size()));
    *left_ -= within;
    octets.remove_prefix(within);
    excess_.append(octets.substr(0, protocol::kPolicyLimit_bytes - excess_.size()));
  }
  const std::string& excess() const { return excess_; }

 private:
  std::optional<uint64_t> left_;  // nullopt: no length was announced
  std::string excess_;
};

}  // namespace mtasts::net
