// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/policy_cache.h"

#include "protocol/sts/sts_policy.h"
#include "state/name_list.h"

namespace mtasts::state {

std::optional<int64_t> intern_policy(Database& database, const verdict::PolicyFacts& facts,
                                     const std::optional<std::string>& body) {
  if (!facts.digest) return std::nullopt;
  std::optional<int64_t> known =
      database.number("SELECT id FROM policy_body WHERE digest = ?1", {*facts.digest});
  if (known && body) {
    database.run("UPDATE policy_body SET body = ?2 WHERE id = ?1 AND body IS NULL",
                 {*known, Value::blob(*body)});
  }
  if (known || database.failed()) return known;
  const std::string patterns = join_names(facts.mx);
  bool made = database.run(
      "INSERT INTO policy_body(digest, mode, max_age, patterns, body) VALUES(?1, ?2, ?3, ?4, ?5)",
      {*facts.digest, name_of(facts.mode), facts.max_age_seconds, patterns,
       body ? Value::blob(*body) : Value(std::nullopt)});
  if (!made) return std::nullopt;
  return database.last_id();
}

verdict::PolicyFactsPtr PolicyCache::find(Database& database, int64_t id) {
  auto place = read_.find(id);
  if (place != read_.end()) return place->second;
  Rows rows =
      database.query("SELECT digest, mode, max_age, patterns FROM policy_body WHERE id = ?1", {id});
  if (!rows.next()) return nullptr;
  auto facts = std::make_shared<verdict::PolicyFacts>();
  facts->digest = rows.text(0);
  facts->mode = protocol::mode_named(rows.text(1)).value_or(protocol::Mode::none);
  facts->max_age_seconds = rows.count(2);
  facts->mx = split_names(rows.text(3));
  return read_[id] = std::move(facts);
}

}  // namespace mtasts::state
