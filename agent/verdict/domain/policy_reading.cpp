// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Which of the policies that the addresses of a policy host serve counts as the domain's policy.
#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "verdict/rule_context.h"

namespace mtasts::verdict {

using protocol::HttpsAttempt;
using protocol::HttpsStatus;

namespace {

// The faults of a text that Content-Length cuts off are not those of the file. What senders take
// all the same, and a web page, are read.
bool is_cut_off(const HttpsAttempt& attempt, const protocol::StsPolicy& policy) {
  return protocol::is_cut_by_length(attempt) && !policy.valid &&
         !protocol::has_code(policy.faults, "sts-policy-html");
}

}  // namespace

bool PolicyReading::is_accepted() const {
  const auto& faults = policy.faults;
  return read && std::none_of(faults.begin(), faults.end(), [](const protocol::SyntaxFault& fault) {
           return fault.fault_class == protocol::FaultClass::error;
         });
}

bool PolicyReading::is_usable() const {
  return is_accepted() && attempt->chain != nullptr && attempt->chain->verified();
}

std::vector<PolicyReading> read_policies(const PolicyEvidence& evidence) {
  std::vector<PolicyReading> readings;
  std::map<std::string_view, size_t> parsed;  // by body, because most addresses serve the same
  for (const HttpsAttempt& attempt : evidence.attempts) {
    if (attempt.status != HttpsStatus::responded || attempt.http_status != 200) continue;
    if (!protocol::has_text(attempt)) continue;
    PolicyReading reading;
    auto [known, is_new] = parsed.emplace(attempt.body, readings.size());
    if (is_new)
      reading.policy = protocol::parse_sts_policy(
          attempt.body, protocol::charset_of(attempt.content_type.value_or("")));
    else
      reading.policy = readings[known->second].policy;
    if (is_cut_off(attempt, reading.policy)) {
      if (is_new) parsed.erase(known);
      continue;
    }
    reading.attempt = &attempt;
    reading.read = true;
    readings.push_back(std::move(reading));
  }
  return readings;
}

PolicyReading main_reading(const PolicyEvidence& evidence,
                           const std::vector<PolicyReading>& readings) {
  std::map<std::string_view, int> servers;
  for (const PolicyReading& reading : readings) ++servers[reading.attempt->body];
  auto rank = [&](const PolicyReading& reading) {
    const auto& chain = reading.attempt->chain;
    return std::tuple(reading.is_usable(), chain != nullptr && chain->verified(),
                      servers[reading.attempt->body]);
  };
  const PolicyReading* best = nullptr;
  for (const PolicyReading& reading : readings)
    if (best == nullptr || rank(reading) > rank(*best)) best = &reading;
  if (best != nullptr) return *best;
  PolicyReading none;
  for (const HttpsAttempt& attempt : evidence.attempts)
    if (none.attempt == nullptr && attempt.status == HttpsStatus::responded)
      none.attempt = &attempt;
  return none;
}

}  // namespace mtasts::verdict
