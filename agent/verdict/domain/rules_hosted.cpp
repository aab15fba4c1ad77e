// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/printable.h"
#include "protocol/sts/policy_location.h"
#include "protocol/sts/policy_writer.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/hosted_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using std::chrono::hours;
using std::chrono::milliseconds;

// After a change of the settings a person or a program publishes the record, and it must leave
// caches: until then this is work in progress.
constexpr milliseconds kLeastGrace = hours(1);
constexpr milliseconds kMostGrace = hours(24);

// Null: the agent serves nothing, or began to during this check.
const HostedPolicy* hosted(const RuleContext& context) {
  const HostedPolicy* own = context.thresholds.hosted.get();
  return own == nullptr || context.evidence.started < own->since ? nullptr : own;
}

// What a proxy may change without any sender noticing: line ends, and those of the last line.
std::string plain_text(std::string_view body) {
  std::string text;
  for (char c : body)
    if (c != '\r') text += c;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

bool is_policy(const HostedPolicy& own, const PolicyReading& reading) {
  return plain_text(reading.attempt->body) == plain_text(own.body);
}

std::optional<Severity> severity_now(const RuleContext& context, const HostedPolicy& own) {
  const milliseconds ttl = context.evidence.record.ttl;
  const milliseconds grace = std::clamp(ttl, kLeastGrace, kMostGrace);
  if (own.since != kNever && context.now < own.since + grace) return Severity::info;
  return std::nullopt;
}

std::string since_text(const RuleContext& context, const HostedPolicy& own) {
  if (own.since == kNever) return {};
  const auto age = std::chrono::duration_cast<milliseconds>(context.now - own.since);
  return fmt::format(" for {}", about(age));
}

// MX hosts that senders would not deliver to once they have the policy.
std::vector<std::string> uncovered(const RuleContext& context, const HostedPolicy& own) {
  const auto policy = protocol::parse_sts_policy(own.body);
  std::vector<std::string> hosts;
  if (policy.mode == protocol::Mode::none) return hosts;
  for (const std::string& host : context.listable_hosts())
    if (!covering_pattern(policy.mx, host)) hosts.push_back(host);
  return hosts;
}

// The first address that answers with something other than the agent's policy.
struct OtherAnswer {
  const HttpsAttempt* attempt = nullptr;
  const PolicyReading* reading = nullptr;  // with status 200
};
OtherAnswer other_answer(const RuleContext& context, const HostedPolicy& own) {
  for (const PolicyReading& reading : context.readings)
    if (!is_policy(own, reading)) return {reading.attempt, &reading};
  for (const HttpsAttempt& attempt : context.evidence.policy.attempts)
    if (attempt.status == HttpsStatus::responded && attempt.http_status != 200 &&
        !is_unobserved(context, attempt))
      return {&attempt};
  return {};
}

std::string answer_text(const RuleContext& context, const OtherAnswer& other) {
  const std::string place = fmt::format(
      "{} [{}]", protocol::policy_url(context.evidence.policy.host), other.attempt->address.text());
  if (other.reading == nullptr)
    return fmt::format("{} answers with status {}", place, other.attempt->http_status);
  const auto& policy = other.reading->policy;
  if (!policy.mode) return fmt::format("{} answers with another text", place);
  return fmt::format("{} answers with another policy (mode {}, mx {})", place,
                     protocol::name_of(*policy.mode),
                     policy.mx.empty() ? "none" : listed(policy.mx, 3));
}

}  // namespace

bool serves_hosted(const RuleContext& context) {
  const HostedPolicy* own = hosted(context);
  return own != nullptr && !context.readings.empty() &&
         std::all_of(context.readings.begin(), context.readings.end(),
                     [own](const PolicyReading& reading) { return is_policy(*own, reading); });
}

bool announces_another_than_hosted(const RuleContext& context) {
  return serves_hosted(context) && context.records.status == protocol::RecordSetStatus::found &&
         !context.records.record.id.empty() &&
         context.records.record.id != context.thresholds.hosted->id;
}

std::string hosted_publication_fix(const RuleContext& context) {
  const HostedPolicy* own = hosted(context);
  if (own == nullptr) return {};
  const auto missing = uncovered(context, *own);
  if (!missing.empty())
    return fmt::format(
        "Add {} to mx of the domain's [[policy]] first, because senders would not deliver there; "
        "the policy then has another id, and the next check says which record to publish",
        listed(missing));
  const std::string record =
      fmt::format("publish this TXT record at {}: \"{}\"", context.evidence.record.name,
                  protocol::write_record(own->id));
  if (serves_hosted(context)) return fmt::format("The policy is served, so {} now", record);
  return fmt::format("First make {} lead to the agent's [policy_host], then {}",
                     protocol::policy_url(context.evidence.policy.host), record);
}

std::optional<HostedReport> report_hosted(const RuleContext& context) {
  const HostedPolicyPtr& own = context.thresholds.hosted;
  if (own == nullptr) return std::nullopt;
  HostedReport report;
  report.id = own->id;
  report.record = protocol::write_record(own->id);
  report.served = serves_hosted(context);
  report.published = context.records.status == protocol::RecordSetStatus::found &&
                     context.records.record.id == own->id;
  return report;
}

void judge_hosted_record(RuleContext& context) {
  if (!announces_another_than_hosted(context)) return;
  const HostedPolicy& own = *context.thresholds.hosted;
  context.add("sts-hosted-id-differs",
              {.message = fmt::format("The agent has served the policy with the id \"{}\"{}, but "
                                      "the record says \"{}\"",
                                      own.id, since_text(context, own),
                                      printable(context.records.record.id, 64)),
               .fix = hosted_publication_fix(context),
               .severity = severity_now(context, own)});
}

void judge_hosted_policy(RuleContext& context) {
  const HostedPolicy* own = hosted(context);
  if (own == nullptr) return;
  const OtherAnswer other = other_answer(context, *own);
  if (other.attempt == nullptr) return;
  context.add("sts-hosted-policy-not-served",
              {.message = fmt::format("The agent serves the domain's policy with the id \"{}\", "
                                      "but {}",
                                      own->id, answer_text(context, other)),
               .severity = severity_now(context, *own)});
}

}  // namespace mtasts::verdict
