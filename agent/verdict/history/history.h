// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// History: what is remembered of one domain from earlier checks, and what follows from it: which
// policies senders may still hold (RFC 8461 §5.1: a cached policy rules for max_age from its last
// fetch, whatever is published since). A history never changes; advance() makes the next one.
// Sources can merely disagree (CDN edges, anycast DNS), so a value that differs is first a
// candidate, and replaces the known one only when the next conclusive look sees it again. What
// senders may hold is counted from the first sight. Pure values and functions; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "protocol/sts/sts_policy.h"

namespace mtasts::verdict {

// What a served policy body says.
struct PolicyFacts {
  std::optional<std::string> digest;  // SHA-256 of the body, hex; empty: the body is not at hand
  protocol::Mode mode = protocol::Mode::none;
  uint64_t max_age_seconds = 0;
  std::vector<std::string> mx;  // as written, lower case

  bool operator==(const PolicyFacts&) const = default;
};
using PolicyFactsPtr = std::shared_ptr<const PolicyFacts>;

// Senders act alike on both: mode, max_age and the set of patterns are the same.
bool mean_the_same(const PolicyFacts& one, const PolicyFacts& other);

// A policy as senders cache it: a body under the record id of its time.
struct CachedPolicy {
  std::string id;         // of the record in force when it was served
  PolicyFactsPtr policy;  // never null
  Time first_seen{};
  Time last_seen{};
  Time gone{};             // the first conclusive look that saw another or none; epoch: served now
  bool confirmed = false;  // seen at two looks in a row (or the first ever): no mere stale edge
};

// The last instant at which a sender may hold it: it could be fetched until it was seen gone.
Time held_until(const CachedPolicy& instance, Time now);

struct SeenId {
  std::string id;
  Time first_seen{};
  Time last_seen{};  // by a look that did not merely doubt another
  Time returned{};   // when it came back after another id; epoch: it never did
  bool confirmed = false;

  bool operator==(const SeenId&) const = default;
};

struct SeenMx {
  std::string host;
  Time added{};    // epoch: it was there from the first look
  Time removed{};  // epoch: it is there now

  bool operator==(const SeenMx&) const = default;
};

// One observed value over time.
template <typename Value>
struct TrackedValue {
  std::optional<Value> value;      // the known one; empty: never conclusively seen
  std::optional<Value> previous;   // the known one before it
  Time since{};                    // first look of `value`'s present run
  Time seen{};                     // last look that agreed with `value`
  std::optional<Value> candidate;  // what the last conclusive look saw, when it differs
  Time candidate_since{};
  Time changed{};  // `since` of the last change; epoch: never seen to change
  uint64_t changes = 0;
};

// One line of the timeline. `what` is of a closed set: record_id, policy_mode, policy_max_age,
// policy_mx, policy_body (bytes without another meaning), mx_set, mx_coverage, mx_provider,
// policy_certificate, mx_certificate.
struct Change {
  Time at{};  // the first look that saw it
  std::string what;
  std::string subject;  // a host where the change is about one, else empty
  std::string from;     // printable; "none" where there was nothing
  std::string to;

  bool operator==(const Change&) const = default;
};

struct History {
  Time began{};                      // the first check that is remembered
  bool published = false;            // a record was seen at some time, so senders may hold policies
  std::string last_id;               // the last id that any look saw
  TrackedValue<std::string> record;  // the id; "": no record
  TrackedValue<PolicyFactsPtr> policy;        // never null; what is no policy leaves it as it is
  TrackedValue<std::vector<std::string>> mx;  // sorted; "." for a null MX
  Time policy_gone{};  // first conclusive look without a policy; epoch: served
  bool policy_gone_confirmed = false;
  Time mode_fell{};         // when enforce was last given up; epoch: not, or enforced again
  Time record_fresh_at{};   // from when an answer for the record is younger than the served body
  std::vector<SeenId> ids;  // by first_seen; at most kMostRemembered
  std::vector<CachedPolicy> instances;  // by first_seen; at most kMostRemembered
  std::vector<SeenMx> mx_hosts;         // at most kMostRemembered
  std::vector<Time> policy_returns;     // when the served body went back to an earlier one; last 4
  std::vector<std::string> certificates;  // fingerprints on the policy host, latest last; last 8
  uint64_t revision = 0;  // counts what changed other than the `seen` times of what still stands
};
using HistoryPtr = std::shared_ptr<const History>;

inline constexpr size_t kMostRemembered = 64;

// What one check saw for certain; what stays empty was not seen, or not conclusively.
struct Observation {
  Time at{};
  std::optional<std::string> record;   // the id of the one valid record; "": there is none
  std::chrono::seconds record_ttl{0};  // for how long the answer may still come from a cache
  PolicyFactsPtr policy;               // a policy that senders accept is served
  bool policy_gone = false;            // none is
  std::optional<std::vector<std::string>> mx;  // in any order
  std::string certificate;                     // fingerprint on the policy host
};

// The history after a check. Changes that became certain are appended to `changes`, oldest first.
// What is older than `retention` and can no longer be held is forgotten.
History advance(const History& before, const Observation& seen, std::chrono::milliseconds retention,
                std::vector<Change>& changes);

// A value waits for its second look: the next check should come soon.
bool is_unsettled(const History& history);

// A policy that senders may hold though it is not what is served now.
struct HeldPolicy {
  PolicyFactsPtr policy;
  std::string id;
  Time last_served{};  // it may have been fetched until then
  Time until{};
  bool confirmed = false;
};
// Those that say something else than today's and may still be held, each once; the longest held
// first.
std::vector<HeldPolicy> held_policies(const History& history, Time now);

// "the policy last served 2026-11-02 (mode enforce, max_age 2592000)".
std::string held_text(const HeldPolicy& held);
// ": mx mx1.example.com, mx2.example.com", or nothing where it has no patterns.
std::string held_patterns(const HeldPolicy& held);
// "2026-12-02", with the hour when it is within two days of `now`.
std::string until_text(Time until, Time now);

// An id that no history knows: the time as digits, 20261102101500 (RFC 8461 §3.1: 1*32 alnum).
std::string fresh_id(const History* history, Time now);

}  // namespace mtasts::verdict
