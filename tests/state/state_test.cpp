// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What is remembered can be recalled, and what it costs.
#include "state/state.h"

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "fakes/wait_until.h"
#include "state/database.h"
#include "state/domain_rows.h"
#include "state/schema.h"
#include "state/state_samples.h"

namespace mtasts::state {
namespace {

std::vector<Remembered> remember_and_recall(const std::string& path, const verdict::Report& report,
                                            const board::LastResults& stages) {
  open_state(path)->remember(std::make_shared<const verdict::Report>(report), stages);
  return open_state(path)->recall({report.domain});
}

int64_t number_in(const std::string& path, const char* sql) {
  DatabaseError error;
  auto database = Database::open(path, Access::read, error);
  return database == nullptr ? -1 : database->number(sql).value_or(-1);
}

TEST(State, RecallsWhatWasRemembered) {
  TemporaryFolder folder;
  verdict::Report before = rich_report("example.com");
  const board::LastResults stages = plain_stages(at_second(6));
  auto remembered = remember_and_recall(folder.file(), before, stages);
  ASSERT_EQ(remembered.size(), 1u);
  expect_same(before, *remembered[0].report);
  expect_same(*before.history, *remembered[0].report->history);
  expect_same(stages, remembered[0].stages);
  EXPECT_TRUE(remembered[0].report->changes.empty());
}

TEST(State, RecallsEmptyValues) {
  TemporaryFolder folder;
  verdict::Report before;
  before.domain = "example.com";
  before.history = std::make_shared<const verdict::History>();
  auto remembered = remember_and_recall(folder.file(), before, {});
  ASSERT_EQ(remembered.size(), 1u);
  expect_same(before, *remembered[0].report);
  expect_same(*before.history, *remembered[0].report->history);
}

TEST(State, RecallsTimesThatMovedAlone) {
  TemporaryFolder folder;
  verdict::Report report = rich_report("example.com");
  remember_and_recall(folder.file(), report, {});
  verdict::History history = *report.history;
  history.record.seen = history.policy.seen = history.mx.seen = at_second(60);
  history.ids[1].last_seen = history.instances[1].last_seen = at_second(60);
  report.history = std::make_shared<const verdict::History>(history);
  report.checked_at = at_second(60);
  report.duration = milliseconds(77);
  auto remembered = remember_and_recall(folder.file(), report, plain_stages(at_second(60)));
  ASSERT_EQ(remembered.size(), 1u);
  expect_same(report, *remembered[0].report);
  expect_same(history, *remembered[0].report->history);
}

TEST(State, EachFieldOfTheHistoryIsReasonToWriteIt) {
  using verdict::History;
  const std::function<void(History&)> kEdits[] = {
      [](History& h) { h.began += seconds(1); },
      [](History& h) { h.published = false; },
      [](History& h) { h.last_id = "x"; },
      [](History& h) { h.record.value.reset(); },
      [](History& h) { h.record.candidate = "y"; },
      [](History& h) { h.policy.previous.reset(); },
      [](History& h) { h.policy.candidate = sample_policy("z"); },
      [](History& h) { h.mx.value->push_back("mx9"); },
      [](History& h) { h.mx.changes = 5; },
      [](History& h) { h.policy_gone += seconds(1); },
      [](History& h) { h.policy_gone_confirmed = false; },
      [](History& h) { h.mode_fell += seconds(1); },
      [](History& h) { h.record_fresh_at += seconds(1); },
      [](History& h) { h.ids[0].last_seen += seconds(1); },
      [](History& h) { h.ids[2].confirmed = true; },
      [](History& h) { h.ids.pop_back(); },
      [](History& h) { h.instances[0].gone += seconds(1); },
      [](History& h) { h.instances[2].id = "other"; },
      [](History& h) { h.instances.clear(); },
      [](History& h) { h.mx_hosts[1].removed = {}; },
      [](History& h) { h.policy_returns.pop_back(); },
      [](History& h) { h.certificates = {}; },
      [](History& h) { h.issuers[0].changed += seconds(1); },
      [](History& h) { h.issuers[1].candidate = "CN=E9"; },
      [](History& h) { h.issuers.pop_back(); },
      [](History& h) { h.served_keys[0].confirmed = false; },
      [](History& h) { h.served_keys[0].failed_since += seconds(1); },
      [](History& h) { h.served_keys.pop_back(); },
      [](History& h) { h.mx_alternation.sets.pop_back(); },
      [](History& h) { h.mx_alternation.first_return += seconds(1); },
      [](History& h) { h.mx_alternation.last_return += seconds(1); },
      [](History& h) { ++h.mx_alternation.returns; },
      [](History& h) { h.mx_alternation.longest_ttl += seconds(1); },
      [](History& h) { h.provider_before += "x"; },
      [](History& h) { h.provider_changed += seconds(1); },
      [](History& h) { h.passes[0].last += seconds(1); },
      [](History& h) { h.passes.pop_back(); },
      [](History& h) { h.phase.clean_seen += seconds(1); },
      [](History& h) { h.phase.fault.clear(); },
      [](History& h) { h.phase = verdict::SeenPhase(); },
      [](History& h) { ++h.revision; },
  };
  auto state = open_state(":memory:");
  verdict::Report report = rich_report("example.com");
  History history = *report.history;
  for (const auto& edit : kEdits) {
    edit(history);
    report.history = std::make_shared<const History>(history);
    state->remember(std::make_shared<const verdict::Report>(report), {});
    state->flush();
    auto remembered = state->recall({"example.com"});
    ASSERT_EQ(remembered.size(), 1u);
    expect_same(history, *remembered[0].report->history);
  }
}

TEST(State, LeavesOutWhatItDoesNotKnow) {
  auto state = open_state(":memory:");
  state->remember(plain_report({}), {});
  state->remember(nullptr, {});
  state->remember(std::make_shared<const verdict::Report>(), {});  // without history: not stored
  state->flush();
  EXPECT_EQ(state->backlog(), 0u);
  EXPECT_TRUE(state->recall({"unknown.example", ""}).empty());
  EXPECT_EQ(state->recall({"unknown.example", "example.com"}).size(), 1u);
}

TEST(State, FactsOfAHostAreSharedByItsDomains) {
  TemporaryFolder folder;
  {
    auto state = open_state(folder.file());
    for (const char* domain : {"a.example", "b.example"}) {
      Plain plain;
      plain.domain = domain;
      plain.facts = sample_facts("mx.example.net", at_second(5));
      state->remember(plain_report(plain), {});
    }
  }
  auto remembered = open_state(folder.file())->recall({"a.example", "b.example"});
  ASSERT_EQ(remembered.size(), 2u);
  ASSERT_NE(remembered[0].report->mx[0].facts, nullptr);
  EXPECT_EQ(remembered[0].report->mx[0].facts, remembered[1].report->mx[0].facts);
  EXPECT_EQ(*remembered[0].report->history->policy.value,
            *remembered[1].report->history->policy.value);
  EXPECT_EQ(number_in(folder.file(), "SELECT count(*) FROM mx_host"), 1);
  EXPECT_EQ(number_in(folder.file(), "SELECT count(*) FROM policy_body"), 1);
  EXPECT_EQ(number_in(folder.file(),
                      "SELECT count(*) FROM policy_body WHERE body='policy of revision 1'"
                      " OR body=CAST('policy of revision 1' AS BLOB)"),
            1);
}

TEST(State, AnOlderProbeDoesNotReplaceANewerOne) {
  auto state = open_state(":memory:");
  Plain plain;
  plain.facts = sample_facts("mx.example.net", at_second(50));
  state->remember(plain_report(plain), {});
  plain.domain = "b.example";
  plain.facts = sample_facts("mx.example.net", at_second(40));
  state->remember(plain_report(plain), {});
  state->flush();
  EXPECT_EQ(state->recall({"b.example"})[0].report->mx[0].facts->probed_at, at_second(50));
}

TEST(State, ANewCertificateOfAnMxHostIsReportedOnce) {
  auto state = open_state(":memory:");
  const char* kShown[] = {"f1", "f1", "f2", "f1", "f2", "f3"};
  for (int i = 0; i < 6; ++i) {
    Plain plain;
    plain.at = at_second(i);
    plain.facts = sample_facts("mx.example.net", at_second(i), kShown[i]);
    state->remember(plain_report(plain), {});
    state->flush();
  }
  auto changes = timeline_of(*state, "example.com").changes;
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0],
            (verdict::Change{at_second(5), "mx_certificate", "mx.example.net", "f2", "f3"}));
  EXPECT_EQ(changes[1],
            (verdict::Change{at_second(2), "mx_certificate", "mx.example.net", "f1", "f2"}));
}

TEST(State, TheTimelineIsNewestFirstAndBounded) {
  auto state = open_state(":memory:");
  Plain plain;
  for (int i = 0; i < 30; ++i) {
    plain.changes.clear();
    for (int k = 0; k < 50; ++k)
      plain.changes.push_back({at_second(i), "mx_set", "", kHostile, std::to_string(i * 50 + k)});
    state->remember(plain_report(plain), {});
    state->flush();
  }
  Timeline timeline = timeline_of(*state, "example.com");
  ASSERT_EQ(timeline.changes.size(), kMostTimelineLines);
  EXPECT_EQ(timeline.changes.front().to, "1499");
  EXPECT_EQ(timeline.changes.back().to, "500");
  EXPECT_EQ(timeline.changes.front().from, kHostile);
  EXPECT_FALSE(timeline.cut) << "what is older is not kept";
  EXPECT_TRUE(timeline_of(*state, "unknown.example").changes.empty());
}

TEST(State, AnUnchangedCheckIsOneUpdate) {
  DatabaseError error;
  auto database = Database::open(Database::kInMemory, Access::write, error);
  ASSERT_TRUE(database != nullptr && configure(*database) && migrate(*database));
  DomainWriter writer;
  auto rows_written = [&](const verdict::ReportPtr& report) {
    int64_t before = database->number("SELECT total_changes()").value_or(-1);
    writer.write(*database, Queued{report, plain_stages(report->checked_at), report->changes});
    EXPECT_FALSE(database->failed()) << database->error().text;
    return database->number("SELECT total_changes()").value_or(-1) - before;
  };
  Plain plain;
  plain.facts = sample_facts("mx.example.net", at_second(0));
  EXPECT_GT(rows_written(plain_report(plain)), 8);
  plain.at = at_second(900);
  EXPECT_EQ(rows_written(plain_report(plain)), 1) << "the domain's times";
  plain.facts = sample_facts("mx.example.net", at_second(950));
  EXPECT_EQ(rows_written(plain_report(plain)), 2) << "and the time of a new probe";
  plain.facts = sample_facts("mx.example.net", at_second(950), "other");
  EXPECT_EQ(rows_written(plain_report(plain)), 1) << "one probe is looked at once";
  plain.message = "something new";
  EXPECT_EQ(rows_written(plain_report(plain)), 2) << "and the report";
  writer.forget();
  EXPECT_EQ(rows_written(plain_report(plain)), 1) << "the file itself tells what it has";
}

TEST(State, UnchangedChecksNeitherRewriteReportsNorGrowTheFile) {
  TemporaryFolder folder;
  auto round = [&](State& state, int number) {
    for (int i = 0; i < 1000; ++i) {
      Plain plain;
      plain.domain = "d" + std::to_string(i) + ".example";
      plain.at = at_second(number * 900);
      plain.facts = sample_facts("mx" + std::to_string(i % 20) + ".example.net", plain.at);
      state.remember(plain_report(plain), plain_stages(plain.at));
    }
    state.flush();
  };
  {
    auto state = open_state(folder.file());
    round(*state, 0);
    round(*state, 1);
  }
  {
    DatabaseError error;
    auto database = Database::open(folder.file(), Access::write, error);
    ASSERT_TRUE(database->execute("UPDATE report SET body=zeroblob(11)"));
    ASSERT_TRUE(database->execute("UPDATE mx_host SET facts=zeroblob(11)"));
    database->checkpoint_on_close(true);
  }
  auto size_bytes = std::filesystem::file_size(folder.file());
  {
    auto state = open_state(folder.file());
    for (int number = 2; number < 12; ++number) round(*state, number);
  }
  EXPECT_EQ(std::filesystem::file_size(folder.file()), size_bytes);
  EXPECT_EQ(number_in(folder.file(), "SELECT count(*) FROM report WHERE length(body)=11"), 1000);
  EXPECT_EQ(number_in(folder.file(), "SELECT count(*) FROM mx_host WHERE length(facts)=11"), 20);
  EXPECT_EQ(number_in(folder.file(), "SELECT min(checked_at) FROM domain"),
            at_second(11 * 900).time_since_epoch().count());
}

TEST(State, AReportThatCameBackBrokenLeavesTheHistory) {
  TemporaryFolder folder;
  open_state(folder.file())->remember(plain_report({}), plain_stages(at_second(0)));
  {
    DatabaseError error;
    auto database = Database::open(folder.file(), Access::write, error);
    ASSERT_TRUE(database->execute("UPDATE report SET body=zeroblob(length(body))"));
  }
  auto remembered = open_state(folder.file())->recall({"example.com"});
  ASSERT_EQ(remembered.size(), 1u);
  EXPECT_EQ(remembered[0].report->outcome, verdict::Outcome::unknown);
  EXPECT_EQ(remembered[0].report->checked_at, at_second(0));
  expect_same(*plain_report({})->history, *remembered[0].report->history);
  expect_same(remembered[0].stages, plain_stages(at_second(0)));
}

TEST(State, MxSetsAreKeptWithTheirTimes) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  verdict::Report report = rich_report("example.com");
  verdict::History history;
  for (int i = 0; i < 4; ++i) {
    history.mx.value = {i < 2 ? "mx1" : "mx2"};
    history.mx.since = at_second(i < 2 ? 0 : 2);
    history.mx.seen = at_second(i);
    history.revision = i < 2 ? 1 : 2;
    report.history = std::make_shared<const verdict::History>(history);
    state->remember(std::make_shared<const verdict::Report>(report), {});
    state->flush();
  }
  EXPECT_EQ(number_in(folder.file(), "SELECT count(*) FROM mx_set"), 2);
  EXPECT_EQ(number_in(folder.file(), "SELECT last_seen FROM mx_set WHERE hosts='mx1'"),
            at_second(1).time_since_epoch().count());
  EXPECT_EQ(number_in(folder.file(),
                      "SELECT count(*) FROM mx_set WHERE hosts='mx2' AND last_seen IS NULL"),
            1);
}

TEST(Schema, EveryMigrationRunsOnce) {
  DatabaseError error;
  auto database = Database::open(Database::kInMemory, Access::write, error);
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(look_at_schema(*database).standing, SchemaStatus::fresh);
  ASSERT_TRUE(migrate(*database)) << database->error().text;
  ASSERT_TRUE(database->execute("INSERT INTO domain(name) VALUES('kept')"));
  ASSERT_TRUE(migrate(*database)) << database->error().text;
  EXPECT_EQ(database->number("SELECT count(*) FROM domain"), 1);
  EXPECT_EQ(look_at_schema(*database).standing, SchemaStatus::ours);
  EXPECT_EQ(look_at_schema(*database).version, newest_schema());
}

TEST(State, ServesManyThreads) {
  auto state = open_state(":memory:");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&state, thread] {
      for (int i = 0; i < 50; ++i) {
        Plain plain;
        plain.domain = "d" + std::to_string(thread) + ".example";
        plain.revision = static_cast<uint64_t>(i + 1);
        plain.changes = {{at_second(i), "record_id", "", "", std::to_string(i)}};
        state->remember(plain_report(plain), {});
        if (i % 10 == thread) state->flush();
        if (i % 10 == 5) state->recall({plain.domain});
        state->backlog();
      }
    });
  for (std::thread& thread : threads) thread.join();
  state->flush();
  EXPECT_TRUE(state->writable());
  for (int thread = 0; thread < 4; ++thread) {
    const std::string domain = "d" + std::to_string(thread) + ".example";
    EXPECT_EQ(state->recall({domain})[0].report->history->revision, 50u);
    EXPECT_EQ(timeline_of(*state, domain).changes.size(), 50u);
  }
}

TEST(State, BoundsTheTimelinesThatWait) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  std::promise<void> begun, go_on;
  std::thread blocker([&] {
    state->with_database([&](Database&) {
      begun.set_value();
      go_on.get_future().wait();
    });
  });
  begun.get_future().wait();
  std::atomic<int> read = 0, refused = 0;
  for (int i = 0; i < 70; ++i)
    state->timeline("example.com",
                    [&](const Result<Timeline>& timeline) { ++(timeline.ok() ? read : refused); });
  EXPECT_EQ(refused, 6) << "told at once, not when the disk answers";
  go_on.set_value();
  blocker.join();
  EXPECT_TRUE(fakes::wait_until("the others", [&] { return read == 64; }));
}

}  // namespace
}  // namespace mtasts::state
