// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/retention.h"

#include <iterator>

#include "protocol/sts/sts_policy.h"

namespace mtasts::state {
namespace {

// Rows examined per step: a few milliseconds.
constexpr int64_t kRows = 500;
// Allows for clock differences between senders and the agent.
constexpr std::chrono::milliseconds kMargin = std::chrono::hours(7 * 24);
constexpr std::chrono::milliseconds kUnused = std::chrono::hours(3 * 24);

struct Rule {
  const char* last_row;  // ?1: after this rowid, ?2: number of rows; yields the last rowid
  // Deletes from the rows after ?1 up to ?2; ?3: cutoff for age, ?4: cutoff for what may be held,
  // ?5: the longest max_age, ?6: cutoff for hosts that nobody uses.
  const char* sweep;
  size_t values = 3;  // how many of these six values it takes
  bool deletes_domains = false;
};

// Three days: a host in use is probed every hour. Hosts are chosen by a domain's owner, who may
// change them with every check; the age is also compared with that of the latest probe, because an
// agent that was stopped for a month has probed nobody.
#define MTASTS_UNUSED_MS "259200000"
#define MTASTS_LAST_ROW(table) \
  "SELECT max(rowid) FROM (SELECT rowid FROM " table " WHERE rowid>?1 ORDER BY rowid LIMIT ?2)"
// A served policy that no sender holds any more; a max_age above the limit counts as the limit.
#define MTASTS_NOT_HELD                                                                       \
  " gone>0 AND gone<?3 AND gone+1000*(SELECT CASE WHEN max_age BETWEEN 0 AND ?5 THEN max_age" \
  " ELSE ?5 END FROM policy_body p WHERE p.id=policy)<?4"

constexpr Rule kRules[] = {
    {MTASTS_LAST_ROW("served"),
     "DELETE FROM served WHERE rowid>?1 AND rowid<=?2 AND" MTASTS_NOT_HELD, 5},
    {MTASTS_LAST_ROW("record_id"),
     "DELETE FROM record_id WHERE rowid>?1 AND rowid<=?2 AND last_seen<?3"},
    {MTASTS_LAST_ROW("mx_set"), "DELETE FROM mx_set WHERE rowid>?1 AND rowid<=?2 AND last_seen<?3"},
    {MTASTS_LAST_ROW("mx_member"),
     "DELETE FROM mx_member WHERE rowid>?1 AND rowid<=?2 AND removed>0 AND removed<?3"},
    {MTASTS_LAST_ROW("change"), "DELETE FROM change WHERE rowid>?1 AND rowid<=?2 AND at<?3"},
    {MTASTS_LAST_ROW("host_change"),
     "DELETE FROM host_change WHERE rowid>?1 AND rowid<=?2 AND (at<?3 OR (at<?6 AND"
     " NOT EXISTS (SELECT 1 FROM mx_host h WHERE h.name=host)))",
     6},
    // A policy that was still served at the last check may have been fetched until then.
    {MTASTS_LAST_ROW("domain"),
     "DELETE FROM domain WHERE rowid>?1 AND rowid<=?2 AND checked_at<?3 AND NOT EXISTS"
     " (SELECT 1 FROM served s JOIN policy_body p ON p.id=s.policy WHERE s.domain=domain.id"
     "  AND (CASE WHEN gone>0 THEN gone ELSE checked_at END)"
     "      +1000*(CASE WHEN max_age BETWEEN 0 AND ?5 THEN max_age ELSE ?5 END)>=?4)",
     5, true},
    {MTASTS_LAST_ROW("mx_host"),
     "DELETE FROM mx_host WHERE rowid>?1 AND rowid<=?2 AND (probed_at<?3 OR"
     " (probed_at<?6 AND probed_at<(SELECT max(probed_at) FROM mx_host)-" MTASTS_UNUSED_MS "))",
     6},
    {MTASTS_LAST_ROW("certificate"),
     "DELETE FROM certificate WHERE rowid>?1 AND rowid<=?2 AND (last_seen<?3 OR"
     " (last_seen IS NULL AND first_seen<?3 AND (CASE used_for"
     "   WHEN 'mx' THEN NOT EXISTS (SELECT 1 FROM mx_host h WHERE h.name=host)"
     "   ELSE NOT EXISTS (SELECT 1 FROM domain d WHERE d.name=substr(host, 9)) END)) OR"
     " (used_for='mx' AND first_seen<?6 AND"
     "  NOT EXISTS (SELECT 1 FROM mx_host h WHERE h.name=host)))",
     6},
    {MTASTS_LAST_ROW("policy_body"),
     "DELETE FROM policy_body WHERE rowid>?1 AND rowid<=?2"
     " AND NOT EXISTS (SELECT 1 FROM served s WHERE s.policy=policy_body.id)"
     " AND NOT EXISTS (SELECT 1 FROM domain d WHERE d.policy_value=policy_body.id)"
     " AND NOT EXISTS (SELECT 1 FROM domain d WHERE d.policy_previous=policy_body.id)"
     " AND NOT EXISTS (SELECT 1 FROM domain d WHERE d.policy_candidate=policy_body.id)",
     2},
};

#undef MTASTS_UNUSED_MS
#undef MTASTS_LAST_ROW
#undef MTASTS_NOT_HELD

}  // namespace

bool Retention::is_running() const { return rule_ < std::size(kRules); }

void Retention::run_rule(Database& database, Time now, int64_t last) {
  const Rule& rule = kRules[rule_];
  if (rule.values == 2)
    database.run(rule.sweep, {after_, last});
  else if (rule.values == 3)
    database.run(rule.sweep, {after_, last, now - kept_});
  else if (rule.values == 5)
    database.run(rule.sweep,
                 {after_, last, now - kept_, now - kMargin, protocol::kMaxAgeLimit_seconds});
  else
    database.run(rule.sweep, {after_, last, now - kept_, now - kMargin,
                              protocol::kMaxAgeLimit_seconds, now - kUnused});
  deleted_domains_ = rule.deletes_domains && database.changed_rows() > 0;
}

bool Retention::step(Database& database, Time now) {
  deleted_domains_ = false;
  if (!is_running()) return true;
  std::optional<int64_t> last = database.number(kRules[rule_].last_row, {after_, kRows});
  if (!database.failed() && !last) {
    ++rule_;
    after_ = INT64_MIN;
    return true;
  }
  if (last && database.begin()) {
    run_rule(database, now, *last);
    database.commit();
    after_ = *last;
  }
  if (database.failed()) rule_ = SIZE_MAX;
  return !database.failed();
}

}  // namespace mtasts::state
