// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/history/issuers.h"

#include <algorithm>

#include "protocol/sts/policy_location.h"

namespace mtasts::verdict {
namespace {

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// A host that the domain no longer has is forgotten; the policy host is not among the MX hosts.
bool is_in_use(const SeenIssuer& known, const History& history, const Observation& seen) {
  bool seen_now = std::any_of(seen.issuers.begin(), seen.issuers.end(),
                              [&](const auto& one) { return one.host == known.host; });
  if (seen_now || !history.mx.value || known.host.starts_with(protocol::kPolicyHostPrefix))
    return true;
  return std::binary_search(history.mx.value->begin(), history.mx.value->end(), known.host);
}

// True: the issuer changed, or is about to.
bool follow(SeenIssuer& known, const Observation::Issuers& seen, std::vector<Change>& changes) {
  if (contains(seen.issuers, known.issuer)) {
    bool doubted = !known.candidate.empty();
    known.candidate.clear();
    known.candidate_since = kNever;
    return doubted;
  }
  if (known.candidate.empty() || !contains(seen.issuers, known.candidate)) {
    known.candidate = seen.issuers.front();
    known.candidate_since = seen.at;
    return true;
  }
  if (seen.at <= known.candidate_since) return false;  // the same observation again
  changes.push_back(
      {known.candidate_since, "certificate_issuer", known.host, known.issuer, known.candidate});
  known.previous = std::move(known.issuer);
  known.issuer = std::move(known.candidate);
  known.changed = known.candidate_since;
  known.candidate.clear();
  known.candidate_since = kNever;
  return true;
}

}  // namespace

void follow_issuers(History& history, const Observation& seen, std::vector<Change>& changes) {
  auto& known = history.issuers;
  if (std::erase_if(known, [&](const SeenIssuer& one) { return !is_in_use(one, history, seen); }))
    ++history.revision;
  for (const Observation::Issuers& one : seen.issuers) {
    auto place = std::find_if(known.begin(), known.end(),
                              [&](const SeenIssuer& other) { return other.host == one.host; });
    bool changed = false;
    if (place != known.end()) {
      changed = follow(*place, one, changes);
    } else if (known.size() < kMostRemembered) {
      known.push_back({one.host, one.issuers.front(), "", "", kNever, kNever});
      changed = true;
    }
    if (changed) ++history.revision;
  }
}

}  // namespace mtasts::verdict
