// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Whoever may write the state file can put any value into it. None makes the agent overflow, index
// past a table or end: values are bounded, and a domain that cannot be read is forgotten. Meant for
// the build with sanitizers.
#include <fmt/format.h>

#include <random>
#include <vector>

#include "base/log.h"
#include "state/bounded_value.h"
#include "state/cbor_shape.h"
#include "state/change_rows.h"
#include "state/content_hash.h"
#include "state/database.h"
#include "state/domain_rows.h"
#include "state/report_codec.h"
#include "state/state_samples.h"
#include "verdict/healthy_evidence.h"

namespace mtasts::state {
namespace {

// SQL expressions for a value of any column.
const std::vector<std::string>& hostile_values() {
  static const std::vector<std::string> values = {
      "-9223372036854775807-1",                            // the smallest integer
      "9223372036854775807",                               // the largest
      "-1",                                                // before 1970
      "253402300800000",                                   // the year 10000 in milliseconds
      "1e308",                                             // a real number
      "9e999",                                             // infinity
      "'NaN'",                                             // text where a number belongs
      "''",                                                // nothing
      "x'00ff80'",                                         // octets
      "'a'||char(0)||'b'",                                 // NUL inside
      "replace(hex(zeroblob(30000)),'00','7 ')",           // a list of 30,000 words
      "'-9223372036854775808 9223372036854775807 1e9'",    // times
      "'record pass 9223372036854775807; mx fail -1'",     // stages
      "'smtp a -9223372036854775808 9223372036854775807'"  // passes
  };
  return values;
}

struct Column {
  std::string table;
  std::string name;
};

std::vector<Column> columns_of(Database& database) {
  std::vector<Column> columns;
  Rows rows = database.query(
      "SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p"
      " WHERE m.type='table' AND m.name NOT LIKE 'tlsrpt_%' AND m.name NOT LIKE 'sqlite_%'");
  while (rows.next()) columns.push_back({rows.text(0), rows.text(1)});
  return columns;
}

// A file with a value in every column, made once.
const std::string& rich_file() {
  static const std::string bytes = [] {
    TemporaryFolder folder;
    auto state = open_state(folder.file());
    auto report = std::make_shared<verdict::Report>(rich_report("example.com"));
    report->history = std::make_shared<const verdict::History>(rich_history());
    state->remember(report, plain_stages(at_second(5)));
    Plain plain;
    plain.domain = "other.example";
    state->remember(plain_report(plain), plain_stages(at_second(6)));
    state.reset();
    return bytes_of(folder.file());
  }();
  return bytes;
}

// What the agent does with what it remembers: judge and tell.
verdict::ReportPtr judged_with(const Remembered& known) {
  const verdict::Report& report = *known.report;
  for (const auto& at : {report.checked_at, report.history->began}) {
    EXPECT_GE(at, bounded_time(INT64_MIN));
    EXPECT_LE(at, bounded_time(INT64_MAX));
  }
  EXPECT_LE(report.history->ids.size(), verdict::kMostRemembered);
  verdict::held_policies(*report.history, verdict::kNow);
  for (const board::LastResult& stage : known.stages) rfc3339(stage.at);
  rfc3339(report.checked_at);
  verdict::Scene scene;
  return std::make_shared<const verdict::Report>(scene.judged_at(verdict::kNow, report.history));
}

// The same with the whole state, which also writes what was judged.
void use(const std::string& path) {
  State::Options options;
  options.path = path;
  options.clock = samples_now;
  auto opened = State::open(options);
  if (!opened) return;
  State& state = **opened;
  for (const Remembered& known : state.recall({"example.com", "other.example"}))
    state.remember(judged_with(known), known.stages);
  state.flush();
  timeline_of(state, "example.com");
}

class DoctoredState : public testing::Test {
 protected:
  void SetUp() override { configure_log(LogLevel::error, LogFormat::logfmt); }
  void TearDown() override { configure_log(LogLevel::info, LogFormat::logfmt); }

  // Runs statements on a copy of the file, and uses it. False: a constraint refused them.
  static bool try_with(const std::vector<std::string>& statements) {
    TemporaryFolder folder;
    write_bytes(folder.file(), rich_file());
    DatabaseError error;
    auto database = Database::open(folder.file(), Access::write, error);
    if (database == nullptr) return false;
    for (const std::string& sql : statements) database->execute(sql.c_str());
    const bool taken = !database->failed();
    database.reset();
    use(folder.file());
    return taken;
  }
};

TEST_F(DoctoredState, AnyValueInAnyColumn) {
  TemporaryFolder folder;
  write_bytes(folder.file(), rich_file());
  DatabaseError error;
  auto database = Database::open(folder.file(), Access::write, error);
  ASSERT_NE(database, nullptr);
  const std::vector<Column> columns = columns_of(*database);
  ASSERT_GT(columns.size(), 60u);
  size_t taken = 0;
  for (const std::string& value : hostile_values())
    for (const Column& column : columns) {
      SCOPED_TRACE(fmt::format("{}.{} = {}", column.table, column.name, value.substr(0, 60)));
      const std::string sql =
          fmt::format("UPDATE OR IGNORE \"{}\" SET \"{}\" = {}", column.table, column.name, value);
      if (database->begin() && database->execute(sql.c_str())) {
        ++taken;
        DomainReader reader;
        if (auto known = reader.read(*database, "example.com")) judged_with(*known);
        read_timeline(*database, "example.com");
      }
      database->roll_back();
    }
  EXPECT_GT(taken, columns.size() * hostile_values().size() / 2);
}

TEST_F(DoctoredState, AnyValuesInManyColumns) {
  TemporaryFolder folder;
  write_bytes(folder.file(), rich_file());
  DatabaseError error;
  auto database = Database::open(folder.file(), Access::read, error);
  ASSERT_NE(database, nullptr);
  const std::vector<Column> columns = columns_of(*database);
  std::mt19937 random(20261128);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    std::vector<std::string> statements;
    for (int i = 0; i < 12; ++i) {
      const Column& column = columns[random() % columns.size()];
      statements.push_back(fmt::format("UPDATE OR IGNORE \"{}\" SET \"{}\" = {}", column.table,
                                       column.name,
                                       hostile_values()[random() % hostile_values().size()]));
    }
    try_with(statements);
  }
}

// More than the bound, where text or octets belong.
TEST_F(DoctoredState, HugeValues) {
  for (const char* column :
       {"domain.stages", "domain.passes", "domain.policy_returns", "domain.mx_value",
        "policy_body.patterns", "report.body", "mx_host.facts"}) {
    const std::string name = column;
    const size_t dot = name.find('.');
    try_with({fmt::format("UPDATE \"{}\" SET \"{}\" = zeroblob(17000000)", name.substr(0, dot),
                          name.substr(dot + 1))});
  }
}

TEST_F(DoctoredState, BoundsTimesAndSaysSo) {
  TemporaryFolder folder;
  write_bytes(folder.file(), rich_file());
  DatabaseError error;
  Database::open(folder.file(), Access::write, error)
      ->execute(
          "UPDATE domain SET checked_at=9223372036854775807, began=-9223372036854775807, "
          "duration_ms=-1");
  configure_log(LogLevel::warning, LogFormat::logfmt);
  testing::internal::CaptureStderr();
  auto remembered = open_state(folder.file())->recall({"example.com"});
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_EQ(remembered.size(), 1u);
  EXPECT_EQ(rfc3339(remembered[0].report->checked_at), "9999-12-31T23:59:59Z");
  EXPECT_EQ(rfc3339(remembered[0].report->history->began), "0001-01-01T00:00:00Z");
  EXPECT_EQ(remembered[0].report->duration, milliseconds(0));
  EXPECT_NE(log.find("out of bounds"), std::string::npos) << log;
  EXPECT_NE(log.find("domain=example.com values="), std::string::npos) << log;
}

// Triggers and views run whatever a prepared file contains; the agent's schema has neither.
TEST_F(DoctoredState, RunsNoTrigger) {
  EXPECT_TRUE(try_with({"CREATE TABLE trap(x)",
                        "CREATE TRIGGER t AFTER UPDATE ON domain BEGIN INSERT INTO trap"
                        " SELECT zeroblob(1000000); END"}));
  TemporaryFolder folder;
  write_bytes(folder.file(), rich_file());
  DatabaseError error;
  auto database = Database::open(folder.file(), Access::write, error);
  ASSERT_TRUE(
      database->execute("CREATE TABLE trap(x); CREATE TRIGGER t AFTER UPDATE ON domain"
                        " BEGIN INSERT INTO trap VALUES(1); END"));
  database.reset();
  use(folder.file());
  database = Database::open(folder.file(), Access::read, error);
  EXPECT_EQ(database->number("SELECT count(*) FROM trap"), 0);
}

std::string header(unsigned major, uint64_t argument) {
  std::string octets(1, static_cast<char>(major << 5 | 27));
  for (int shift = 56; shift >= 0; shift -= 8)
    octets += static_cast<char>(argument >> static_cast<unsigned>(shift));
  return octets;
}

TEST(CborShape, TakesWhatTheAgentWrites) {
  EXPECT_TRUE(is_bounded_cbor(encode_report(rich_report("example.com"))));
  EXPECT_TRUE(is_bounded_cbor(encode_facts(*sample_facts("mx.example", at_second(1)))));
  EXPECT_TRUE(is_bounded_cbor("\x80"));
  EXPECT_TRUE(is_bounded_cbor(std::string(kDeepestCbor - 1, '\x81') + "\x80"));
}

TEST(CborShape, RefusesTheRest) {
  const std::vector<std::string> bad = {
      "",                                           // nothing
      "\x80\x80",                                   // two items
      "\x82\x01",                                   // cut
      "\x18",                                       // cut argument
      "\x1c",                                       // reserved
      "\x9f\xff",                                   // indefinite
      "\x5f\x41\x61\xff",                           // indefinite octets
      "\xc0\x01",                                   // tag
      std::string(kDeepestCbor + 1, '\x81') + "a",  // deep
      std::string(5000000, '\x81'),                 // deeper than any stack
      std::string(5000000, '\xa1'),                 // maps
      header(4, UINT64_MAX),                        // lengths beyond the input
      header(5, UINT64_MAX),
      header(5, uint64_t{1} << 63),  // twice this is nothing
      header(2, UINT64_MAX) + "a",
      header(3, INT64_MAX) + "a",
      header(4, 2000000) + std::string(2000000, '\x01'),  // too many
  };
  for (const std::string& octets : bad) {
    EXPECT_FALSE(is_bounded_cbor(octets)) << octets.size();
    EXPECT_FALSE(decode_report(octets).has_value());
    EXPECT_FALSE(decode_facts(octets).has_value());
  }
}

// Octets changed anywhere, cut, doubled; with the hash that belongs to them, so that they are read.
TEST(CborShape, ChangedOctetsNeverHarm) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  const std::string good = encode_report(rich_report("example.com"));
  const std::string facts = encode_facts(*sample_facts("mx.example", at_second(1)));
  size_t read = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string octets = round % 2 == 0 ? good : facts;
    for (size_t changes = 1 + random() % 4; changes > 0; --changes) {
      const size_t at = random() % octets.size();
      const auto kind = random() % 4;
      if (kind == 0) octets[at] = static_cast<char>(random());
      if (kind == 1) octets.resize(at + 1);
      if (kind == 2) octets.insert(at, octets.substr(at, random() % 40));
      if (kind == 3)
        octets.replace(at, std::min<size_t>(9, octets.size() - at),
                       header(random() % 2, random() % 2 == 0 ? UINT64_MAX : INT64_MAX));
    }
    auto report = decode_report(octets);
    auto host = decode_facts(octets);
    if (report) encode_report(report->report);
    if (host) {
      encode_facts(*host);
      for (const auto& address : host->addresses)
        if (address.chain != nullptr) {
          rfc3339(Time(address.chain->leaf.not_after));
          rfc3339(Time(address.chain->chain_not_after));
        }
    }
    read += report || host ? 1 : 0;
  }
  EXPECT_GT(read, 250u) << "some are still read";
}

TEST_F(DoctoredState, ABodyWithItsHashIsReadOrForgotten) {
  std::mt19937 random(11);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  const std::string good = encode_report(rich_report("example.com"));
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    TemporaryFolder folder;
    write_bytes(folder.file(), rich_file());
    std::string octets = good;
    if (round == 0) octets = std::string(3000000, '\x81');
    for (size_t changes = random() % 6; changes > 0; --changes)
      octets[random() % octets.size()] = static_cast<char>(random());
    DatabaseError error;
    auto database = Database::open(folder.file(), Access::write, error);
    ASSERT_NE(database, nullptr);
    ASSERT_TRUE(database->run("UPDATE report SET body=?1, content_hash=?2",
                              {Value::blob(octets), ContentHash().add(octets).value()}));
    database.reset();
    use(folder.file());
  }
}

}  // namespace
}  // namespace mtasts::state
