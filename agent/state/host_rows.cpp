// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/host_rows.h"

#include <utility>
#include <vector>

#include "state/certificate_rows.h"
#include "state/content_hash.h"
#include "state/report_codec.h"

namespace mtasts::state {
namespace {

// Hosts cached in memory; beyond that, the file is read again.
constexpr size_t kMostKnown = 200000;
// A probe older than the known one by at least this is not late: the clock was set back.
constexpr std::chrono::hours kClockStep{24};

std::vector<protocol::PeerChainPtr> chains_of(const verdict::MxHostReport& facts) {
  std::vector<protocol::PeerChainPtr> chains;
  for (const verdict::MxAddressReport& address : facts.addresses) chains.push_back(address.chain);
  return chains;
}

}  // namespace

void HostWriter::write(Database& database, const verdict::MxHostReport& facts) {
  auto place = known_.find(facts.host);
  if (place == known_.end()) {
    if (known_.size() >= kMostKnown) known_.clear();
    Known known;
    Rows rows = database.query("SELECT id, probed_at, content_hash FROM mx_host WHERE name=?1",
                               {facts.host});
    if (rows.next()) known = {rows.integer(0), rows.time(1), rows.integer(2)};
    place = known_.emplace(facts.host, known).first;
  }
  Known& known = place->second;
  Time before = known.probed_at;
  // Domains that share a host deliver the same probe, and some an older one.
  bool late = facts.probed_at <= before && before - facts.probed_at < kClockStep;
  if (known.id != 0 && late) return;
  const std::string bytes = encode_facts(facts);
  int64_t hash = ContentHash().add(bytes).value();
  known.probed_at = facts.probed_at;
  if (known.id != 0 && hash == known.content_hash) {
    database.run("UPDATE mx_host SET probed_at=?2 WHERE id=?1", {known.id, facts.probed_at});
    if (database.changed_rows() > 0) return;  // else: retention took the row of an unused host
  }
  known.content_hash = hash;
  known.id = database
                 .number(
                     "INSERT INTO mx_host(name, probed_at, content_hash, facts)"
                     " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(name) DO UPDATE SET"
                     " probed_at=excluded.probed_at, content_hash=excluded.content_hash,"
                     " facts=excluded.facts RETURNING id",
                     {facts.host, facts.probed_at, hash, Value::blob(bytes)})
                 .value_or(0);
  note_certificates(database, facts.host, CertificateUse::mx, chains_of(facts), before,
                    facts.probed_at);
}

FactsPtr HostTable::find(Database& database, const std::string& host) {
  auto place = read_.find(host);
  if (place != read_.end()) return place->second;
  FactsPtr facts;
  Rows rows =
      database.query("SELECT probed_at, content_hash, facts FROM mx_host WHERE name=?1", {host});
  if (rows.next()) {
    const std::string bytes = rows.text(2);
    bool whole = ContentHash().add(bytes).value() == rows.integer(1);
    if (auto decoded = whole ? decode_facts(bytes) : std::nullopt) {
      decoded->host = host;
      decoded->probed_at = rows.time(0);
      facts = std::make_shared<const verdict::MxHostReport>(std::move(*decoded));
    }
  }
  return read_[host] = std::move(facts);
}

}  // namespace mtasts::state
