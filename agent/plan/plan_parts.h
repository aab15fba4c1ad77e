// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Parts of which plans are made (plan.h): what senders may hold and until when, policy texts in the
// form all senders agree on, and ids that differ from every other. For the verdict room alone;
// pure, any thread. Dates err on the late side; max_age counts as RFC 8461 §3.2 caps it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"

namespace mtasts::plan {

// What senders may hold, today's policy with it. Longest held first.
struct SenderCaches {
  std::vector<verdict::HeldPolicy> old;       // everything but what is served now
  std::optional<verdict::HeldPolicy> served;  // what is served now, as if fetched now

  // The one held longest of those that `counts` takes; null: none.
  const verdict::HeldPolicy* longest(
      const std::function<bool(const verdict::PolicyFacts&)>& counts) const;
};
SenderCaches sender_caches_of(const PlanInput& input);
bool is_enforced(const verdict::PolicyFacts& policy);

// "the policy served today (mode enforce, max_age 2592000)", or verdict::held_text() of an old one.
std::string text_of(const verdict::HeldPolicy& held, const SenderCaches& caches);

// Some of `held` was served under the id that is live, or there is no id: senders that hold it
// have nothing new to find.
bool wants_new_id(const PlanInput& input, const std::vector<verdict::HeldPolicy>& held);

// Ids for the records of one plan, no two alike.
class IdSource {
 public:
  explicit IdSource(const PlanInput& input) : input_(input) {}
  TxtRecord next(Time at);

 private:
  const PlanInput& input_;
  std::vector<std::string> given_;
};

// `patterns` without what no policy may list or what stands twice, and with lines for the `hosts`
// that they do not cover. When all that grows over what senders read (RFC 8461 §3.3), patterns that
// cover none of the hosts go.
std::vector<std::string> with_hosts(const std::vector<std::string>& patterns,
                                    const std::vector<std::string>& hosts);
// Of `patterns` those that cover one of the hosts, and lines for the rest of the hosts.
std::vector<std::string> limited_to_hosts(const std::vector<std::string>& patterns,
                                          const std::vector<std::string>& hosts);
bool covers_all(const std::vector<std::string>& patterns, const std::vector<std::string>& hosts);

// Version first, CRLF, a last line end.
std::string policy_text(protocol::Mode mode, const std::vector<std::string>& patterns,
                        uint64_t max_age_seconds);
uint64_t usable_age(uint64_t max_age_seconds);

Time whole_minute_after(Time time);

// Steps that every plan has.
PlanStep publish_policy(const PlanInput& input, std::string text, std::string why);
PlanStep publish_record(const PlanInput& input, TxtRecord record, bool after_policy);

std::string policy_url(const PlanInput& input);
std::string fetch_command(const PlanInput& input);
std::string record_command(const PlanInput& input);

// What the dates rest on.
std::string assumption_of(const PlanInput& input);

}  // namespace mtasts::plan
