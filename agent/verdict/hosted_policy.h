// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A policy that the agent itself serves for a domain. Plain value, any thread.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"

namespace mtasts::verdict {

struct HostedPolicy {
  std::string body;     // octet for octet, at most 64 000
  std::string id;       // made of the body: equal bodies have equal ids
  Time since = kNever;  // when the agent began to serve it for the domain; kNever: not known
};
using HostedPolicyPtr = std::shared_ptr<const HostedPolicy>;

}  // namespace mtasts::verdict
