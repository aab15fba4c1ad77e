// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The policies that the agent serves, made from the settings: body and id of each domain come from
// one place. Pure, any thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/time.h"
#include "settings/settings.h"
#include "verdict/hosted_policy.h"

namespace mtasts::check {

// By domain (lower-case A-labels).
using HostedPolicies = std::unordered_map<std::string, verdict::HostedPolicyPtr>;
using HostedPoliciesPtr = std::shared_ptr<const HostedPolicies>;

// A policy is served since `now`, or, if the domain had it in `before` (which may be null) as well,
// since it had it there.
HostedPoliciesPtr hosted_policies_of(const settings::PolicyHostSettings& settings, Time now,
                                     const HostedPoliciesPtr& before = nullptr);

// Null: the agent serves no policy for the domain.
verdict::HostedPolicyPtr hosted_policy_of(const HostedPoliciesPtr& policies,
                                          const std::string& domain);

}  // namespace mtasts::check
