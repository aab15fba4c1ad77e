// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// How long which sender takes to see another policy. A sender must look for a new id before it
// gives up on a message (RFC 8461 §5.1), and most do so at each delivery; postfix-tlspol never
// compares ids.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "plan/plan_parts.h"
#include "protocol/senders/senders.h"
#include "reports/statistics.h"
#include "verdict/text.h"

namespace mtasts::plan {
namespace {

constexpr size_t kName_bytes = 60;
// postfix-tlspol keeps a policy for as long as this, whatever max_age says.
constexpr std::chrono::hours kTlspolLongest{30 * 24};
// An unknown TTL counts as a day, as in the rest of a plan.
constexpr std::chrono::hours kAssumedTtl{24};

std::vector<std::string> reporters_of(const reports::DomainSummary& reported) {
  std::vector<std::string> names;
  for (const reports::OrganizationSummary& one : reported.organizations) {
    bool recent = std::any_of(one.counts.begin(), one.counts.end(),
                              [](const auto& counts) { return counts.total() > 0; });
    if (recent && !one.name.empty()) names.push_back(printable(one.name, kName_bytes));
  }
  return names;
}

// Organizations that still applied a policy of mode enforce although another one is served.
std::vector<std::string> behind(const PlanInput& input, const verdict::HeldPolicy& last,
                                reports::Day& last_day) {
  std::vector<std::string> names;
  auto changed = std::chrono::ceil<std::chrono::days>(last.last_served);
  for (const reports::PolicySummary& one : input.reported->policies) {
    if (!one.policy.starts_with("mode=enforce ") || one.last_day < changed) continue;
    last_day = std::max(last_day, one.last_day);
    for (const std::string& name : one.organizations) {
      std::string shown = printable(name, kName_bytes);
      if (std::find(names.begin(), names.end(), shown) == names.end()) names.push_back(shown);
    }
  }
  return names;
}

Time tlspol_until(const SenderCaches& caches) {
  Time until{};
  auto consider = [&](const verdict::HeldPolicy& held) {
    if (is_enforced(*held.policy))
      until = std::max(until, std::min(held.until, held.last_served + kTlspolLongest));
  };
  if (caches.served) consider(*caches.served);
  for (const verdict::HeldPolicy& held : caches.old) consider(held);
  return whole_minute_after(until);
}

}  // namespace

std::vector<std::string> sender_delays(const PlanInput& input, const SenderCaches& caches,
                                       const verdict::HeldPolicy& last) {
  std::vector<std::string> sentences;
  Time seen = whole_minute_after(input.now + input.record_ttl.value_or(kAssumedTtl));
  sentences.push_back(fmt::format(
      "Senders that look for a new id: at their next delivery after {}, when the TTL of the record "
      "({}) has expired.",
      rfc3339(seen),
      input.record_ttl ? fmt::format("{} seconds", input.record_ttl->count())
                       : "not known, assumed to be a day"));
  Time until = whole_minute_after(last.until);
  sentences.push_back(fmt::format("Others: until {}.", verdict::until_text(until, input.now)));
  Time tlspol = tlspol_until(caches);
  std::string name = protocol::names_text({protocol::Sender::postfix_tlspol});
  if (tlspol > input.now)
    sentences.push_back(fmt::format(
        "{} never looks for a new id, and keeps a policy for 30 days at most: until {}.", name,
        verdict::until_text(tlspol, input.now)));
  else
    sentences.push_back(fmt::format(
        "{} keeps a policy for 30 days at most, and holds none of mode enforce any more.", name));
  if (input.reported == nullptr) return sentences;
  std::vector<std::string> reporters = reporters_of(*input.reported);
  if (!reporters.empty())
    sentences.push_back(fmt::format(
        "Since {}, reports came from {}; they do not say which of these kinds a sender is.",
        reports::day_text(input.reported->from), verdict::listed(reporters, 8)));
  bool is_old = !caches.served || &last != &*caches.served;
  reports::Day last_day{};
  std::vector<std::string> late =
      is_old ? behind(input, last, last_day) : std::vector<std::string>();
  if (!late.empty())
    sentences.push_back(fmt::format("Still seen with a policy of mode enforce, last on {}: {}.",
                                    reports::day_text(last_day), verdict::listed(late, 8)));
  return sentences;
}

}  // namespace mtasts::plan
