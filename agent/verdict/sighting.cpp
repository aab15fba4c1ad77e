// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What of one check is certain enough to be remembered.
#include <algorithm>

#include "protocol/sha256.h"
#include "verdict/judgement.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using RecordStatus = protocol::StsRecordSet::Status;

// Something answers for the domain itself. Where nothing does, it is gone as a whole, or our
// resolver says so of every name there is; either way that is no removal of MTA-STS.
bool is_domain_there(const Evidence& evidence) {
  return evidence.mx.status == DnsStatus::answered || evidence.mx.status == DnsStatus::nodata;
}

// A record that is broken is neither there nor gone: its own findings tell of it.
std::optional<std::string> record_of(const Judgement& judgement) {
  const DnsAnswer& answer = judgement.evidence.record;
  if (!protocol::is_conclusive(answer.status) || answer.cname_loop) return std::nullopt;
  if (judgement.records.status == RecordStatus::found) return judgement.records.record.id;
  bool none = judgement.records.status == RecordStatus::none && !judgement.takes_part &&
              is_domain_there(judgement.evidence);
  return none ? std::optional<std::string>("") : std::nullopt;
}

PolicyFactsPtr policy_of(const Judgement& judgement) {
  const PolicyReading& reading = judgement.reading;
  if (!reading.read || !reading.policy.mode || !reading.policy.max_age_seconds) return nullptr;
  if (reading.attempt->chain == nullptr || !reading.attempt->chain->verified()) return nullptr;
  // What only some senders refuse is held by the others.
  for (const protocol::SyntaxFault& fault : reading.policy.faults)
    if (fault.fault_class == protocol::FaultClass::error) return nullptr;
  auto facts = std::make_shared<PolicyFacts>();
  facts->digest = protocol::sha256_hex(reading.attempt->body);
  facts->mode = *reading.policy.mode;
  facts->max_age_seconds = *reading.policy.max_age_seconds;
  facts->mx = reading.policy.mx;
  return facts;
}

// No sender gets a policy, and that is not about our own sight.
bool is_policy_gone(const Judgement& judgement) {
  const PolicyEvidence& policy = judgement.evidence.policy;
  if (judgement.reading.attempt != nullptr) return true;
  if (!policy.attempts.empty())
    return std::none_of(
        policy.attempts.begin(), policy.attempts.end(),
        [&](const protocol::HttpsAttempt& attempt) { return is_blind(judgement, attempt); });
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

}  // namespace

Sighting sighting_of(const Judgement& judgement) {
  Sighting seen;
  seen.at = judgement.now;
  seen.record = record_of(judgement);
  seen.record_ttl = judgement.evidence.record.ttl;
  seen.policy = policy_of(judgement);
  seen.policy_gone =
      seen.policy == nullptr && is_domain_there(judgement.evidence) && is_policy_gone(judgement);
  seen.mx = mx_of(judgement.evidence);
  for (const protocol::HttpsAttempt& attempt : judgement.evidence.policy.attempts)
    if (seen.certificate.empty() && attempt.chain != nullptr)
      seen.certificate = attempt.chain->leaf.fingerprint_sha256;
  return seen;
}

}  // namespace mtasts::verdict
