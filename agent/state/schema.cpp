// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/schema.h"

#include <fmt/format.h>

#include <iterator>

namespace mtasts::state {
namespace {

// Two seen times advance at every check: they are stored in `domain`, and the current row has NULL.
// Names from DNS and bodies are TEXT if they are UTF-8, else BLOB.
constexpr const char* kFirst = R"sql(
CREATE TABLE policy_body (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,      -- SHA-256 of the body
  mode TEXT NOT NULL,
  max_age INTEGER NOT NULL,         -- seconds
  patterns TEXT NOT NULL,           -- mx, by blanks
  body BLOB                         -- NULL: not at hand when it was first seen
);
CREATE TABLE domain (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  -- moves at every check
  checked_at INTEGER NOT NULL DEFAULT 0,
  duration_ms INTEGER NOT NULL DEFAULT 0,
  record_seen INTEGER NOT NULL DEFAULT 0,
  policy_seen INTEGER NOT NULL DEFAULT 0,
  mx_seen INTEGER NOT NULL DEFAULT 0,
  id_seen INTEGER NOT NULL DEFAULT 0,      -- last_seen of the record_id that has none
  served_seen INTEGER NOT NULL DEFAULT 0,  -- last_seen of the served that has none
  stages TEXT NOT NULL DEFAULT '',         -- last conclusive results: "stage result at; …"
  -- moves when something changed
  began INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0,
  history_hash INTEGER NOT NULL DEFAULT 0,
  published INTEGER NOT NULL DEFAULT 0,
  last_id TEXT NOT NULL DEFAULT '',
  policy_gone INTEGER NOT NULL DEFAULT 0,
  policy_gone_confirmed INTEGER NOT NULL DEFAULT 0,
  mode_fell INTEGER NOT NULL DEFAULT 0,
  record_fresh_at INTEGER NOT NULL DEFAULT 0,
  policy_returns TEXT NOT NULL DEFAULT '',  -- times, by blanks
  certificates TEXT NOT NULL DEFAULT '',    -- of the policy host, latest last
  record_value TEXT, record_previous TEXT, record_since INTEGER NOT NULL DEFAULT 0,
  record_candidate TEXT, record_candidate_since INTEGER NOT NULL DEFAULT 0,
  record_changed INTEGER NOT NULL DEFAULT 0, record_changes INTEGER NOT NULL DEFAULT 0,
  policy_value INTEGER REFERENCES policy_body(id),
  policy_previous INTEGER REFERENCES policy_body(id), policy_since INTEGER NOT NULL DEFAULT 0,
  policy_candidate INTEGER REFERENCES policy_body(id),
  policy_candidate_since INTEGER NOT NULL DEFAULT 0,
  policy_changed INTEGER NOT NULL DEFAULT 0, policy_changes INTEGER NOT NULL DEFAULT 0,
  mx_value TEXT, mx_previous TEXT, mx_since INTEGER NOT NULL DEFAULT 0,
  mx_candidate TEXT, mx_candidate_since INTEGER NOT NULL DEFAULT 0,
  mx_changed INTEGER NOT NULL DEFAULT 0, mx_changes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX domain_policy_value ON domain(policy_value) WHERE policy_value IS NOT NULL;
CREATE INDEX domain_policy_previous ON domain(policy_previous) WHERE policy_previous IS NOT NULL;
CREATE INDEX domain_policy_candidate ON domain(policy_candidate)
  WHERE policy_candidate IS NOT NULL;
CREATE TABLE report (
  domain INTEGER PRIMARY KEY REFERENCES domain(id) ON DELETE CASCADE,
  outcome TEXT NOT NULL,
  content_hash INTEGER NOT NULL,
  body BLOB NOT NULL                -- CBOR
);
CREATE TABLE record_id (
  domain INTEGER NOT NULL REFERENCES domain(id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER,
  returned INTEGER NOT NULL,
  confirmed INTEGER NOT NULL
);
CREATE INDEX record_id_domain ON record_id(domain);
CREATE TABLE served (
  domain INTEGER NOT NULL REFERENCES domain(id) ON DELETE CASCADE,
  id TEXT NOT NULL,                 -- of the record in force
  policy INTEGER NOT NULL REFERENCES policy_body(id),
  first_seen INTEGER NOT NULL,
  last_seen INTEGER,
  gone INTEGER NOT NULL,
  confirmed INTEGER NOT NULL
);
CREATE INDEX served_domain ON served(domain);
CREATE INDEX served_policy ON served(policy);
CREATE TABLE mx_set (
  domain INTEGER NOT NULL REFERENCES domain(id) ON DELETE CASCADE,
  hosts TEXT NOT NULL,              -- by blanks
  first_seen INTEGER NOT NULL,
  last_seen INTEGER                 -- NULL: the known one, domain.mx_seen
);
CREATE INDEX mx_set_domain ON mx_set(domain);
CREATE TABLE mx_member (
  domain INTEGER NOT NULL REFERENCES domain(id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  added INTEGER NOT NULL,           -- 0: there from the first look
  removed INTEGER NOT NULL          -- 0: there now
);
CREATE INDEX mx_member_domain ON mx_member(domain);
CREATE TABLE mx_host (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  probed_at INTEGER NOT NULL,
  content_hash INTEGER NOT NULL,
  facts BLOB NOT NULL               -- CBOR
);
CREATE TABLE certificate (
  host TEXT NOT NULL,
  used_for TEXT NOT NULL,           -- policy, mx
  fingerprint TEXT NOT NULL,
  issuer TEXT NOT NULL,
  not_after INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER,                -- NULL: there at the last look
  UNIQUE (host, used_for, fingerprint)
);
CREATE TABLE change (
  id INTEGER PRIMARY KEY,
  domain INTEGER NOT NULL REFERENCES domain(id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  from_value TEXT NOT NULL,
  to_value TEXT NOT NULL
);
CREATE INDEX change_domain ON change(domain, at);
CREATE TABLE host_change (
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  from_value TEXT NOT NULL,
  to_value TEXT NOT NULL
);
CREATE INDEX host_change_host ON host_change(host, at);
)sql";

// Who issues the certificates of a domain's policy host and MX hosts.
constexpr const char* kIssuers = R"sql(
CREATE TABLE certificate_issuer (
  domain INTEGER NOT NULL REFERENCES domain(id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  issuer TEXT NOT NULL,
  previous TEXT NOT NULL,           -- '': it never changed
  candidate TEXT NOT NULL,          -- '': none awaits confirmation
  candidate_since INTEGER NOT NULL,
  changed INTEGER NOT NULL
);
CREATE INDEX certificate_issuer_domain ON certificate_issuer(domain);
)sql";

// Whether the MX set alternates, and the provider before it changed.
constexpr const char* kMxAlternation = R"sql(
ALTER TABLE domain ADD COLUMN mx_sets TEXT NOT NULL DEFAULT '';  -- digests, latest last
ALTER TABLE domain ADD COLUMN mx_first_return INTEGER NOT NULL DEFAULT 0;
ALTER TABLE domain ADD COLUMN mx_last_return INTEGER NOT NULL DEFAULT 0;
ALTER TABLE domain ADD COLUMN mx_returns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE domain ADD COLUMN mx_longest_ttl INTEGER NOT NULL DEFAULT 0;  -- seconds
ALTER TABLE domain ADD COLUMN provider_before TEXT NOT NULL DEFAULT '';
ALTER TABLE domain ADD COLUMN provider_changed INTEGER NOT NULL DEFAULT 0;
)sql";

// TLS reports (RFC 8460), written by report_store/. A day is the number of days since 1970, UTC. A
// text is a row of tlsrpt_text, 0: empty; organization 0 is all those beyond the bounds of the day.
// Sessions are added up to 2^60. Enumerations are stored by number: their order is never changed.
constexpr const char* kReports = R"sql(
CREATE TABLE tlsrpt_text (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE,
  used_until INTEGER NOT NULL       -- no row about a later day has it
);
CREATE INDEX tlsrpt_text_used ON tlsrpt_text(used_until);
CREATE TABLE tlsrpt_domain (        -- the totals: they outlive the days
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  last_day INTEGER NOT NULL,
  reports INTEGER NOT NULL,
  last_report_end INTEGER NOT NULL,
  tlsa_successful INTEGER NOT NULL, tlsa_failed INTEGER NOT NULL,
  sts_successful INTEGER NOT NULL, sts_failed INTEGER NOT NULL,
  none_successful INTEGER NOT NULL, none_failed INTEGER NOT NULL
);
CREATE TABLE tlsrpt_failure_total (
  domain INTEGER NOT NULL,
  type INTEGER NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (domain, type)
) WITHOUT ROWID;
CREATE TABLE tlsrpt_report (        -- what was stored, so that nothing counts twice
  key BLOB PRIMARY KEY,             -- 16 octets of SHA-256 over domain and key
  identity BLOB NOT NULL,           -- the same of domain and identity
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  organization INTEGER NOT NULL,
  submitter INTEGER NOT NULL,
  report_id TEXT NOT NULL,
  authenticity INTEGER NOT NULL,
  qualities INTEGER NOT NULL,
  began INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  received INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tlsrpt_report_identity ON tlsrpt_report(identity);
CREATE INDEX tlsrpt_report_day ON tlsrpt_report(day);
CREATE TABLE tlsrpt_organization (
  domain INTEGER NOT NULL,
  organization INTEGER NOT NULL,
  last_day INTEGER NOT NULL,
  days INTEGER NOT NULL,            -- with reports; bit i: last_day - i
  clean_days INTEGER NOT NULL,      -- of these, without failures
  last_received INTEGER NOT NULL,
  PRIMARY KEY (domain, organization)
) WITHOUT ROWID;
CREATE INDEX tlsrpt_organization_day ON tlsrpt_organization(domain, last_day);
CREATE TABLE tlsrpt_day (
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  types INTEGER NOT NULL,           -- result types with failures, as bits
  lines INTEGER NOT NULL,           -- number of rows in the tables below
  policies INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (domain, day)
) WITHOUT ROWID;
CREATE INDEX tlsrpt_day_day ON tlsrpt_day(day);
CREATE TABLE tlsrpt_line (          -- a day of an organization
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  organization INTEGER NOT NULL,
  authenticity INTEGER NOT NULL,
  reports INTEGER NOT NULL,
  failures INTEGER NOT NULL,        -- number of its rows in tlsrpt_failure
  qualities INTEGER NOT NULL,
  report_id TEXT NOT NULL,          -- of the one received last
  received INTEGER NOT NULL,
  tlsa_successful INTEGER NOT NULL, tlsa_failed INTEGER NOT NULL,
  sts_successful INTEGER NOT NULL, sts_failed INTEGER NOT NULL,
  none_successful INTEGER NOT NULL, none_failed INTEGER NOT NULL,
  submitter INTEGER NOT NULL,       -- its organizational domain if authenticated; 0: several
  PRIMARY KEY (domain, day, organization, authenticity)
) WITHOUT ROWID;
CREATE TABLE tlsrpt_policy (        -- of type sts
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  policy INTEGER NOT NULL,
  organization INTEGER NOT NULL,
  successful INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY (domain, day, policy, organization)
) WITHOUT ROWID;
CREATE TABLE tlsrpt_failure (
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  host INTEGER NOT NULL,
  type INTEGER NOT NULL,
  organization INTEGER NOT NULL,
  authenticity INTEGER NOT NULL,
  policy_type INTEGER NOT NULL,
  address INTEGER NOT NULL,
  network INTEGER NOT NULL,
  type_text INTEGER NOT NULL,
  reason INTEGER NOT NULL,          -- the first
  sessions INTEGER NOT NULL,
  PRIMARY KEY (domain, day, host, type, organization, authenticity, policy_type, address,
               network, type_text)
) WITHOUT ROWID;
CREATE TABLE tlsrpt_failing_host (  -- the days of tlsrpt_failure by host
  domain INTEGER NOT NULL,
  host INTEGER NOT NULL,
  day INTEGER NOT NULL,
  PRIMARY KEY (domain, host, day)
) WITHOUT ROWID;
)sql";

// Since when the agent's own observations pass. Moves at every check.
constexpr const char* kPasses = R"sql(
ALTER TABLE domain ADD COLUMN passes TEXT NOT NULL DEFAULT '';  -- stage, host, since, last; by blanks
)sql";

// The phase of the rollout, and for how long it has been without errors. Moves at every check.
constexpr const char* kPhase = R"sql(
ALTER TABLE domain ADD COLUMN phase TEXT NOT NULL DEFAULT '';  -- see phase_text.h; by blanks
)sql";

// Which certificates of MX hosts TLSA records matched.
constexpr const char* kServedKeys = R"sql(
CREATE TABLE served_key (
  domain INTEGER NOT NULL REFERENCES domain(id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  verified TEXT NOT NULL,           -- fingerprint
  failed TEXT NOT NULL,             -- ''; or that of what is served instead
  failed_since INTEGER NOT NULL,
  confirmed INTEGER NOT NULL
);
CREATE INDEX served_key_domain ON served_key(domain);
)sql";

// Index: the user_version that it upgrades.
constexpr const char* kMigrations[] = {kFirst,  kIssuers, kMxAlternation, kReports,
                                       kPasses, kPhase,   kServedKeys};

// A database without an application_id is the agent's by its tables.
bool has_tables(Database& database) {
  constexpr const char* kCount =
      "SELECT count(*) FROM sqlite_schema WHERE type='table'"
      " AND name IN ('policy_body','domain','record_id','served','mx_host','report')";
  return database.number(kCount) == 6;
}

}  // namespace

int64_t newest_schema() { return static_cast<int64_t>(std::size(kMigrations)); }

SchemaState look_at_schema(Database& database) {
  std::optional<int64_t> version = database.number("PRAGMA user_version");
  std::optional<int64_t> application = database.number("PRAGMA application_id");
  std::optional<int64_t> tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (!version || !application || !tables) return {};
  if (*application == 0 && *version == 0 && *tables == 0) return {SchemaStatus::fresh, 0};
  const bool unmarked = *application == 0 && *version >= 1 && has_tables(database);
  if (database.failed()) return {};
  if (*application != kApplicationId && !unmarked) return {SchemaStatus::foreign, *version};
  if (*version > newest_schema()) return {SchemaStatus::newer, *version};
  if (*version < 1) return {SchemaStatus::foreign, *version};
  return {SchemaStatus::ours, *version};
}

bool migrate(Database& database) {
  database.begin();
  // Read inside the transaction, so that two writers never both migrate.
  int64_t version = database.number("PRAGMA user_version").value_or(newest_schema());
  for (; version < newest_schema() && !database.failed(); ++version) {
    database.execute(kMigrations[version]);
    std::string numbers = fmt::format("PRAGMA user_version={}; PRAGMA application_id={};",
                                      version + 1, kApplicationId);
    database.execute(numbers.c_str());
  }
  constexpr const char* kMark = "PRAGMA application_id";
  if (!database.failed() && database.number(kMark).value_or(0) == 0)
    database.execute(fmt::format("PRAGMA application_id={}", kApplicationId).c_str());
  return database.commit();
}

bool configure(Database& database) {
  // WAL with synchronous=NORMAL: committed data is in the kernel's page cache, so a killed process
  // loses none of it. A power failure may lose the last commits (those since the last checkpoint,
  // which does sync), but never reorders them, so it cannot corrupt the file. What is lost is
  // observed again by the next check, so an fsync for each commit would gain nothing. A file system
  // without shared memory cannot use WAL; there FULL is needed for the same safety.
  bool logs = false;
  {
    Rows rows = database.query("PRAGMA journal_mode=WAL");
    if (rows.next()) logs = rows.text(0) == "wal";
  }
  database.execute(logs ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
  database.execute("PRAGMA cache_size=-1024");            // KiB
  database.execute("PRAGMA mmap_size=0");                 // a disk error must not be SIGBUS
  database.execute("PRAGMA journal_size_limit=4194304");  // bounds the log after a burst
  database.execute("PRAGMA temp_store=MEMORY");
  database.execute("PRAGMA secure_delete=OFF");
  database.execute("PRAGMA cell_size_check=ON");
  return database.execute("PRAGMA foreign_keys=ON");
}

}  // namespace mtasts::state
