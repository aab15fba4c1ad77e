// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/judge.h"

#include <algorithm>
#include <tuple>

#include "protocol/sts/policy_location.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/dane_rules.h"
#include "verdict/domain/extra_rules.h"
#include "verdict/domain/hosted_rules.h"
#include "verdict/domain/report_rules.h"
#include "verdict/findings/reported_by.h"
#include "verdict/history/passes.h"
#include "verdict/history/phases.h"
#include "verdict/host/host_verdict.h"
#include "verdict/rule_context.h"
#include "verdict/skipped_addresses.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;

constexpr uint64_t kSuggestedMaxAge_seconds = 604800;  // a week: the usual first step

// A domain participates if it has something meant as a record. If that lookup failed, an existing
// policy host shows that it does.
bool takes_part(const Evidence& evidence, const protocol::StsRecordSet& records) {
  // A dangling CNAME was meant as a delegation; any other may just be a wildcard.
  bool dangling =
      !evidence.record.cname_chain.empty() && evidence.record.status == DnsStatus::nxdomain;
  if (evidence.record.cname_loop || dangling) return true;
  switch (evidence.record.status) {
    case DnsStatus::answered:
      return records.status != protocol::StsRecordSet::Status::none;
    case DnsStatus::nodata:
    case DnsStatus::nxdomain:
      return false;
    default:
      break;
  }
  const auto& answers = evidence.policy.addresses.answers;
  return std::any_of(answers.begin(), answers.end(), [](const protocol::DnsAnswer& answer) {
    return answer.status == DnsStatus::answered;
  });
}

TxtStatus status_of(const protocol::DnsAnswer& answer, protocol::RecordSetStatus records) {
  if (answer.status == DnsStatus::nodata || answer.status == DnsStatus::nxdomain)
    return TxtStatus::missing;
  if (answer.status != DnsStatus::answered) return TxtStatus::error;
  switch (records) {
    case protocol::RecordSetStatus::none:
      return TxtStatus::missing;
    case protocol::RecordSetStatus::found:
      return TxtStatus::found;
    case protocol::RecordSetStatus::invalid:
      return TxtStatus::invalid;
    case protocol::RecordSetStatus::multiple:
      return TxtStatus::multiple;
  }
  return TxtStatus::error;
}

PolicyAddressStatus status_of(const HttpsAttempt& attempt) {
  switch (attempt.status) {
    case HttpsStatus::responded:
      return attempt.http_status == 200 ? PolicyAddressStatus::ok : PolicyAddressStatus::http_error;
    case HttpsStatus::refused:
      return PolicyAddressStatus::refused;
    case HttpsStatus::connect_timeout:
      return PolicyAddressStatus::timeout;
    case HttpsStatus::unreachable:
      return PolicyAddressStatus::unreachable;
    case HttpsStatus::tls_failed:
    case HttpsStatus::tls_version_old:
    case HttpsStatus::tls_timeout:
      return PolicyAddressStatus::tls_failed;
    case HttpsStatus::too_large:
      return PolicyAddressStatus::too_large;
    case HttpsStatus::not_allowed:
    case HttpsStatus::cancelled:
      return PolicyAddressStatus::skipped;
    default:
      return PolicyAddressStatus::http_error;
  }
}

PolicyStatus policy_status(const PolicyEvidence& policy, const HttpsAttempt* attempt) {
  if (attempt != nullptr)
    return attempt->http_status == 200 ? PolicyStatus::fetched : PolicyStatus::http_error;
  if (policy.attempts.empty())
    return policy.addresses.answers.empty() ? PolicyStatus::not_fetched : PolicyStatus::unreachable;
  switch (status_of(policy.attempts.back())) {
    case PolicyAddressStatus::tls_failed:
      return PolicyStatus::tls_failed;
    case PolicyAddressStatus::too_large:
      return PolicyStatus::too_large;
    case PolicyAddressStatus::ok:
    case PolicyAddressStatus::http_error:
      return PolicyStatus::http_error;
    case PolicyAddressStatus::skipped:
      return policy.attempts.back().status == HttpsStatus::cancelled ? PolicyStatus::not_fetched
                                                                     : PolicyStatus::unreachable;
    default:
      return PolicyStatus::unreachable;
  }
}

std::vector<PolicyAddressReport> report_addresses(const PolicyEvidence& policy) {
  std::vector<PolicyAddressReport> reports;
  for (const HttpsAttempt& attempt : policy.attempts) {
    PolicyAddressReport report;
    report.address = attempt.address;
    report.status = status_of(attempt);
    if (attempt.http_status != 0) report.http_status = attempt.http_status;
    if (attempt.chain != nullptr) report.verified = attempt.chain->verified();
    reports.push_back(report);
  }
  append_skipped(policy.addresses, reports);
  return reports;
}

// The chain of the worst address: one that is not good, else the one that ends first.
protocol::PeerChainPtr worst_chain(const PolicyEvidence& policy) {
  protocol::PeerChainPtr worst;
  auto rank = [](const protocol::PeerChainPtr& chain) {
    return std::tuple(chain->verified(), chain->chain_not_after);
  };
  for (const HttpsAttempt& attempt : policy.attempts)
    if (attempt.chain != nullptr && (worst == nullptr || rank(attempt.chain) < rank(worst)))
      worst = attempt.chain;
  return worst;
}

PolicyReport report_policy(const RuleContext& context) {
  const PolicyEvidence& policy = context.evidence.policy;
  const PolicyReading& reading = context.reading;
  PolicyReport report;
  report.url = protocol::policy_url(policy.host);
  report.status = policy_status(policy, reading.attempt);
  for (const auto& answer : policy.addresses.answers)
    report.addresses.insert(report.addresses.end(), answer.addresses.begin(),
                            answer.addresses.end());
  report.address_results = report_addresses(policy);
  report.chain = worst_chain(policy);
  if (reading.attempt != nullptr) {
    report.http_status = reading.attempt->http_status;
    report.content_type = reading.attempt->content_type;
    if (reading.read) report.body = reading.attempt->body;
  }
  if (!reading.read) return report;
  report.mode = reading.policy.mode;
  report.max_age_seconds = reading.policy.max_age_seconds;
  report.mx = reading.policy.mx;
  report.valid = reading.policy.valid && reading.attempt->chain != nullptr &&
                 reading.attempt->chain->verified();
  return report;
}

void report_mx(const RuleContext& context, Report& report) {
  for (const MxTarget& target : context.evidence.mx_targets) {
    if (target.host.empty()) continue;
    MxReport mx;
    mx.host = target.host;
    mx.preference = target.preference;
    mx.implicit = context.evidence.implicit_mx;
    if (context.has_patterns()) {
      mx.pattern = covering_pattern(context.reading.policy.mx, target.host);
      mx.covered = mx.pattern.has_value();
    }
    if (target.verdict != nullptr) mx.facts = facts_for(context.evidence, *target.verdict);
    if (report.provider.empty()) report.provider = provider_of(target.host);
    report.mx.push_back(std::move(mx));
  }
  // A policy is for hosts that can receive mail; the others need another MX record.
  std::vector<std::string> hosts = context.listable_hosts();
  bool all_covered = std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    return covering_pattern(context.reading.policy.mx, host).has_value();
  });
  if (report.policy.valid && (all_covered || !context.has_patterns())) return;
  report.suggested_policy =
      suggested_policy(hosts, report.policy.mode.value_or(protocol::Mode::testing),
                       report.policy.max_age_seconds.value_or(0) >= 86400 &&
                               *report.policy.max_age_seconds <= protocol::kMaxAgeLimit_seconds
                           ? *report.policy.max_age_seconds
                           : kSuggestedMaxAge_seconds);
}

// Null: no history is kept.
std::shared_ptr<History> remember(RuleContext& context, const HistoryPtr& before, Report& report) {
  if (before == nullptr) {
    context.not_applicable(Stage::change);
    return nullptr;
  }
  Observation seen = observation_of(context);
  auto history = std::make_shared<History>(
      advance(*before, seen, context.thresholds.retention, report.changes));
  judge_change(context, *history, seen);
  return history;
}

// What senders report of the same failures, and what is remembered for the next comparison.
void compare_with_reports(const RuleContext& context, const reports::DomainSummaryPtr& reported,
                          const std::shared_ptr<History>& history, Report& report) {
  const auto& targets = context.evidence.mx_targets;
  if (reported != nullptr)
    join_reported(report.findings, *reported, targets.size() == 1 ? targets[0].host : "");
  if (history != nullptr)
    note_passes(*history, context.evidence, report, reported != nullptr, context.now);
  report.history = history;
}

// How far the domain is on the way to mode enforce: follows from everything else.
void follow_rollout(const RuleContext& context, const reports::DomainSummaryPtr& reported,
                    const std::shared_ptr<History>& history, Report& report) {
  if (history == nullptr) return;
  note_phase(*history, report, are_failures_reported(reported.get()), context.now);
  report.rollout = rollout_of({report, history.get(), reported.get(), context.now});
  tell_rollout(report, context.thresholds, context.now);
}

}  // namespace

Report judge(const Evidence& evidence, const HistoryPtr& before, const Thresholds& thresholds,
             Time now, const reports::DomainSummaryPtr& reported) {
  RuleContext context(evidence, thresholds, now);
  context.records = protocol::read_sts_records(evidence.record.texts);
  context.readings = read_policies(evidence.policy);
  context.reading = main_reading(evidence.policy, context.readings);
  context.takes_part = takes_part(evidence, context.records);
  judge_channels(context);  // first: within a stage, the cause stands before what it hides
  judge_record(context);
  judge_policy_fetch(context);
  judge_policy_syntax(context);
  judge_record_name(context);
  judge_delegation(context);
  judge_authorities(context, before != nullptr);
  Report report;
  std::shared_ptr<History> history = remember(context, before, report);
  judge_mx(context);
  judge_smtp(context);
  judge_tlsrpt(context);
  judge_dane(context);
  judge_report_targets(context);
  if (reported == nullptr)
    context.not_applicable(Stage::reports);
  else
    judge_reports(context, *reported, history.get());

  report.domain = evidence.domain.text();
  report.checked_at = evidence.started;
  report.duration = evidence.finished - evidence.started;
  report.record.status = status_of(evidence.record, context.records.status);
  report.record.texts = evidence.record.texts;
  if (!context.records.record.id.empty()) report.record.id = context.records.record.id;
  protocol::TlsrptRecordSet tlsrpt = protocol::read_tlsrpt_records(evidence.tlsrpt.texts);
  report.tlsrpt.status = status_of(evidence.tlsrpt, tlsrpt.status);
  report.tlsrpt.texts = evidence.tlsrpt.texts;
  report.tlsrpt.rua = tlsrpt.record.rua;
  report.policy = report_policy(context);
  report.hosted = report_hosted(context);
  report_mx(context, report);
  context.conclude(report);
  compare_with_reports(context, reported, history, report);
  follow_rollout(context, reported, history, report);
  return report;
}

}  // namespace mtasts::verdict
