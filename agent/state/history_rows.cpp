// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/history_rows.h"

#include <array>

#include "base/digest.h"
#include "state/content_hash.h"
#include "state/name_list.h"

namespace mtasts::state {
namespace {

using verdict::CachedPolicy;
using verdict::History;
using verdict::PolicyFacts;
using verdict::PolicyFactsPtr;
using verdict::SeenId;
using verdict::SeenMx;
using verdict::TrackedValue;

// MX sets kept per domain; one that changes at every check must not fill the disk.
constexpr int kMostMxSets = 64;

// The index of the current entry, whose last_seen advances: the latest; the last one of a tie.
template <typename Seen>
size_t current_of(const std::vector<Seen>& list) {
  size_t current = 0;
  for (size_t i = 1; i < list.size(); ++i)
    if (list[i].last_seen >= list[current].last_seen) current = i;
  return current;
}

void add_value(ContentHash& hash, const std::string& value) { hash.add(value); }
void add_value(ContentHash& hash, const std::vector<std::string>& value) {
  hash.add(value.size());
  for (const std::string& item : value) hash.add(item);
}
void add_value(ContentHash& hash, const PolicyFactsPtr& value) {
  hash.add(value == nullptr || !value->digest ? std::string_view() : *value->digest);
}

template <typename Value>
void add_optional(ContentHash& hash, const std::optional<Value>& value) {
  hash.add(uint64_t{value.has_value()});
  if (value) add_value(hash, *value);
}

template <typename Value>
void add_track(ContentHash& hash, const TrackedValue<Value>& track) {
  add_optional(hash, track.value);
  add_optional(hash, track.previous);
  add_optional(hash, track.candidate);
  hash.add(track.since).add(track.candidate_since).add(track.changed).add(track.changes);
}

// Stores policies; the body is stored with the facts that were parsed from it.
class PolicyStore {
 public:
  PolicyStore(Database& database, const std::optional<std::string>& body)
      : database_(database), body_(body) {
    if (body_) digest_ = sha256_hex(*body_);
  }

  std::optional<int64_t> operator()(const PolicyFactsPtr& facts) const {
    if (facts == nullptr) return std::nullopt;
    return intern_policy(database_, *facts, facts->digest == digest_ ? body_ : std::nullopt);
  }
  std::optional<int64_t> operator()(const std::optional<PolicyFactsPtr>& facts) const {
    return facts ? (*this)(*facts) : std::nullopt;
  }

 private:
  Database& database_;
  const std::optional<std::string>& body_;
  std::string digest_;
};

std::optional<std::string> joined(const std::optional<std::vector<std::string>>& names) {
  if (!names) return std::nullopt;
  return join_names(*names);
}

void write_scalars(Database& database, int64_t domain, const History& history) {
  const std::string returns = join_times(history.policy_returns);
  const std::string certificates = join_names(history.certificates);
  database.run(
      "UPDATE domain SET began=?2, revision=?3, history_hash=?4, published=?5, last_id=?6,"
      " policy_gone=?7, policy_gone_confirmed=?8, mode_fell=?9, record_fresh_at=?10,"
      " policy_returns=?11, certificates=?12 WHERE id=?1",
      {domain, history.began, history.revision, history_hash(history), history.published,
       history.last_id, history.policy_gone, history.policy_gone_confirmed, history.mode_fell,
       history.record_fresh_at, returns, certificates});
}

void write_mx_alternation(Database& database, int64_t domain, const History& history) {
  const verdict::MxAlternation& alternation = history.mx_alternation;
  const std::string sets = join_names(alternation.sets);
  database.run(
      "UPDATE domain SET mx_sets=?2, mx_first_return=?3, mx_last_return=?4, mx_returns=?5,"
      " mx_longest_ttl=?6, provider_before=?7, provider_changed=?8 WHERE id=?1",
      {domain, sets, alternation.first_return, alternation.last_return, alternation.returns,
       alternation.longest_ttl.count(), history.provider_before, history.provider_changed});
}

// The values of a track, in the order value, previous, candidate.
template <typename TrackValue, typename Column>
void write_track(Database& database, const char* sql, int64_t domain,
                 const TrackedValue<TrackValue>& track, const std::array<Column, 3>& values) {
  database.run(sql, {domain, values[0], values[1], track.since, values[2], track.candidate_since,
                     track.changed, track.changes});
}

void write_tracks(Database& database, int64_t domain, const History& history,
                  const PolicyStore& store) {
  const auto& record = history.record;
  write_track(
      database,
      "UPDATE domain SET record_value=?2, record_previous=?3, record_since=?4,"
      " record_candidate=?5, record_candidate_since=?6, record_changed=?7,"
      " record_changes=?8 WHERE id=?1",
      domain, record,
      std::array<std::optional<std::string>, 3>{record.value, record.previous, record.candidate});
  const auto& policy = history.policy;
  write_track(database,
              "UPDATE domain SET policy_value=?2, policy_previous=?3, policy_since=?4,"
              " policy_candidate=?5, policy_candidate_since=?6, policy_changed=?7,"
              " policy_changes=?8 WHERE id=?1",
              domain, policy,
              std::array<std::optional<int64_t>, 3>{store(policy.value), store(policy.previous),
                                                    store(policy.candidate)});
  const auto& mx = history.mx;
  write_track(database,
              "UPDATE domain SET mx_value=?2, mx_previous=?3, mx_since=?4, mx_candidate=?5,"
              " mx_candidate_since=?6, mx_changed=?7, mx_changes=?8 WHERE id=?1",
              domain, mx,
              std::array<std::optional<std::string>, 3>{joined(mx.value), joined(mx.previous),
                                                        joined(mx.candidate)});
}

// The previously known set ends at the last check that observed it.
void write_mx_set(Database& database, int64_t domain,
                  const TrackedValue<std::vector<std::string>>& mx) {
  if (!mx.value) return;
  const std::string hosts = join_names(*mx.value);
  std::optional<int64_t> known = database.number(
      "SELECT rowid FROM mx_set WHERE domain=?1 AND last_seen IS NULL AND first_seen=?2"
      " AND hosts=?3",
      {domain, mx.since, hosts});
  if (known) return;
  database.run(
      "UPDATE mx_set SET last_seen=(SELECT mx_seen FROM domain WHERE id=?1)"
      " WHERE domain=?1 AND last_seen IS NULL",
      {domain});
  database.run("INSERT INTO mx_set(domain, hosts, first_seen) VALUES(?1, ?2, ?3)",
               {domain, hosts, mx.since});
  database.run(
      "DELETE FROM mx_set WHERE domain=?1 AND rowid IN (SELECT rowid FROM mx_set WHERE domain=?1"
      " ORDER BY rowid DESC LIMIT -1 OFFSET ?2)",
      {domain, kMostMxSets});
}

void write_lists(Database& database, int64_t domain, const History& history,
                 const PolicyStore& store) {
  database.run("DELETE FROM record_id WHERE domain=?1", {domain});
  size_t current = current_of(history.ids);
  for (size_t i = 0; i < history.ids.size(); ++i) {
    const SeenId& id = history.ids[i];
    database.run(
        "INSERT INTO record_id(domain, id, first_seen, last_seen, returned, confirmed)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        {domain, id.id, id.first_seen, i == current ? Value(std::nullopt) : Value(id.last_seen),
         id.returned, id.confirmed});
  }
  database.run("DELETE FROM served WHERE domain=?1", {domain});
  current = current_of(history.instances);
  for (size_t i = 0; i < history.instances.size(); ++i) {
    const CachedPolicy& served = history.instances[i];
    if (served.policy == nullptr) continue;
    database.run(
        "INSERT INTO served(domain, id, policy, first_seen, last_seen, gone, confirmed)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        {domain, served.id, store(served.policy), served.first_seen,
         i == current ? Value(std::nullopt) : Value(served.last_seen), served.gone,
         served.confirmed});
  }
  database.run("DELETE FROM mx_member WHERE domain=?1", {domain});
  for (const SeenMx& mx : history.mx_hosts)
    database.run("INSERT INTO mx_member(domain, host, added, removed) VALUES(?1, ?2, ?3, ?4)",
                 {domain, mx.host, mx.added, mx.removed});
  database.run("DELETE FROM certificate_issuer WHERE domain=?1", {domain});
  for (const verdict::SeenIssuer& seen : history.issuers)
    database.run(
        "INSERT INTO certificate_issuer(domain, host, issuer, previous, candidate,"
        " candidate_since, changed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        {domain, seen.host, seen.issuer, seen.previous, seen.candidate, seen.candidate_since,
         seen.changed});
  database.run("DELETE FROM served_key WHERE domain=?1", {domain});
  for (const verdict::ServedKey& key : history.served_keys)
    database.run(
        "INSERT INTO served_key(domain, host, verified, failed, failed_since, confirmed)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        {domain, key.host, key.verified, key.failed, key.failed_since, key.confirmed});
}

}  // namespace

SeenTimes seen_times(const History& history) {
  SeenTimes seen{history.record.seen, history.policy.seen, history.mx.seen, {}, {}};
  if (!history.ids.empty()) seen.id = history.ids[current_of(history.ids)].last_seen;
  if (!history.instances.empty())
    seen.served = history.instances[current_of(history.instances)].last_seen;
  return seen;
}

int64_t history_hash(const History& history) {
  ContentHash hash;
  hash.add(history.revision).add(history.began).add(uint64_t{history.published});
  hash.add(history.last_id).add(history.policy_gone);
  hash.add(uint64_t{history.policy_gone_confirmed}).add(history.mode_fell);
  hash.add(history.record_fresh_at);
  add_track(hash, history.record);
  add_track(hash, history.policy);
  add_track(hash, history.mx);
  size_t current = current_of(history.ids);
  hash.add(history.ids.size()).add(current);
  for (size_t i = 0; i < history.ids.size(); ++i) {
    const SeenId& id = history.ids[i];
    hash.add(id.id).add(id.first_seen).add(id.returned).add(uint64_t{id.confirmed});
    if (i != current) hash.add(id.last_seen);
  }
  current = current_of(history.instances);
  hash.add(history.instances.size()).add(current);
  for (size_t i = 0; i < history.instances.size(); ++i) {
    const CachedPolicy& served = history.instances[i];
    add_value(hash, served.policy);
    hash.add(served.id).add(served.first_seen).add(served.gone).add(uint64_t{served.confirmed});
    if (i != current) hash.add(served.last_seen);
  }
  hash.add(history.mx_hosts.size());
  for (const SeenMx& mx : history.mx_hosts) hash.add(mx.host).add(mx.added).add(mx.removed);
  hash.add(history.policy_returns.size());
  for (Time time : history.policy_returns) hash.add(time);
  add_value(hash, history.certificates);
  hash.add(history.issuers.size());
  for (const verdict::SeenIssuer& seen : history.issuers) {
    hash.add(seen.host).add(seen.issuer).add(seen.previous).add(seen.candidate);
    hash.add(seen.candidate_since).add(seen.changed);
  }
  hash.add(history.served_keys.size());
  for (const verdict::ServedKey& key : history.served_keys) {
    hash.add(key.host).add(key.verified).add(key.failed).add(key.failed_since);
    hash.add(uint64_t{key.confirmed});
  }
  const verdict::MxAlternation& alternation = history.mx_alternation;
  add_value(hash, alternation.sets);
  hash.add(alternation.first_return).add(alternation.last_return).add(alternation.returns);
  hash.add(static_cast<uint64_t>(alternation.longest_ttl.count()));
  hash.add(history.provider_before).add(history.provider_changed);
  return hash.value();
}

void write_history(Database& database, int64_t domain, const History& history,
                   const std::optional<std::string>& body) {
  const PolicyStore store(database, body);
  write_mx_set(database, domain, history.mx);
  write_scalars(database, domain, history);
  write_mx_alternation(database, domain, history);
  write_tracks(database, domain, history, store);
  write_lists(database, domain, history, store);
}

}  // namespace mtasts::state
