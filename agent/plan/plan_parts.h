// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Building blocks of plans (plan.h): what senders may hold and until when, policy texts in the form
// that all senders interpret alike, and unused ids. Internal to the plan room; pure, any thread.
// Times err on the late side; max_age is capped as in RFC 8461 §3.2.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shell_command.h"
#include "plan/plan.h"

namespace mtasts::plan {

// What senders may hold, including the current policy. Longest held first.
struct SenderCaches {
  std::vector<verdict::HeldPolicy> old;       // everything except what is served now
  std::optional<verdict::HeldPolicy> served;  // what is served now, as if fetched now

  // The longest held policy that `counts` accepts; null: none.
  const verdict::HeldPolicy* longest(
      const std::function<bool(const verdict::PolicyFacts&)>& counts) const;
};
SenderCaches sender_caches_of(const PlanInput& input);
bool is_enforced(const verdict::PolicyFacts& policy);

// "the policy served now (mode enforce, max_age 2592000)", or verdict::held_text() of an old one.
std::string text_of(const verdict::HeldPolicy& held, const SenderCaches& caches);

// True if a policy of `held` was served under the live id, or if there is no id: senders that hold
// it would not notice a new policy.
bool wants_new_id(const PlanInput& input, const std::vector<verdict::HeldPolicy>& held);

// Distinct ids for the records of one plan.
class IdSource {
 public:
  explicit IdSource(const PlanInput& input) : input_(input) {}
  TxtRecord next(Time at);

 private:
  const PlanInput& input_;
  std::vector<std::string> given_;
};

// `patterns` without duplicates and without those that no policy may list, plus lines for the
// `hosts` they do not cover. If the result exceeds what senders read (RFC 8461 §3.3), patterns that
// cover none of the hosts are dropped.
std::vector<std::string> with_hosts(const std::vector<std::string>& patterns,
                                    const std::vector<std::string>& hosts);
// Those of `patterns` that cover one of the hosts, plus lines for the remaining hosts.
std::vector<std::string> limited_to_hosts(const std::vector<std::string>& patterns,
                                          const std::vector<std::string>& hosts);
bool covers_all(const std::vector<std::string>& patterns, const std::vector<std::string>& hosts);

// With at least one mx line, although the RFC does not ask for it: Stalwart 0.16.18 refuses a
// policy without.
std::string policy_of_mode_none(const PlanInput& input, uint64_t max_age_seconds);
uint64_t usable_age(uint64_t max_age_seconds);

Time whole_minute_after(Time time);

// Steps common to all plans.
PlanStep publish_policy(const PlanInput& input, std::string text, std::string why);
PlanStep publish_record(const PlanInput& input, TxtRecord record, bool after_policy);

// Publishing one policy: where the agent serves it, the lines of the settings and the record with
// the id that belongs to the body; else the body and a record with a fresh id.
struct Publication {
  PlanStep policy;
  PlanStep record;
};
struct NewPolicy {
  protocol::Mode mode = protocol::Mode::testing;
  std::vector<std::string> mx;
  uint64_t max_age_seconds = 0;
};
Publication publication_of(const PlanInput& input, const NewPolicy& policy, std::string why,
                           IdSource& ids);
// Replaces the text of a step by the lines of the settings, and its record by the one of the body.
// Without a hosted policy the step stays as it is.
void host(PlanStep& step, const PlanInput& input, const NewPolicy& policy);

// How long which sender takes to see that the policy served now has changed; `last`: the policy
// that is enforced longest.
std::vector<std::string> sender_delays(const PlanInput& input, const SenderCaches& caches,
                                       const verdict::HeldPolicy& last);

std::string policy_url(const PlanInput& input);
// Commands for a shell. `form` names nothing but {domain}.
std::string domain_command(CommandTemplate form, const PlanInput& input);
std::string fetch_command(const PlanInput& input);
std::string record_command(const PlanInput& input);
std::string check_command(const PlanInput& input);

// What the times are based on.
std::string assumption_of(const PlanInput& input);

}  // namespace mtasts::plan
