// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/history/mx_history.h"

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "verdict/domain/coverage.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kMostSets = 8;
// A change that reaches all servers and caches within a few minutes causes fewer returns.
constexpr uint64_t kFlappingReturns = 3;
constexpr milliseconds kShortestRest = hours(6);
// Longer TTLs are rare, and must not hide that the set alternates.
constexpr seconds kLongestTtl = hours(24);

// Without a return for this long, the set has settled.
milliseconds rest(const MxAlternation& alternation) {
  return std::max<milliseconds>(kShortestRest, 2 * alternation.longest_ttl);
}

std::string digest_of(const std::vector<std::string>& hosts) {
  std::string text;
  for (const std::string& host : hosts) text += host + "\n";
  return sha256_hex(text).substr(0, 15);
}

bool is_null_mx(const std::vector<std::string>& hosts) {
  return hosts.empty() || (hosts.size() == 1 && hosts.front() == ".");
}

// Names of providers; empty: hosts of none.
std::set<std::string> providers_of(const std::vector<std::string>& hosts) {
  std::set<std::string> names;
  for (const std::string& host : hosts)
    if (host != ".") names.emplace(provider_of(host));
  return names;
}

}  // namespace

bool note_mx_set(MxAlternation& alternation, const std::vector<std::string>& hosts,
                 const Observation& seen, bool returned) {
  bool longer = seen.mx_ttl > alternation.longest_ttl && alternation.longest_ttl < kLongestTtl;
  if (longer) alternation.longest_ttl = std::min(seen.mx_ttl, kLongestTtl);
  auto& sets = alternation.sets;
  std::string digest = digest_of(hosts);
  if (!sets.empty() && sets.back() == digest && !returned) return longer;
  auto known = std::find(sets.begin(), sets.end(), digest);
  if (known != sets.end()) {
    if (seen.at >= alternation.last_return + rest(alternation)) {
      alternation.first_return = seen.at;
      alternation.returns = 0;
    }
    alternation.last_return = seen.at;
    ++alternation.returns;
    sets.erase(known);
  }
  sets.push_back(std::move(digest));
  if (sets.size() > kMostSets) sets.erase(sets.begin());
  return true;
}

bool is_mx_flapping(const MxAlternation& alternation, Time now) {
  // A cache that is behind returns an old set for as long as its TTL.
  return alternation.returns >= kFlappingReturns &&
         alternation.last_return - alternation.first_return >= alternation.longest_ttl &&
         now < alternation.last_return + rest(alternation);
}

std::string providers_text(const std::vector<std::string>& hosts) {
  std::set<std::string> names = providers_of(hosts);
  names.erase("");
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " and ") + name;
  return text.empty() ? listed(hosts, 3) : text + " (" + listed(hosts, 3) + ")";
}

void note_provider(History& history) {
  const auto& before = *history.mx.previous;
  const auto& now = *history.mx.value;
  if (is_null_mx(before) || is_null_mx(now)) return;
  std::set<std::string> old_names = providers_of(before);
  std::set<std::string> new_names = providers_of(now);
  bool shared = std::any_of(old_names.begin(), old_names.end(),
                            [&](const std::string& name) { return new_names.contains(name); });
  if (shared) return;
  history.provider_before = providers_text(before);
  history.provider_changed = history.mx.changed;
}

}  // namespace mtasts::verdict
