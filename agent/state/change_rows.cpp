// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/change_rows.h"

namespace mtasts::state {

void write_changes(Database& database, int64_t domain,
                   const std::vector<verdict::Change>& changes) {
  if (changes.empty()) return;
  for (const verdict::Change& change : changes)
    database.run(
        "INSERT INTO change(domain, at, what, subject, from_value, to_value)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        {domain, change.at, change.what, change.subject, change.from, change.to});
  database.run(
      "DELETE FROM change WHERE domain=?1 AND id IN (SELECT id FROM change WHERE domain=?1"
      " ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?2)",
      {domain, kMostTimelineLines});
}

Timeline read_timeline(Database& database, const std::string& domain) {
  Timeline timeline;
  std::optional<int64_t> id = database.number("SELECT id FROM domain WHERE name=?1", {domain});
  if (!id) return timeline;
  // Certificate changes of a host count for the domain while it uses the host.
  Rows rows = database.query(
      "SELECT at, what, subject, from_value, to_value FROM ("
      " SELECT at, what, subject, from_value, to_value, 1 AS rank, id FROM change WHERE domain=?1"
      " UNION ALL"
      " SELECT h.at, h.what, h.host, h.from_value, h.to_value, 0, h.id"
      " FROM mx_member m JOIN host_change h ON h.host=m.host"
      " WHERE m.domain=?1 AND h.at>=m.added AND (m.removed=0 OR h.at<=m.removed))"
      " ORDER BY at DESC, rank DESC, id DESC LIMIT ?2",
      {*id, kMostTimelineLines + 1});
  while (rows.next()) {
    if (timeline.changes.size() == kMostTimelineLines) {
      timeline.cut = true;
      break;
    }
    timeline.changes.push_back(
        {rows.time(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4)});
  }
  return timeline;
}

}  // namespace mtasts::state
