// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "verdict/domain/hosted_rules.h"
#include "verdict/domain/policy_rules.h"
#include "verdict/domain/unchecked.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;

// No address to try: reports why, and whether the host does not exist.
void judge_no_address(RuleContext& context) {
  const PolicyEvidence& policy = context.evidence.policy;
  bool nxdomain = true;
  const DnsAnswer* error = nullptr;
  if (policy.addresses.answers.empty()) {
    context.not_observed(
        "sts-host-unchecked",
        {.message = fmt::format("The check ended before the address of {} was known", policy.host),
         .fix = std::string(kRaiseTimeout),
         .host = policy.host});
    return;
  }
  if (!policy.addresses.unused_family.empty()) return;  // judge_unchecked_policy_host() says so
  for (const DnsAnswer& answer : policy.addresses.answers) {
    nxdomain &= answer.status == DnsStatus::nxdomain;
    if (!protocol::is_conclusive(answer.status)) error = &answer;
  }
  if (error != nullptr) {
    bool ours = protocol::is_local_failure(error->status);
    bool silent = protocol::is_silence(error->status);
    context.add(silent ? FindingCode("sts-host-dns-timeout") : "sts-host-servfail",
                {.message = lookup_result(*error), .host = policy.host, .unobserved = ours});
    return;
  }
  const auto& chain = policy.addresses.answers.front().cname_chain;
  std::string by_cname = chain.empty() ? "" : fmt::format(" (CNAME to {})", listed(chain));
  context.add(
      nxdomain ? FindingCode("sts-host-nxdomain") : "sts-host-no-address",
      {.message = fmt::format("{}{} {}", policy.host, by_cname,
                              nxdomain ? "does not exist (NXDOMAIN)" : "has no A or AAAA record"),
       .host = policy.host});
  if (context.records.status == protocol::StsRecordSet::Status::found)
    context.add(
        "sts-record-without-policy",
        {.message = fmt::format("The record announces id {}, but {} {}", context.records.record.id,
                                policy.host, nxdomain ? "does not exist" : "has no address")});
}

// A family whose lookup fails while the other one has addresses: some senders use only one of them.
void judge_failed_lookup(RuleContext& context) {
  for (const DnsAnswer& answer : context.evidence.policy.addresses.answers) {
    if (protocol::is_conclusive(answer.status)) continue;
    bool ours = protocol::is_local_failure(answer.status);
    context.add(protocol::is_silence(answer.status) ? FindingCode("sts-host-dns-timeout")
                                                    : FindingCode("sts-host-servfail"),
                {.message = lookup_result(answer),
                 .host = context.evidence.policy.host,
                 .unobserved = ours,
                 .severity = Severity::warning});
  }
}

// Without a record, only a served and valid policy is reported: the record was forgotten.
void judge_without_record(RuleContext& context) {
  for (Stage stage : {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax})
    context.not_applicable(stage);
  // Neither record nor host could be looked up, so participation was not observed.
  const auto& answers = context.evidence.policy.addresses.answers;
  bool host_unseen = std::any_of(answers.begin(), answers.end(), [](const DnsAnswer& answer) {
    return !protocol::is_conclusive(answer.status);
  });
  if (!protocol::is_conclusive(context.evidence.record.status) &&
      (answers.empty() || host_unseen)) {
    std::string why = fmt::format("Neither the record nor the address of {} could be looked up",
                                  context.evidence.policy.host);
    for (FindingCode code : {FindingCode("sts-host-unchecked"), FindingCode("sts-tls-unchecked"),
                             FindingCode("sts-policy-unchecked")})
      context.not_observed(code, {.message = why,
                                  .fix = "Follow the finding of stage record that says why.",
                                  .host = context.evidence.policy.host});
  }
  const HttpsAttempt* attempt = context.reading.attempt;
  bool served = context.reading.read && context.reading.policy.valid && attempt->chain &&
                attempt->chain->verified();
  if (!served) return;
  context.add("sts-policy-without-record",
              {.message = fmt::format("A valid policy (mode {}) is served at https://{}/, but "
                                      "there is no record",
                                      protocol::name_of(*context.reading.policy.mode),
                                      context.evidence.policy.host),
               .fix = hosted_publication_fix(context)});
}

}  // namespace

bool is_unobserved(const RuleContext& context, const HttpsAttempt& attempt) {
  return attempt.status == HttpsStatus::cancelled || protocol::is_rate_limited(attempt) ||
         (protocol::may_be_local(attempt) && !context.evidence.channels.contains(channel_of(
                                                 ChannelKind::https, attempt.address.family())));
}

bool is_policy_unobserved(const RuleContext& context) {
  const PolicyEvidence& policy = context.evidence.policy;
  bool unobserved = policy.addresses.answers.empty();
  for (const DnsAnswer& answer : policy.addresses.answers)
    unobserved |= is_unobserved(answer, context.evidence.channels) ||
                  (policy.attempts.empty() && answer.status == DnsStatus::answered);
  for (const HttpsAttempt& attempt : policy.attempts) unobserved |= is_unobserved(context, attempt);
  return unobserved;
}

void judge_policy_fetch(RuleContext& context) {
  if (!context.takes_part) {
    judge_without_record(context);
    return;
  }
  if (context.evidence.policy.attempts.empty()) {
    judge_no_address(context);
  } else {
    judge_failed_lookup(context);
    judge_policy_addresses(context);
  }
  judge_hosted_policy(context);
  judge_unchecked_policy_host(context);
  judge_certificate_stage(context);
}

}  // namespace mtasts::verdict
