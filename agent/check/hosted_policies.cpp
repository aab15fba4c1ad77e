// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/hosted_policies.h"

#include <utility>

#include "protocol/sts/policy_writer.h"

namespace mtasts::check {

HostedPoliciesPtr hosted_policies_of(const settings::PolicyHostSettings& settings, Time now,
                                     const HostedPoliciesPtr& before) {
  auto made = std::make_shared<HostedPolicies>();
  for (const settings::HostedPolicySettings& policy : settings.policies) {
    verdict::HostedPolicy fresh;
    fresh.body = protocol::write_policy(policy.mode, policy.mx, policy.max_age_seconds);
    fresh.id = protocol::id_of_policy(fresh.body);
    fresh.since = now;
    const auto shared = std::make_shared<const verdict::HostedPolicy>(std::move(fresh));
    for (const DomainName& domain : policy.domains) {
      const auto known = hosted_policy_of(before, domain.text());
      const bool same = known != nullptr && known->body == shared->body;
      made->emplace(domain.text(), same ? known : shared);
    }
  }
  return made;
}

verdict::HostedPolicyPtr hosted_policy_of(const HostedPoliciesPtr& policies,
                                          const std::string& domain) {
  if (policies == nullptr) return nullptr;
  const auto found = policies->find(domain);
  return found == policies->end() ? nullptr : found->second;
}

}  // namespace mtasts::check
