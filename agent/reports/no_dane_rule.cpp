// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/no_dane_rule.h"

namespace mtasts::reports {

using protocol::ReportPolicyType;

void NoDaneRule::add(const protocol::ReportPolicy& policy) {
  if (policy.type == ReportPolicyType::sts) sts_sessions_.emplace(policy.successful, policy.failed);
}

bool NoDaneRule::applies_to(const protocol::ReportPolicy& policy, std::string_view name,
                            bool is_mx_host) const {
  if (policy.type != ReportPolicyType::no_policy_found || name.empty()) return false;
  if (!is_mx_host || sts_sessions_.empty()) return false;
  return name != domain_ || sts_sessions_.contains({policy.successful, policy.failed});
}

}  // namespace mtasts::reports
