// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// History: what is remembered of one domain from earlier checks, and what follows from it: which
// policies senders may still hold (RFC 8461 §5.1: a cached policy applies for max_age from its last
// fetch, whatever is published since). A history is immutable; advance() makes the next one.
// Sources can disagree for a while (CDN edges, anycast DNS), so a different value is first a
// candidate, and replaces the known one only when the next conclusive check observes it again.
// Sender caches are counted from the first observation. Pure values and functions; any thread.
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
#include "verdict/findings/finding.h"
#include "verdict/history/rollout_phase.h"

namespace mtasts::verdict {

// The contents of a served policy body.
struct PolicyFacts {
  std::optional<std::string> digest;  // SHA-256 of the body, hex; empty: the body is not available
  protocol::Mode mode = protocol::Mode::none;
  uint64_t max_age_seconds = 0;
  std::vector<std::string> mx;  // as written, lower case

  bool operator==(const PolicyFacts&) const = default;
};
using PolicyFactsPtr = std::shared_ptr<const PolicyFacts>;

// Senders treat both alike: mode, max_age and the set of patterns are the same.
bool mean_the_same(const PolicyFacts& one, const PolicyFacts& other);

// A policy as senders cache it: a body under the record id at that time.
struct CachedPolicy {
  std::string id;         // of the record in force when it was served
  PolicyFactsPtr policy;  // never null
  Time first_seen{};
  Time last_seen{};
  Time gone{};  // first conclusive check that observed another or none; epoch: served now
  bool confirmed = false;  // in two checks in a row (or the first ever): no stale edge
};

// The last instant at which a sender may hold it: it could be fetched until it was observed gone.
Time held_until(const CachedPolicy& instance, Time now);

struct SeenId {
  std::string id;
  Time first_seen{};
  Time last_seen{};  // by a check in which it was more than a candidate
  Time returned{};   // when it came back after another id; epoch: never
  bool confirmed = false;

  bool operator==(const SeenId&) const = default;
};

struct SeenMx {
  std::string host;
  Time added{};    // epoch: present since the first check
  Time removed{};  // epoch: present now

  bool operator==(const SeenMx&) const = default;
};

// The MX set goes back and forth between sets (round robin, servers with different zones).
struct MxAlternation {
  std::vector<std::string> sets;  // digests of the sets observed, latest last; last 8
  Time first_return{};            // when a set came back for the first time; epoch: never
  Time last_return{};             // the latest time
  uint64_t returns = 0;           // since first_return; a set that returned to stay counts twice
  std::chrono::seconds longest_ttl{0};  // of the MX records: a cache may be that much behind

  bool operator==(const MxAlternation&) const = default;
};

// Who issues the certificates of the policy host or of an MX host. During a renewal, and with a
// certificate for each algorithm, a host has several issuers: as long as the known one is among
// them, nothing has changed.
struct SeenIssuer {
  std::string host;
  std::string issuer;
  std::string previous;    // the one before; empty: never changed
  std::string candidate;   // seen by the last observation instead; empty: none
  Time candidate_since{};  // that observation
  Time changed{};          // the first observation of `issuer`; epoch: known from the start

  bool operator==(const SeenIssuer&) const = default;
};

// Which certificate of an MX host its TLSA records matched last, and which one they do not.
struct ServedKey {
  std::string host;
  std::string verified;    // fingerprint
  std::string failed;      // fingerprint of what is served instead; empty: nothing
  Time failed_since{};     // the first probe that saw it
  bool confirmed = false;  // and a later one saw it too

  bool operator==(const ServedKey&) const = default;
};

// The agent's own observations of one stage at one MX host, or of the domain, passed in every
// conclusive check from `since` to `last`. Of stage `reports`: TLS reports could be taken in.
struct SeenPass {
  Stage stage = Stage::record;
  std::string host;  // empty: of the domain
  Time since{};
  Time last{};

  bool operator==(const SeenPass&) const = default;
};

// One observed value over time.
template <typename Value>
struct TrackedValue {
  std::optional<Value> value;      // the known one; empty: never conclusively seen
  std::optional<Value> previous;   // the known one before it
  Time since{};                    // first check of the current run of `value`
  Time seen{};                     // last check that agreed with `value`
  std::optional<Value> candidate;  // what the last conclusive check observed, if different
  Time candidate_since{};
  Time changed{};  // `since` of the last change; epoch: never changed
  uint64_t changes = 0;
};

// One entry of the timeline. `what` is from a closed set: record_id, policy_mode, policy_max_age,
// policy_mx, policy_body (other bytes, same meaning), mx_set, mx_coverage, mx_provider,
// policy_certificate, mx_certificate, certificate_issuer.
struct Change {
  Time at{};  // the first check that observed it
  std::string what;
  std::string subject;  // the host, if the change is about one, else empty
  std::string from;     // printable; "none" for an absent value
  std::string to;

  bool operator==(const Change&) const = default;
};

struct History {
  Time began{};                         // the first remembered check
  bool published = false;               // a record was ever observed: senders may hold policies
  std::string last_id;                  // the last id observed by any check
  TrackedValue<std::string> record;     // the id; "": no record
  TrackedValue<PolicyFactsPtr> policy;  // never null; changed only by valid policies
  TrackedValue<std::vector<std::string>> mx;  // sorted; "." for a null MX
  Time policy_gone{};  // first conclusive check without a policy; epoch: served
  bool policy_gone_confirmed = false;
  Time mode_fell{};         // when enforce was last left; epoch: never, or enforced again
  Time record_fresh_at{};   // from then on, record answers are newer than the body
  std::vector<SeenId> ids;  // by first_seen; at most kMostRemembered
  std::vector<CachedPolicy> instances;    // by first_seen; at most kMostRemembered
  std::vector<SeenMx> mx_hosts;           // at most kMostRemembered
  std::vector<Time> policy_returns;       // when the served body reverted to an earlier one; last 4
  std::vector<std::string> certificates;  // fingerprints on the policy host, latest last; last 8
  std::vector<SeenIssuer> issuers;        // by host; at most kMostRemembered
  std::vector<ServedKey> served_keys;     // at most kMostRemembered
  MxAlternation mx_alternation;
  std::string provider_before;   // of the MX hosts, before the last change of the provider
  Time provider_changed{};       // epoch: never
  std::vector<SeenPass> passes;  // at most kMostRemembered
  SeenPhase phase;               // of the rollout
  uint64_t revision = 0;  // counts changes, except of `passes`, of `phase` and of the `seen` times
                          // of current values
};
using HistoryPtr = std::shared_ptr<const History>;

inline constexpr size_t kMostRemembered = 64;

// What one check observed conclusively; empty members were not observed, or not conclusively.
struct Observation {
  Time at{};
  std::optional<std::string> record;           // the id of the one valid record; "": there is none
  std::chrono::seconds record_ttl{0};          // how long the answer may still come from a cache
  PolicyFactsPtr policy;                       // the served policy, if senders accept it
  bool policy_gone = false;                    // no policy is served
  std::optional<std::vector<std::string>> mx;  // in any order
  std::chrono::seconds mx_ttl{0};              // what is left of the TTL of the answer
  std::string certificate;                     // fingerprint on the policy host
  struct Issuers {
    std::string host;
    Time at{};                         // of the observation: MX hosts are probed less often
    std::vector<std::string> issuers;  // of all its certificates; not empty
  };
  std::vector<Issuers> issuers;
  // Hosts whose certificate was compared with TLSA records that apply: one of both is empty.
  struct Served {
    std::string host;
    Time at{};             // of the probe
    std::string verified;  // fingerprint of a certificate that matches
    std::string failed;    // where none does, of one that does not
  };
  std::vector<Served> served;
};

// Returns the history after a check. Changes that became certain are appended to `changes`, oldest
// first. Items that are older than `retention` and can no longer be held are dropped.
History advance(const History& before, const Observation& seen, std::chrono::milliseconds retention,
                std::vector<Change>& changes);

// The MX set alternates, and has done so for longer than caches that are behind can explain.
bool is_mx_flapping(const MxAlternation& alternation, Time now);

// The providers of a whole MX set, with hosts that belong to none: "Microsoft 365
// (x.mail.protection.outlook.com)", "mx1.example.com, mx2.example.com".
std::string providers_text(const std::vector<std::string>& hosts);

// A value awaits confirmation: the next check should come soon.
bool is_unsettled(const History& history);

// A policy that senders may hold although it is not the one served now.
struct HeldPolicy {
  PolicyFactsPtr policy;
  std::string id;
  Time last_served{};  // it may have been fetched until then
  Time until{};
  bool confirmed = false;
};
// Policies that differ from the current one and may still be held, each once; longest held first.
std::vector<HeldPolicy> held_policies(const History& history, Time now);

// "the policy last served 2026-11-02 (mode enforce, max_age 2592000)".
std::string held_text(const HeldPolicy& held);
// ": mx mx1.example.com, mx2.example.com", or empty without patterns.
std::string held_patterns(const HeldPolicy& held);
// "2026-12-02", with the hour if it is within two days of `now`.
std::string until_text(Time until, Time now);

// An id that is not in the history: the time as digits, 20261102101500 (RFC 8461 §3.1: 1*32 alnum).
std::string fresh_id(const History* history, Time now);

}  // namespace mtasts::verdict
