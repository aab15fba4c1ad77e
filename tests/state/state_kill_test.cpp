// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// kill -9 at any moment: committed data is present, and every history is complete. A child process
// remembers reports under load, continues where the last one was killed, and reports through a pipe
// what was committed; 200 children are killed.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "state/database.h"
#include "state/state.h"
#include "state/state_samples.h"

namespace mtasts::state {
namespace {

constexpr int kDeaths = 200;
constexpr int kDomains = 12;

struct Committed {
  int32_t domain;
  uint32_t count;
};

std::string domain_of(int number) { return "d" + std::to_string(number) + ".example"; }

// All of its fields contain the same number, so that a mixture of two reports is detected.
verdict::ReportPtr report_numbered(int domain, uint64_t count) {
  Plain plain;
  plain.domain = domain_of(domain);
  plain.revision = count;
  plain.at = at_second(static_cast<int64_t>(count));
  plain.message = std::to_string(count);
  plain.facts = sample_facts("mx.example.net", plain.at, "f" + std::to_string(count % 5));
  plain.changes = {{plain.at, "record_id", "", "", std::to_string(count)}};
  return plain_report(plain);
}

std::vector<std::string> all_domains() {
  std::vector<std::string> domains;
  for (int i = 0; i < kDomains; ++i) domains.push_back(domain_of(i));
  return domains;
}

// By domain; each report must be complete.
std::map<std::string, uint64_t> counts_in(State& state) {
  std::map<std::string, uint64_t> counts;
  for (const Remembered& known : state.recall(all_domains())) {
    const verdict::Report& report = *known.report;
    const verdict::History& history = *report.history;
    const std::string number = std::to_string(history.revision);
    EXPECT_EQ(history.record.changes, history.revision);
    EXPECT_EQ(history.record.value, number);
    EXPECT_EQ(history.ids.size(), 1u);
    EXPECT_EQ(history.ids.empty() ? "" : history.ids[0].id, number);
    EXPECT_EQ(history.instances.size(), 1u);
    EXPECT_EQ(history.instances.empty() ? "" : history.instances[0].id, number);
    EXPECT_EQ(report.suggested_policy, number);
    EXPECT_EQ(report.checked_at, at_second(static_cast<int64_t>(history.revision)));
    EXPECT_EQ(known.stages[0].at, report.checked_at);
    counts[report.domain] = history.revision;
  }
  return counts;
}

[[noreturn]] void live_until_killed(const std::string& path, int told) {
  State::Options options;
  options.path = path;
  options.clock = samples_now;
  auto state = State::open(options);
  if (!state) _exit(2);
  std::map<std::string, uint64_t> counts;
  for (const Remembered& known : (*state)->recall(all_domains()))
    counts[known.report->domain] = known.report->history->revision;
  while (true) {
    std::vector<Committed> committed;
    for (int i = 0; i < kDomains; ++i) {
      uint64_t count = ++counts[domain_of(i)];
      auto report = report_numbered(i, count);
      (*state)->remember(report, plain_stages(report->checked_at));
      committed.push_back({i, static_cast<uint32_t>(count)});
    }
    (*state)->flush();
    if (!(*state)->writable()) _exit(3);
    // Smaller than PIPE_BUF, so it arrives completely or not at all.
    size_t size_bytes = committed.size() * sizeof(Committed);
    if (write(told, committed.data(), size_bytes) < 0) _exit(4);
  }
}

// What a child reported as committed before it was killed, after the given lifetime.
std::map<int, uint32_t> let_one_die(const std::string& path, std::chrono::microseconds life) {
  std::map<int, uint32_t> committed;
  int ends[2];
  if (pipe(ends) != 0) return committed;
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    live_until_killed(path, ends[1]);
  }
  close(ends[1]);
  std::thread killer([&] {
    std::this_thread::sleep_for(life);
    kill(child, SIGKILL);
  });
  Committed one{};
  while (read(ends[0], &one, sizeof one) == static_cast<ssize_t>(sizeof one))
    committed[one.domain] = one.count;
  close(ends[0]);
  killer.join();
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  return committed;
}

void expect_whole(const std::string& path) {
  DatabaseError error;
  auto database = Database::open(path, Access::write, error);
  ASSERT_NE(database, nullptr) << error.text;
  Rows rows = database->query("PRAGMA integrity_check");
  ASSERT_TRUE(rows.next()) << database->error().text;
  EXPECT_EQ(rows.text(0), "ok");
}

TEST(StateKill, LosesNothingThatWasCommitted) {
  TemporaryFolder folder;
  std::mt19937 random(20261121);
  std::map<std::string, uint64_t> before;
  uint64_t told = 0;
  for (int death = 0; death < kDeaths && !testing::Test::HasFailure(); ++death) {
    SCOPED_TRACE(death);
    auto committed = let_one_die(
        folder.file(),
        std::chrono::microseconds(std::uniform_int_distribution<int>(0, 150000)(random)));
    told += committed.size();
    expect_whole(folder.file());
    auto state = open_state(folder.file());
    auto after = counts_in(*state);
    for (const auto& [domain, count] : committed)
      EXPECT_GE(after[domain_of(domain)], count) << domain_of(domain);
    for (const auto& [domain, count] : before) EXPECT_GE(after[domain], count) << domain;
    // A report and its changes are committed together, and only once.
    for (const auto& [domain, count] : after) {
      Timeline timeline = timeline_of(*state, domain);
      uint64_t lines = 0;
      for (const verdict::Change& change : timeline.changes) lines += change.what == "record_id";
      EXPECT_TRUE(timeline.cut || lines == count || lines + 20 > kMostTimelineLines)
          << domain << ": " << lines << " changes of " << count;
    }
    before = after;
  }
  EXPECT_GT(told, 0u) << "no child ever told of a commit";
  EXPECT_EQ(before.size(), static_cast<size_t>(kDomains));
  EXPECT_TRUE(folder.files("state.db.corrupt").empty());
}

}  // namespace
}  // namespace mtasts::state
