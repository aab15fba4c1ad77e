// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Which policy senders applied, according to their reports: an earlier one of the domain from their
// caches, or none although one is published.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "base/printable.h"
#include "reports/policy_text.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/report_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::ReportPolicyType;
using reports::PolicySummary;
using std::chrono::days;

std::vector<std::string> split(std::string_view text, char mark) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t end = std::min(text.find(mark), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

struct AppliedPolicy {
  PolicyFacts facts;
  std::string patterns_digest;  // instead of facts.mx; empty: facts.mx has all
};

// Reads PolicyRow::policy; empty: not complete.
std::optional<AppliedPolicy> applied_policy(std::string_view text) {
  AppliedPolicy applied;
  PolicyFacts& facts = applied.facts;
  bool has_mode = false;
  bool has_age = false;
  for (const std::string& part : split(text, ' ')) {
    std::string_view value =
        std::string_view(part).substr(std::min(part.find('=') + 1, part.size()));
    if (part.starts_with("mx=")) facts.mx = split(value, ',');
    if (part.starts_with("mx_sha256=")) applied.patterns_digest = value;
    if (part.starts_with("max_age=")) {
      auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), facts.max_age_seconds);
      has_age = error == std::errc() && end == value.data() + value.size();
    }
    if (!part.starts_with("mode=")) continue;
    for (protocol::Mode mode :
         {protocol::Mode::enforce, protocol::Mode::testing, protocol::Mode::none})
      if (protocol::name_of(mode) == value) {
        facts.mode = mode;
        has_mode = true;
      }
  }
  if (!has_mode || !has_age) return std::nullopt;
  return applied;
}

bool is_applied(const PolicyFacts& policy, const AppliedPolicy& applied) {
  if (applied.patterns_digest.empty()) return mean_the_same(policy, applied.facts);
  return policy.mode == applied.facts.mode &&
         policy.max_age_seconds == applied.facts.max_age_seconds &&
         reports::patterns_digest(policy.mx) == applied.patterns_digest;
}

// The latest policy of the past that means the same; null: it never was the domain's, is today's,
// or this cannot be told.
const CachedPolicy* earlier_policy(const History& history, const AppliedPolicy& applied) {
  const CachedPolicy* found = nullptr;
  for (const CachedPolicy& instance : history.instances) {
    if (!is_applied(*instance.policy, applied)) continue;
    if (instance.gone == kNever) return nullptr;
    if (found == nullptr || instance.gone > found->gone) found = &instance;
  }
  return found;
}

std::vector<std::string> uncovered_hosts(const ReportScene& scene, const PolicyFacts& policy) {
  std::vector<std::string> hosts;
  if (policy.mode == protocol::Mode::none) return hosts;
  for (const std::string& host : scene.context.listable_hosts())
    if (!covering_pattern(policy.mx, host)) hosts.push_back(host);
  return hosts;
}

void judge_stale_policy(ReportScene& scene, const PolicySummary& summary) {
  std::optional<AppliedPolicy> applied = applied_policy(summary.policy);
  if (!applied) return;
  const CachedPolicy* earlier = earlier_policy(*scene.history, *applied);
  if (earlier == nullptr) return;
  // On the days until it was replaced, it was the right one.
  if (Time(summary.last_day) < earlier->gone) return;
  Time until = held_until(*earlier, scene.context.now);
  bool over = until <= scene.context.now;
  if (over && Time(summary.last_day) < until) return;
  std::vector<std::string> hosts = uncovered_hosts(scene, *earlier->policy);
  FindingDetails details;
  details.severity = hosts.empty() ? Severity::info : Severity::warning;
  details.message = fmt::format(
      "{} applied an earlier policy (mode {}, max_age {}{}) on {}, which was replaced on {} and {} "
      "{}",
      organizations_text(summary.organizations, summary.organization_count),
      protocol::name_of(earlier->policy->mode), earlier->policy->max_age_seconds,
      earlier->policy->mx.empty() ? "" : ", mx " + listed(earlier->policy->mx, 3),
      day_text(summary.last_day), date_text(earlier->gone),
      over ? "should have left its cache by" : "may stay in its cache until",
      until_text(until, scene.context.now));
  if (!hosts.empty()) {
    details.message += fmt::format("; it does not cover {}", listed(hosts, 3));
    details.fix = fmt::format(
        "Keep an MX host that the earlier policy covers in operation until {}, or publish a new id "
        "in the record if it was not changed with the policy.",
        until_text(until, scene.context.now));
  }
  scene.context.add("rpt-policy-stale", std::move(details));
}

// Since when there has been a record without interruption, as far as is known; kNever: unknown.
Time published_since(const History& history) {
  const auto& record = history.record;
  if (!record.value || record.value->empty()) return kNever;
  if (!record.previous || record.previous->empty()) return record.since;
  for (const SeenId& id : history.ids)
    if (id.id == *record.previous) return id.first_seen;
  return record.since;
}

// Since when the agent's own checks could fetch a valid policy all the time; kNever: they cannot,
// or no check has ended yet.
Time usable_since(const History& history) {
  Time since = Time::min();
  for (Stage stage : {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax}) {
    auto pass = std::find_if(
        history.passes.begin(), history.passes.end(),
        [&](const SeenPass& seen) { return seen.stage == stage && seen.host.empty(); });
    if (pass == history.passes.end()) return kNever;
    since = std::max(since, pass->since);
  }
  return since;
}

// The days of the summary that begin at `from` or later.
reports::DayBits days_from(const reports::DomainSummary& summary, Time from) {
  reports::DayBits bits = 0;
  for (reports::Day day = summary.to; day >= summary.from && Time(day) >= from; day -= days(1))
    bits |= reports::day_bit(summary.to, day);
  return bits;
}

// "of 2026-11-20", "of 3 days, the last of them 2026-11-20".
std::string days_text(const reports::DomainSummary& summary, reports::DayBits bits) {
  std::string last = day_text(summary.to - days(std::countr_zero(bits)));
  int count = std::popcount(bits);
  return count == 1 ? "of " + last : fmt::format("of {} days, the last of them {}", count, last);
}

// Organizations that use MTA-STS, by what they publish about themselves: where one of them finds no
// policy, something is wrong. Others may simply not support MTA-STS.
bool is_known_user(const std::string& organization) {
  std::string name;
  for (char c : organization) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::string_view kUsers[] = {"google", "microsoft", "yahoo", "comcast", "mail.ru"};
  return std::any_of(std::begin(kUsers), std::end(kUsers),
                     [&](std::string_view user) { return name.find(user) != std::string::npos; });
}

}  // namespace

void judge_stale_policies(ReportScene& scene) {
  const History* history = scene.history;
  // Not while it is uncertain which policy is today's.
  if (history == nullptr || history->policy.candidate || history->policy_gone != kNever) return;
  for (const PolicySummary& summary : scene.summary.policies) judge_stale_policy(scene, summary);
}

void judge_missing_policy(ReportScene& scene) {
  RuleContext& context = scene.context;
  if (scene.history == nullptr || !context.takes_part || !context.reading.is_usable()) return;
  if (context.records.status != protocol::StsRecordSet::Status::found) return;
  const Time published = published_since(*scene.history);
  const Time usable = usable_since(*scene.history);
  if (published == kNever || usable == kNever) return;
  const reports::DayBits settled = days_from(scene.summary, std::max(published, usable) + days(2));
  std::vector<std::string> names;
  reports::DayBits without_days = 0;
  bool somebody_sees_it = false;
  bool known_user = false;
  for (const reports::OrganizationSummary& one : scene.summary.organizations) {
    bool sees_it = one.days_by_type[static_cast<size_t>(ReportPolicyType::sts)] != 0;
    reports::DayBits without =
        one.days_by_type[static_cast<size_t>(ReportPolicyType::no_policy_found)] & settled;
    somebody_sees_it |= sees_it;
    if (without == 0) continue;
    known_user |= sees_it || is_known_user(one.name);
    without_days |= without;
    names.push_back(one.name);
  }
  if (names.empty()) return;
  bool may_not_support = somebody_sees_it && !known_user;
  context.add("rpt-no-policy-found-after-publish",
              {.message = fmt::format(
                   "{} found no policy in sessions {}, although the record has been published "
                   "since {}{}{}",
                   organizations_text(names, names.size()), days_text(scene.summary, without_days),
                   date_text(published),
                   usable > published + days(1)
                       ? fmt::format(" and the policy has been valid since {}", date_text(usable))
                       : "",
                   may_not_support ? "; others apply the policy, so the sender may not "
                                     "support MTA-STS"
                                   : ""),
               .severity = may_not_support ? Severity::info : Severity::warning});
}

}  // namespace mtasts::verdict
