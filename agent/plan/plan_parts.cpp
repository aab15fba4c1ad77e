// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "plan/plan_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "protocol/sts/policy_location.h"
#include "protocol/sts/policy_writer.h"
#include "verdict/domain/coverage.h"

namespace mtasts::plan {
namespace {

verdict::HeldPolicy held_of(const verdict::CachedPolicy& instance, Time now) {
  bool served = instance.gone == Time();
  return {instance.policy, instance.id, served ? now : instance.gone,
          verdict::held_until(instance, now), instance.confirmed};
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool covers_any(const std::string& pattern, const std::vector<std::string>& hosts) {
  return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    return protocol::mx_pattern_matches(pattern, host);
  });
}

size_t bytes_of(const std::vector<std::string>& patterns) {
  return protocol::write_policy(protocol::Mode::enforce, patterns, protocol::kMaxAgeLimit_seconds)
      .size();
}

}  // namespace

bool is_enforced(const verdict::PolicyFacts& policy) {
  return policy.mode == protocol::Mode::enforce;
}

const verdict::HeldPolicy* SenderCaches::longest(
    const std::function<bool(const verdict::PolicyFacts&)>& counts) const {
  const verdict::HeldPolicy* found = nullptr;
  auto consider = [&](const verdict::HeldPolicy& held) {
    if (counts(*held.policy) && (found == nullptr || held.until > found->until)) found = &held;
  };
  if (served) consider(*served);
  for (const verdict::HeldPolicy& held : old) consider(held);
  return found;
}

SenderCaches sender_caches_of(const PlanInput& input) {
  SenderCaches caches;
  bool seen = input.basis == PolicyBasis::served || input.basis == PolicyBasis::unusable;
  if (seen) {
    verdict::CachedPolicy today;
    today.id = input.record_id;
    today.policy = std::make_shared<const verdict::PolicyFacts>(input.policy);
    caches.served = held_of(today, input.now);
    caches.served->confirmed = true;
  }
  if (input.history == nullptr) return caches;
  auto is_new = [&](const verdict::HeldPolicy& held) {
    return held.until > input.now && !(seen && verdict::mean_the_same(*held.policy, input.policy));
  };
  for (verdict::HeldPolicy& held : verdict::held_policies(*input.history, input.now))
    if (is_new(held)) caches.old.push_back(std::move(held));
  // The policy that is current in the history is old, too, if this check observed another one or
  // none: it could be fetched until now.
  for (const verdict::CachedPolicy& instance : input.history->instances) {
    if (instance.gone != Time()) continue;
    verdict::HeldPolicy held = held_of(instance, input.now);
    if (is_new(held)) caches.old.push_back(std::move(held));
  }
  std::stable_sort(caches.old.begin(), caches.old.end(),
                   [](const verdict::HeldPolicy& one, const verdict::HeldPolicy& other) {
                     return one.until > other.until;
                   });
  return caches;
}

std::string text_of(const verdict::HeldPolicy& held, const SenderCaches& caches) {
  if (!caches.served || &held != &*caches.served) return verdict::held_text(held);
  return fmt::format("the policy served now (mode {}, max_age {})", name_of(held.policy->mode),
                     held.policy->max_age_seconds);
}

bool wants_new_id(const PlanInput& input, const std::vector<verdict::HeldPolicy>& held) {
  if (held.empty()) return false;
  if (input.record_id.empty()) return true;
  return std::any_of(held.begin(), held.end(),
                     [&](const verdict::HeldPolicy& one) { return one.id == input.record_id; });
}

TxtRecord IdSource::next(Time at) {
  for (;; at += std::chrono::seconds(1)) {
    std::string id = verdict::fresh_id(input_.history.get(), at);
    if (id == input_.record_id || contains(given_, id)) continue;
    given_.push_back(id);
    return {"_mta-sts." + input_.domain, fmt::format("v=STSv1; id={}", id)};
  }
}

bool covers_all(const std::vector<std::string>& patterns, const std::vector<std::string>& hosts) {
  return std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    return verdict::covering_pattern(patterns, host).has_value();
  });
}

std::vector<std::string> with_hosts(const std::vector<std::string>& patterns,
                                    const std::vector<std::string>& hosts) {
  std::vector<std::string> all;
  for (const std::string& pattern : patterns) {
    std::string lower = ascii_lower(pattern);
    std::string_view host = lower;
    if (host.starts_with("*.")) host.remove_prefix(2);
    // Not what RFC 5321 allows beyond host names, such as addresses: some senders refuse it.
    if (protocol::is_rfc1123_host_name(host) && !contains(all, lower))
      all.push_back(std::move(lower));
  }
  std::vector<std::string> bare;
  for (const std::string& host : hosts)
    if (!verdict::covering_pattern(all, host)) bare.push_back(host);
  for (std::string& pattern : verdict::suggested_patterns(bare))
    if (!contains(all, pattern)) all.push_back(std::move(pattern));
  if (bytes_of(all) > protocol::kLongestPolicy_bytes)
    std::erase_if(all, [&](const std::string& pattern) { return !covers_any(pattern, hosts); });
  return all;
}

std::vector<std::string> limited_to_hosts(const std::vector<std::string>& patterns,
                                          const std::vector<std::string>& hosts) {
  std::vector<std::string> needed;
  for (const std::string& pattern : patterns)
    if (covers_any(pattern, hosts)) needed.push_back(pattern);
  return with_hosts(needed, hosts);
}

uint64_t usable_age(uint64_t max_age_seconds) {
  return std::min(max_age_seconds, protocol::kMaxAgeLimit_seconds);
}

// Every tested sender but Stalwart takes mode none without mx; with a line all of them do.
std::string policy_of_mode_none(const PlanInput& input, uint64_t max_age_seconds) {
  std::vector<std::string> patterns = with_hosts(input.policy.mx, input.mx_hosts);
  if (patterns.empty()) patterns.push_back(input.domain);
  return protocol::write_policy(protocol::Mode::none, patterns, max_age_seconds);
}

Time whole_minute_after(Time time) { return std::chrono::ceil<std::chrono::minutes>(time); }

PlanStep publish_policy(const PlanInput& input, std::string text, std::string why) {
  PlanStep step;
  step.action = fmt::format("Publish this policy at {}.", policy_url(input));
  step.why = std::move(why);
  step.policy = std::move(text);
  step.verify = fetch_command(input);
  return step;
}

PlanStep publish_record(const PlanInput& input, TxtRecord record, bool after_policy) {
  PlanStep step;
  step.action =
      after_policy
          ? "When the command above shows the new policy, replace the TXT record with this one."
          : "Replace the TXT record with this one.";
  step.why =
      "A sender must check for a new id before it gives up on a message, and a new id makes it "
      "fetch the policy again (RFC 8461 §5.1).";
  step.record = std::move(record);
  step.verify = record_command(input);
  return step;
}

std::string policy_url(const PlanInput& input) {
  return protocol::policy_url(protocol::policy_host_of(input.domain));
}

std::string domain_command(CommandTemplate form, const PlanInput& input) {
  return shell_command(form, {{"domain", CommandValue::host(input.domain)}});
}

std::string fetch_command(const PlanInput& input) {
  return domain_command(
      "curl -sS -i --max-time 30 https://mta-sts.{domain}/.well-known/mta-sts.txt", input);
}

std::string record_command(const PlanInput& input) {
  return domain_command("dig +noall +answer +comments TXT _mta-sts.{domain}", input);
}

std::string check_command(const PlanInput& input) {
  return domain_command("mtasts-exporter check {domain}", input);
}

std::string assumption_of(const PlanInput& input) {
  std::string assumption;
  if (input.history != nullptr) {
    assumption = fmt::format("The dates are based on the history of this domain since {}",
                             date_text(input.history->began));
    if (input.basis == PolicyBasis::remembered)
      assumption +=
          fmt::format("; no valid policy could be fetched now, so the one last seen on {} is used",
                      date_text(input.policy_seen));
    else if (input.basis == PolicyBasis::unusable)
      assumption +=
          "; the policy served now is not valid for every sender, so its readable fields are used";
    return assumption + ".";
  }
  assumption = "There is no history of this domain";
  if (input.basis == PolicyBasis::none)
    return assumption + ", so only the current state is considered.";
  assumption +=
      fmt::format(", so the current max_age of {} seconds is assumed for the past as well",
                  usable_age(input.policy.max_age_seconds));
  if (input.basis == PolicyBasis::unusable)
    assumption +=
        "; the policy served now is not valid for every sender, so its readable fields are used";
  return assumption + ".";
}

}  // namespace mtasts::plan
