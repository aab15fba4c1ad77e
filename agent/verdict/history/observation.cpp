// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Selects what one check observed with enough certainty to be remembered.
#include <algorithm>

#include "base/digest.h"
#include "base/printable.h"
#include "verdict/host/host_verdict.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using RecordStatus = protocol::StsRecordSet::Status;

// Something answers for the domain itself. If nothing does, the whole domain is gone, or the
// resolver denies every name; neither is a removal of MTA-STS.
bool is_domain_there(const Evidence& evidence) {
  return evidence.mx.status == DnsStatus::answered || evidence.mx.status == DnsStatus::nodata;
}

// A broken record is neither present nor absent: it has its own findings.
std::optional<std::string> record_of(const RuleContext& context) {
  const DnsAnswer& answer = context.evidence.record;
  if (!protocol::is_conclusive(answer.status) || answer.cname_loop) return std::nullopt;
  if (context.records.status == RecordStatus::found) return context.records.record.id;
  bool none = context.records.status == RecordStatus::none && !context.takes_part &&
              is_domain_there(context.evidence);
  return none ? std::optional<std::string>("") : std::nullopt;
}

PolicyFactsPtr policy_of(const RuleContext& context) {
  const PolicyReading& reading = context.reading;
  // A policy that only some senders refuse is held by the others.
  if (!reading.is_usable() || !reading.policy.mode || !reading.policy.max_age_seconds)
    return nullptr;
  auto facts = std::make_shared<PolicyFacts>();
  facts->digest = sha256_hex(reading.attempt->body);
  facts->mode = *reading.policy.mode;
  facts->max_age_seconds = *reading.policy.max_age_seconds;
  facts->mx = reading.policy.mx;
  return facts;
}

// No sender gets a policy, and the cause is not a failed observation.
bool is_policy_gone(const RuleContext& context) {
  const PolicyEvidence& policy = context.evidence.policy;
  if (context.reading.attempt != nullptr) return !is_unobserved(context, *context.reading.attempt);
  if (!policy.attempts.empty())
    return std::none_of(
        policy.attempts.begin(), policy.attempts.end(),
        [&](const protocol::HttpsAttempt& attempt) { return is_unobserved(context, attempt); });
  const auto& answers = policy.addresses.answers;
  return !answers.empty() &&
         std::all_of(answers.begin(), answers.end(), [](const DnsAnswer& answer) {
           return answer.status == DnsStatus::nodata || answer.status == DnsStatus::nxdomain;
         });
}

std::optional<std::vector<std::string>> mx_of(const Evidence& evidence) {
  if (evidence.mx.status == DnsStatus::nodata && evidence.implicit_mx)
    return std::vector<std::string>{evidence.domain.text()};
  if (evidence.mx.status != DnsStatus::answered) return std::nullopt;
  std::vector<std::string> hosts;
  for (const protocol::MxRecord& record : evidence.mx.mx)
    hosts.push_back(record.host.empty() ? "." : record.host);
  return hosts;
}

constexpr size_t kIssuer_bytes = 200;  // names of public authorities have about 50

void add_issuer(Observation::Issuers& found, const protocol::PeerChainPtr& chain) {
  if (chain == nullptr || chain->leaf.issuer.empty()) return;
  std::string issuer = printable(chain->leaf.issuer, kIssuer_bytes);
  auto& known = found.issuers;
  if (std::find(known.begin(), known.end(), issuer) == known.end()) known.push_back(issuer);
}

std::vector<Observation::Issuers> issuers_of(const RuleContext& context) {
  std::vector<Observation::Issuers> all;
  Observation::Issuers policy{context.evidence.policy.host, context.now, {}};
  for (const protocol::HttpsAttempt& attempt : context.evidence.policy.attempts)
    add_issuer(policy, attempt.chain);
  if (!policy.issuers.empty()) all.push_back(std::move(policy));
  for (const MxTarget& target : context.evidence.mx_targets) {
    if (target.verdict == nullptr) continue;
    const MxHostEvidence& host = *target.verdict->evidence;
    Observation::Issuers mx{host.host, host.probed_at, {}};
    for (const protocol::SmtpAttempt& attempt : host.attempts) add_issuer(mx, attempt.chain);
    if (!mx.issuers.empty()) all.push_back(std::move(mx));
  }
  return all;
}

std::vector<Observation::Served> served_of(const RuleContext& context) {
  std::vector<Observation::Served> all;
  for (const MxTarget& target : context.evidence.mx_targets) {
    if (target.verdict == nullptr) continue;
    const HostVerdict& host = *target.verdict;
    Observation::Served one{host.evidence->host, host.evidence->probed_at, {}, {}};
    for (size_t i = 0; i < host.dane.addresses.size(); ++i) {
      const AddressDane& address = host.dane.addresses[i];
      const protocol::PeerChainPtr& chain = host.evidence->attempts[i].chain;
      if (!address.compared || chain == nullptr) continue;
      if (address.status == DaneStatus::verified) one.verified = chain->leaf.fingerprint_sha256;
      if (address.status == DaneStatus::failed) one.failed = chain->leaf.fingerprint_sha256;
    }
    if (!one.verified.empty()) one.failed.clear();
    if (!one.verified.empty() || !one.failed.empty()) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

Observation observation_of(const RuleContext& context) {
  Observation seen;
  seen.at = context.now;
  seen.record = record_of(context);
  seen.record_ttl = context.evidence.record.ttl;
  seen.policy = policy_of(context);
  seen.policy_gone =
      seen.policy == nullptr && is_domain_there(context.evidence) && is_policy_gone(context);
  seen.mx = mx_of(context.evidence);
  seen.mx_ttl = context.evidence.mx.ttl;
  for (const protocol::HttpsAttempt& attempt : context.evidence.policy.attempts)
    if (seen.certificate.empty() && attempt.chain != nullptr)
      seen.certificate = attempt.chain->leaf.fingerprint_sha256;
  seen.issuers = issuers_of(context);
  seen.served = served_of(context);
  return seen;
}

}  // namespace mtasts::verdict
