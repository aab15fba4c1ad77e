// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "verdict/domain/policy_rules.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;

FindingCode code_of(HttpsStatus status) {
  switch (status) {
    case HttpsStatus::refused:
      return "sts-host-connect-refused";
    case HttpsStatus::connect_timeout:
    case HttpsStatus::unreachable:
      return "sts-host-timeout";
    case HttpsStatus::tls_failed:
      return "sts-tls-handshake-failed";
    case HttpsStatus::tls_version_old:
      return "sts-tls-version-old";
    case HttpsStatus::malformed:
      return "sts-http-malformed";
    case HttpsStatus::truncated:
      return "sts-http-truncated";
    case HttpsStatus::too_large:
      return "sts-http-too-large";
    case HttpsStatus::not_allowed:
      return "sts-host-placeholder-address";
    case HttpsStatus::tls_timeout:
    case HttpsStatus::response_timeout:
    case HttpsStatus::cancelled:
    case HttpsStatus::responded:
      break;
  }
  return "sts-http-timeout";
}

std::string failure_text(const HttpsAttempt& attempt) {
  if (attempt.status == HttpsStatus::not_allowed)
    return fmt::format("{} is a {} address", attempt.address.text(),
                       name_of(attempt.address.scope()));
  std::string text =
      fmt::format("{} on {}", protocol::name_of(attempt.status), attempt.address.text());
  bool more = !attempt.detail.empty() &&
              !equals_ignoring_case(attempt.detail, protocol::name_of(attempt.status));
  if (more) text += fmt::format(": {}", printable(attempt.detail, 200));
  return sentence(std::move(text));
}

// No address to try: reports why, and whether the host does not exist.
void judge_no_address(RuleContext& context) {
  const PolicyEvidence& policy = context.evidence.policy;
  bool nxdomain = true;
  const DnsAnswer* error = nullptr;
  for (const DnsAnswer& answer : policy.addresses.answers) {
    if (answer.status == DnsStatus::answered) {
      context.add(
          "sts-host-timeout",
          {.message = fmt::format("{} has the address {}, which the agent could not contact",
                                  policy.host, answer.addresses.front().text()),
           .host = policy.host,
           .unobserved = true});
      return;
    }
    nxdomain &= answer.status == DnsStatus::nxdomain;
    if (!protocol::is_conclusive(answer.status)) error = &answer;
  }
  if (policy.addresses.answers.empty()) {
    context.not_observed(Stage::policy_fetch);
    return;
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

const HttpsAttempt* last_of(const std::vector<HttpsAttempt>& attempts, AddressFamily family) {
  const HttpsAttempt* last = nullptr;
  for (const HttpsAttempt& attempt : attempts)
    if (attempt.address.family() == family &&
        (last == nullptr || attempt.status != HttpsStatus::not_allowed))
      last = &attempt;
  return last;
}

// The address families in which no address answered while the other family did: a separate finding.
bool judge_families(RuleContext& context) {
  const auto& attempts = context.evidence.policy.attempts;
  const HttpsAttempt* v4 = last_of(attempts, AddressFamily::ipv4);
  const HttpsAttempt* v6 = last_of(attempts, AddressFamily::ipv6);
  auto fine = [](const HttpsAttempt* attempt) {
    return attempt != nullptr && attempt->status == HttpsStatus::responded;
  };
  if (!fine(v4) && !fine(v6)) return false;
  for (const HttpsAttempt* attempt : {v4, v6}) {
    if (attempt == nullptr || fine(attempt)) continue;
    context.add(attempt == v6 ? FindingCode("sts-host-ipv6-fail") : "sts-host-ipv4-fail",
                {.message = failure_text(*attempt),
                 .host = context.evidence.policy.host,
                 .address = attempt->address,
                 .address_in_subject = false,
                 .unobserved = attempt->status == HttpsStatus::cancelled,
                 .may_be_local = protocol::may_be_local(*attempt)});
  }
  return true;
}

bool has_better(const std::vector<HttpsAttempt>& attempts, const HttpsAttempt& attempt) {
  return attempt.status == HttpsStatus::not_allowed &&
         last_of(attempts, attempt.address.family())->status != HttpsStatus::not_allowed;
}

// An unusable address next to a working one of the same family: some senders try it first.
void judge_placeholders(RuleContext& context) {
  const auto& attempts = context.evidence.policy.attempts;
  for (const HttpsAttempt& attempt : attempts) {
    if (attempt.status != HttpsStatus::not_allowed) continue;
    const HttpsAttempt* other = last_of(attempts, attempt.address.family());
    if (other->status == HttpsStatus::not_allowed) continue;
    context.add("sts-host-placeholder-address", {.message = failure_text(attempt),
                                                 .host = context.evidence.policy.host,
                                                 .address = attempt.address,
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
  if (!protocol::is_conclusive(context.evidence.record.status) && (answers.empty() || host_unseen))
    for (Stage stage : {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax})
      context.not_observed(stage);
  const HttpsAttempt* attempt = context.reading.attempt;
  bool served = context.reading.read && context.reading.policy.valid && attempt->chain &&
                attempt->chain->verified();
  if (!served) return;
  context.add("sts-policy-without-record",
              {.message = fmt::format("A valid policy (mode {}) is served at https://{}/, but "
                                      "there is no record",
                                      protocol::name_of(*context.reading.policy.mode),
                                      context.evidence.policy.host)});
}

}  // namespace

bool is_unobserved(const RuleContext& context, const HttpsAttempt& attempt) {
  return attempt.status == HttpsStatus::cancelled ||
         (protocol::may_be_local(attempt) && !context.evidence.channels.contains(channel_of(
                                                 ChannelKind::https, attempt.address.family())));
}

void judge_policy_fetch(RuleContext& context) {
  if (!context.takes_part) {
    judge_without_record(context);
    return;
  }
  const PolicyEvidence& policy = context.evidence.policy;
  if (policy.attempts.empty()) {
    judge_no_address(context);
    judge_policy_certificates(context);
    return;
  }
  judge_policy_certificates(context);
  bool some_family_answers = judge_families(context);
  judge_placeholders(context);
  for (const HttpsAttempt& attempt : policy.attempts) {
    if (attempt.status == HttpsStatus::responded) {
      judge_policy_answer(context, attempt);
    } else if (!some_family_answers && !has_better(policy.attempts, attempt)) {
      context.add(code_of(attempt.status), {.message = failure_text(attempt),
                                            .host = policy.host,
                                            .address = attempt.address,
                                            .address_in_subject = false,
                                            .unobserved = attempt.status == HttpsStatus::cancelled,
                                            .may_be_local = protocol::may_be_local(attempt)});
    }
  }
}

}  // namespace mtasts::verdict
