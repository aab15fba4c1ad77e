// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Publishing where the agent itself serves the policy: from the settings, with an id made of the
// body.
#include <fmt/format.h>

#include "plan/plan_parts.h"
#include "protocol/sts/policy_writer.h"

namespace mtasts::plan {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", name);
  return text;
}

std::vector<std::string> lines_of(const PlanInput& input, const NewPolicy& policy) {
  const HostedSource& source = *input.hosted;
  bool shared = source.domains.size() > 1;
  std::vector<std::string> lines;
  if (shared) lines = {"[[policy]]", fmt::format("domains = [\"{}\"]", input.domain)};
  if (shared || source.mode != policy.mode)
    lines.push_back(fmt::format("mode = \"{}\"", name_of(policy.mode)));
  if (shared || source.mx != policy.mx)
    lines.push_back(fmt::format("mx = [{}]", joined(policy.mx)));
  if (shared || source.max_age_seconds != policy.max_age_seconds)
    lines.push_back(fmt::format("max_age = \"{}\"",
                                duration_text(std::chrono::seconds(policy.max_age_seconds))));
  return lines;
}

}  // namespace

void host(PlanStep& step, const PlanInput& input, const NewPolicy& policy) {
  if (!input.hosted) return;
  std::string body = protocol::write_policy(policy.mode, policy.mx, policy.max_age_seconds);
  if (!step.policy.empty()) {
    step.policy.clear();
    step.settings = lines_of(input, policy);
    bool shared = input.hosted->domains.size() > 1;
    if (step.settings.empty())
      step.action =
          "The [[policy]] of the settings says it already: make sure that the agent has "
          "read them.";
    else if (shared)
      step.action = fmt::format(
          "In the settings, take {} out of the [[policy]] that it shares with other domains, give "
          "it this one, and let the agent read them again.",
          input.domain);
    else
      step.action = fmt::format(
          "In the settings, change the [[policy]] of {} to these lines, and let the agent read "
          "them again.",
          input.domain);
  }
  // Equal bodies have equal ids, so this one cannot announce another policy.
  if (step.record) step.record->value = protocol::write_record(protocol::id_of_policy(body));
}

Publication publication_of(const PlanInput& input, const NewPolicy& policy, std::string why,
                           IdSource& ids) {
  Publication made;
  made.policy =
      publish_policy(input, protocol::write_policy(policy.mode, policy.mx, policy.max_age_seconds),
                     std::move(why));
  made.record = publish_record(input, ids.next(input.now), true);
  host(made.policy, input, policy);
  host(made.record, input, policy);
  return made;
}

}  // namespace mtasts::plan
