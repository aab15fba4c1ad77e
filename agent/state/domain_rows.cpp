// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/domain_rows.h"

#include <string>
#include <utility>

#include "base/log.h"
#include "protocol/sts/policy_location.h"
#include "state/bounded_value.h"
#include "state/certificate_rows.h"
#include "state/change_rows.h"
#include "state/content_hash.h"
#include "state/history_rows.h"
#include "state/pass_text.h"
#include "state/phase_text.h"
#include "state/report_codec.h"
#include "state/stage_text.h"

namespace mtasts::state {
namespace {

constexpr int64_t kLongestCheck_ms = 86400 * 1000;

uint64_t key_of(const std::string& name) {
  return static_cast<uint64_t>(ContentHash().add(name).value());
}

// For a report of which only the history can be read.
DecodedReport blank_report() {
  DecodedReport blank;
  blank.report.stages.fill(verdict::StageResult::unknown);
  return blank;
}

}  // namespace

void DomainWriter::forget() {
  known_.clear();
  hosts_.forget();
}

DomainWriter::Known DomainWriter::ask(Database& database, const std::string& name) {
  database.run("INSERT INTO domain(name) VALUES(?1) ON CONFLICT(name) DO NOTHING", {name});
  Rows rows = database.query(
      "SELECT d.id, d.history_hash, ifnull(r.content_hash, 0) FROM domain d"
      " LEFT JOIN report r ON r.domain = d.id WHERE d.name=?1",
      {name});
  if (!rows.next()) return {};
  return {rows.integer(0), rows.integer(1), rows.integer(2)};
}

void DomainWriter::write_seen(Database& database, int64_t id, const Queued& queued) {
  const verdict::Report& report = *queued.report;
  const SeenTimes seen = seen_times(*report.history);
  const std::string stages = stage_text(queued.stages);
  const std::string passes = pass_text(report.history->passes);
  const std::string phase = phase_text(report.history->phase);
  database.run(
      "UPDATE domain SET checked_at=?2, duration_ms=?3, stages=?4, record_seen=?5, policy_seen=?6,"
      " mx_seen=?7, id_seen=?8, served_seen=?9, passes=?10,"
      " phase=?11 WHERE id=?1",
      {id, report.checked_at, report.duration.count(), stages, seen.record, seen.policy, seen.mx,
       seen.id, seen.served, passes, phase});
}

void DomainWriter::write_report(Database& database, Known& known, const verdict::Report& report) {
  const std::string bytes = encode_report(report);
  int64_t hash = ContentHash().add(bytes).value();
  if (hash == known.content_hash) return;
  known.content_hash = hash;
  database.run(
      "INSERT INTO report(domain, outcome, content_hash, body) VALUES(?1, ?2, ?3, ?4)"
      " ON CONFLICT(domain) DO UPDATE SET outcome=excluded.outcome,"
      " content_hash=excluded.content_hash, body=excluded.body",
      {known.id, name_of(report.outcome), hash, Value::blob(bytes)});
  const Time before = bounded_time(
      database.number("SELECT checked_at FROM domain WHERE id=?1", {known.id}).value_or(0));
  const std::string host = protocol::policy_host_of(report.domain);
  note_certificates(database, host, CertificateUse::policy, {report.policy.chain}, before,
                    report.checked_at);
}

void DomainWriter::write(Database& database, const Queued& queued) {
  const verdict::Report& report = *queued.report;
  const verdict::History& history = *report.history;
  Known& known = known_[key_of(report.domain)];
  std::optional<int64_t> id =
      database.number("SELECT id FROM domain WHERE name=?1", {report.domain});
  if (!id || *id != known.id) known = ask(database, report.domain);
  if (database.failed()) return;
  if (int64_t hash = history_hash(history); hash != known.history_hash) {
    write_history(database, known.id, history, report.policy.body);
    known.history_hash = hash;
  }
  write_report(database, known, report);
  write_changes(database, known.id, queued.changes);
  for (const verdict::MxReport& mx : report.mx)
    if (mx.facts != nullptr) hosts_.write(database, *mx.facts);
  write_seen(database, known.id, queued);
}

std::optional<Remembered> DomainReader::read(Database& database, const std::string& name) {
  const uint64_t out_of_bounds = database.values_out_of_bounds();
  int64_t id = 0;
  DecodedReport decoded = blank_report();
  board::LastResults stages;
  {
    Rows rows = database.query(
        "SELECT d.id, d.checked_at, d.duration_ms, d.stages, r.content_hash, r.body FROM domain d"
        " LEFT JOIN report r ON r.domain = d.id WHERE d.name=?1",
        {name});
    if (!rows.next()) return std::nullopt;
    const std::string bytes = rows.text(5);
    bool whole = ContentHash().add(bytes).value() == rows.integer(4);
    if (auto read = whole ? decode_report(bytes) : std::nullopt) decoded = std::move(*read);
    id = rows.integer(0);
    decoded.report.checked_at = rows.time(1);
    decoded.report.duration = std::chrono::milliseconds(rows.bounded(2, 0, kLongestCheck_ms));
    stages = parse_stage_text(rows.text(3));
  }
  verdict::Report& report = decoded.report;
  report.domain = name;
  for (size_t i = 0; i < report.mx.size(); ++i)
    if (decoded.fact_hosts[i]) report.mx[i].facts = hosts_.find(database, *decoded.fact_hosts[i]);
  report.history = std::make_shared<const verdict::History>(read_history(database, id, policies_));
  if (database.failed()) return std::nullopt;
  if (database.values_out_of_bounds() != out_of_bounds)
    log(LogLevel::warning, "the state file has values out of bounds; the nearest are used",
        {{"domain", name},
         {"values", std::to_string(database.values_out_of_bounds() - out_of_bounds)}});
  return Remembered{std::make_shared<const verdict::Report>(std::move(report)), stages};
}

}  // namespace mtasts::state
