// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reads a History from its rows.
#include <cstdint>
#include <utility>

#include "state/history_rows.h"
#include "state/name_list.h"
#include "state/pass_text.h"
#include "state/phase_text.h"

namespace mtasts::state {
namespace {

using verdict::History;
using verdict::kMostRemembered;
using verdict::PolicyFactsPtr;
using verdict::TrackedValue;

// The columns of a track in the queries below, starting at `first`: since, seen, candidate_since,
// changed, changes.
template <typename Value>
void read_times(const Rows& rows, int first, TrackedValue<Value>& track) {
  track.since = rows.time(first);
  track.seen = rows.time(first + 1);
  track.candidate_since = rows.time(first + 2);
  track.changed = rows.time(first + 3);
  track.changes = rows.count(first + 4);
}

std::optional<std::vector<std::string>> optional_names(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return split_names(rows.text(column));
}

void read_scalars(Database& database, int64_t domain, History& history) {
  Rows rows = database.query(
      "SELECT began, revision, published, last_id, policy_gone, policy_gone_confirmed, mode_fell,"
      " record_fresh_at, policy_returns, certificates FROM domain WHERE id=?1",
      {domain});
  if (!rows.next()) return;
  history.began = rows.time(0);
  history.revision = rows.count(1);
  history.published = rows.integer(2) != 0;
  history.last_id = rows.text(3);
  history.policy_gone = rows.time(4);
  history.policy_gone_confirmed = rows.integer(5) != 0;
  history.mode_fell = rows.time(6);
  history.record_fresh_at = rows.time(7);
  history.policy_returns = split_times(rows.text(8));
  history.certificates = split_names(rows.text(9));
}

// A reader does not upgrade the file, and an older version did not have these columns.
void read_mx_alternation(Database& database, int64_t domain, History& history) {
  constexpr const char* kHasColumns =
      "SELECT count(*) FROM pragma_table_info('domain') WHERE name='provider_changed'";
  if (database.number(kHasColumns).value_or(0) == 0) return;
  Rows rows = database.query(
      "SELECT mx_sets, mx_first_return, mx_last_return, mx_returns, mx_longest_ttl,"
      " provider_before, provider_changed FROM domain WHERE id=?1",
      {domain});
  if (!rows.next()) return;
  verdict::MxAlternation& alternation = history.mx_alternation;
  alternation.sets = split_names(rows.text(0));
  alternation.first_return = rows.time(1);
  alternation.last_return = rows.time(2);
  alternation.returns = rows.count(3);
  alternation.longest_ttl = std::chrono::seconds(rows.bounded(4, 0, INT32_MAX));
  history.provider_before = rows.text(5);
  history.provider_changed = rows.time(6);
}

bool has_domain_column(Database& database, std::string_view name) {
  return database
             .number("SELECT count(*) FROM pragma_table_info('domain') WHERE name=?1",
                     {std::string(name)})
             .value_or(0) != 0;
}

void read_passes(Database& database, int64_t domain, History& history) {
  if (!has_domain_column(database, "passes")) return;
  Rows rows = database.query("SELECT passes FROM domain WHERE id=?1", {domain});
  if (rows.next()) history.passes = parse_pass_text(rows.text(0));
}

void read_phase(Database& database, int64_t domain, History& history) {
  if (!has_domain_column(database, "phase")) return;
  Rows rows = database.query("SELECT phase FROM domain WHERE id=?1", {domain});
  if (rows.next()) history.phase = parse_phase_text(rows.text(0));
}

void read_text_tracks(Database& database, int64_t domain, History& history) {
  Rows rows = database.query(
      "SELECT record_value, record_previous, record_candidate, record_since, record_seen,"
      " record_candidate_since, record_changed, record_changes,"
      " mx_value, mx_previous, mx_candidate, mx_since, mx_seen, mx_candidate_since, mx_changed,"
      " mx_changes FROM domain WHERE id=?1",
      {domain});
  if (!rows.next()) return;
  history.record.value = rows.optional_text(0);
  history.record.previous = rows.optional_text(1);
  history.record.candidate = rows.optional_text(2);
  read_times(rows, 3, history.record);
  history.mx.value = optional_names(rows, 8);
  history.mx.previous = optional_names(rows, 9);
  history.mx.candidate = optional_names(rows, 10);
  read_times(rows, 11, history.mx);
}

void read_policy_track(Database& database, int64_t domain, PolicyCache& policies,
                       TrackedValue<PolicyFactsPtr>& track) {
  Rows rows = database.query(
      "SELECT policy_value, policy_previous, policy_candidate, policy_since, policy_seen,"
      " policy_candidate_since, policy_changed, policy_changes FROM domain WHERE id=?1",
      {domain});
  if (!rows.next()) return;
  auto facts = [&](int column) -> std::optional<PolicyFactsPtr> {
    if (rows.is_null(column)) return std::nullopt;
    PolicyFactsPtr found = policies.find(database, rows.integer(column));
    if (found == nullptr) return std::nullopt;
    return found;
  };
  track.value = facts(0);
  track.previous = facts(1);
  track.candidate = facts(2);
  read_times(rows, 3, track);
}

void read_ids(Database& database, int64_t domain, History& history) {
  Rows rows = database.query(
      "SELECT r.id, first_seen, ifnull(last_seen, d.id_seen), returned, confirmed"
      " FROM record_id r JOIN domain d ON d.id = r.domain WHERE r.domain=?1 ORDER BY r.rowid",
      {domain});
  while (history.ids.size() < kMostRemembered && rows.next())
    history.ids.push_back(
        {rows.text(0), rows.time(1), rows.time(2), rows.time(3), rows.integer(4) != 0});
}

void read_instances(Database& database, int64_t domain, PolicyCache& policies, History& history) {
  Rows rows = database.query(
      "SELECT s.id, policy, first_seen, ifnull(last_seen, d.served_seen), gone, confirmed"
      " FROM served s JOIN domain d ON d.id = s.domain WHERE s.domain=?1 ORDER BY s.rowid",
      {domain});
  while (history.instances.size() < kMostRemembered && rows.next()) {
    PolicyFactsPtr facts = policies.find(database, rows.integer(1));
    if (facts == nullptr) continue;
    history.instances.push_back({rows.text(0), std::move(facts), rows.time(2), rows.time(3),
                                 rows.time(4), rows.integer(5) != 0});
  }
}

// A reader does not upgrade the file, and at first there was no such table.
void read_issuers(Database& database, int64_t domain, History& history) {
  constexpr const char* kHasTable =
      "SELECT count(*) FROM sqlite_schema WHERE name='certificate_issuer'";
  if (database.number(kHasTable).value_or(0) == 0) return;
  Rows rows = database.query(
      "SELECT host, issuer, previous, candidate, candidate_since, changed"
      " FROM certificate_issuer WHERE domain=?1 ORDER BY rowid",
      {domain});
  while (history.issuers.size() < kMostRemembered && rows.next())
    history.issuers.push_back(
        {rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.time(4), rows.time(5)});
}

// As for the issuers.
void read_served_keys(Database& database, int64_t domain, History& history) {
  constexpr const char* kHasTable = "SELECT count(*) FROM sqlite_schema WHERE name='served_key'";
  if (database.number(kHasTable).value_or(0) == 0) return;
  Rows rows = database.query(
      "SELECT host, verified, failed, failed_since, confirmed"
      " FROM served_key WHERE domain=?1 ORDER BY rowid",
      {domain});
  while (history.served_keys.size() < kMostRemembered && rows.next())
    history.served_keys.push_back(
        {rows.text(0), rows.text(1), rows.text(2), rows.time(3), rows.integer(4) != 0});
}

}  // namespace

History read_history(Database& database, int64_t domain, PolicyCache& policies) {
  History history;
  read_scalars(database, domain, history);
  read_mx_alternation(database, domain, history);
  read_passes(database, domain, history);
  read_phase(database, domain, history);
  read_text_tracks(database, domain, history);
  read_policy_track(database, domain, policies, history.policy);
  read_ids(database, domain, history);
  read_instances(database, domain, policies, history);
  read_issuers(database, domain, history);
  read_served_keys(database, domain, history);
  Rows rows = database.query(
      "SELECT host, added, removed FROM mx_member WHERE domain=?1 ORDER BY rowid", {domain});
  while (history.mx_hosts.size() < kMostRemembered && rows.next())
    history.mx_hosts.push_back({rows.text(0), rows.time(1), rows.time(2)});
  return history;
}

}  // namespace mtasts::state
