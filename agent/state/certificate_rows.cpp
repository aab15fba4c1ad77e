// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/certificate_rows.h"

#include <algorithm>
#include <string>

namespace mtasts::state {
namespace {

using protocol::Certificate;

// A host that shows another certificate at every check must not fill the disk.
constexpr int kMostCertificates = 64;
constexpr int kMostHostChanges = 1000;

struct Known {
  std::string fingerprint;
  bool standing = false;
};

std::string_view name_of(CertificateUse use) {
  return use == CertificateUse::policy ? "policy" : "mx";
}

// Each leaf once, in the order shown.
std::vector<const Certificate*> leaves_of(const std::vector<protocol::PeerChainPtr>& chains) {
  std::vector<const Certificate*> leaves;
  for (const auto& chain : chains) {
    if (chain == nullptr || chain->leaf.fingerprint_sha256.empty()) continue;
    bool again = std::any_of(leaves.begin(), leaves.end(), [&](const Certificate* other) {
      return other->fingerprint_sha256 == chain->leaf.fingerprint_sha256;
    });
    if (!again) leaves.push_back(&chain->leaf);
  }
  return leaves;
}

// By last_seen, latest first.
std::vector<Known> read_known(Database& database, std::string_view host, std::string_view use) {
  std::vector<Known> known;
  Rows rows = database.query(
      "SELECT fingerprint, last_seen IS NULL FROM certificate WHERE host=?1 AND used_for=?2"
      " ORDER BY last_seen IS NULL DESC, last_seen DESC, rowid DESC",
      {host, use});
  while (rows.next()) known.push_back({rows.text(0), rows.integer(1) != 0});
  return known;
}

void tell_change(Database& database, std::string_view host, Time now, const std::string& from,
                 const std::string& to) {
  database.run(
      "INSERT INTO host_change(host, at, what, from_value, to_value)"
      " VALUES(?1, ?2, 'mx_certificate', ?3, ?4)",
      {host, now, from, to});
  database.run(
      "DELETE FROM host_change WHERE host=?1 AND id IN (SELECT id FROM host_change WHERE host=?1"
      " ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?2)",
      {host, kMostHostChanges});
}

void add_certificate(Database& database, std::string_view host, std::string_view use,
                     const Certificate& leaf, Time now) {
  // The 64-bit seconds of a hostile certificate may overflow milliseconds.
  constexpr int64_t kMost = INT64_MAX / 1000;
  int64_t seconds = std::clamp(int64_t{leaf.not_after.time_since_epoch().count()}, -kMost, kMost);
  database.run(
      "INSERT INTO certificate(host, used_for, fingerprint, issuer, not_after, first_seen)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
      {host, use, leaf.fingerprint_sha256, leaf.issuer, seconds * 1000, now});
  database.run(
      "DELETE FROM certificate WHERE rowid IN (SELECT rowid FROM certificate"
      " WHERE host=?1 AND used_for=?2 ORDER BY rowid DESC LIMIT -1 OFFSET ?3)",
      {host, use, kMostCertificates});
}

}  // namespace

void note_certificates(Database& database, std::string_view host, CertificateUse use,
                       const std::vector<protocol::PeerChainPtr>& chains, Time before, Time now) {
  const std::vector<const Certificate*> leaves = leaves_of(chains);
  if (leaves.empty()) return;
  const std::string_view used_for = name_of(use);
  const std::vector<Known> known = read_known(database, host, used_for);
  for (const Known& old : known) {
    bool shown = std::any_of(leaves.begin(), leaves.end(), [&](const Certificate* leaf) {
      return leaf->fingerprint_sha256 == old.fingerprint;
    });
    if (shown == old.standing) continue;
    database.run(
        "UPDATE certificate SET last_seen=?4 WHERE host=?1 AND used_for=?2 AND fingerprint=?3",
        {host, used_for, old.fingerprint, shown ? Value(std::nullopt) : Value(before)});
  }
  for (const Certificate* leaf : leaves) {
    bool seen_before = std::any_of(known.begin(), known.end(), [&](const Known& old) {
      return old.fingerprint == leaf->fingerprint_sha256;
    });
    if (seen_before) continue;
    add_certificate(database, host, used_for, *leaf, now);
    if (use == CertificateUse::mx && !known.empty())
      tell_change(database, host, now, known.front().fingerprint, leaf->fingerprint_sha256);
  }
}

}  // namespace mtasts::state
