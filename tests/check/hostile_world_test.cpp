// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A complete engine, with its real resolver, fetcher and prober, against a world in which many
// peers misbehave: every check ends in time, reports the fault, and leaves no task or descriptor.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check/engine.h"
#include "check/misbehaviours.h"
#include "fakes/mail_world.h"
#include "fakes/run_until.h"
#include "verdict/judge.h"

namespace mtasts::check {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using fakes::MailDomain;
using fakes::MailWorld;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using EnginePtr = std::shared_ptr<Engine>;

constexpr size_t kDomains = 200;
// As many as two busy cores can serve within the time limits of the world's settings; the servers
// and the sanitizers run on the same cores.
constexpr size_t kAtOnce = 24;
constexpr auto kGrace = 1s;
constexpr auto kCleanEnd = 3s;

milliseconds since(SteadyClock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin);
}

size_t open_descriptors() {
  std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

// Three of ten domains, spread over all providers.
bool misbehaves(size_t number) { return number % 10 == 2 || number % 10 == 5 || number % 10 == 8; }

EnginePtr make_engine(boost::asio::io_context& loop, const settings::Settings& settings) {
  auto engine = Engine::create(loop.get_executor(), settings, system_now, no_metrics());
  return engine.ok() ? *engine : nullptr;
}

struct Checked {
  std::optional<verdict::Report> report;  // empty: the check never ended
  milliseconds took{0};
};

// Domains to be checked, and the results so far.
struct Round {
  const std::vector<MailDomain>& domains;
  milliseconds limit;
  verdict::Thresholds thresholds = {};
  std::vector<Checked> results = std::vector<Checked>(domains.size());
  size_t next = 0;
  size_t ended = 0;
};

boost::asio::awaitable<void> work(Engine& engine, Round& round) {
  while (round.next < round.domains.size()) {
    size_t number = round.next++;
    auto begin = SteadyClock::now();
    DomainName name = *DomainName::parse(round.domains[number].name);
    verdict::Evidence evidence = co_await engine.check(name, round.limit);
    verdict::Report report = verdict::judge(evidence, nullptr, round.thresholds, evidence.finished);
    round.results[number].took = since(begin);
    round.results[number].report = std::move(report);
    ++round.ended;
  }
}

void spawn(const EnginePtr& engine, Round& round, size_t workers) {
  for (size_t count = 0; count < workers; ++count) engine->tasks().spawn(work(*engine, round));
}

// Cancels all tasks and releases the engine: nothing may keep it alive or keep the loop busy.
void expect_clean_end(boost::asio::io_context& loop, EnginePtr engine) {
  auto begin = SteadyClock::now();
  std::weak_ptr<Engine> left = engine;
  boost::asio::post(loop, [engine = std::move(engine)] { engine->tasks().cancel_all(); });
  loop.restart();
  loop.run_for(kCleanEnd);
  EXPECT_TRUE(loop.stopped()) << "something is still under way after " << since(begin).count()
                              << " ms";
  if (EnginePtr kept = left.lock())
    ADD_FAILURE() << "the engine is kept; " << kept->tasks().size() << " tasks are left";
}

std::string summary(const verdict::Report& report) {
  std::string text = report.domain + " is " + std::string(name_of(report.outcome));
  for (verdict::Stage stage : verdict::kStages)
    text += " " + std::string(name_of(stage)) + "=" + std::string(name_of(report.stage(stage)));
  for (const verdict::Finding& finding : report.findings)
    text += "\n  " + std::string(name_of(finding.severity)) + " " + std::string(finding.code()) +
            " " + finding.subject + ": " + finding.message;
  return text;
}

verdict::Outcome outcome_of(verdict::Severity severity) {
  switch (severity) {
    case verdict::Severity::critical:
      return verdict::Outcome::critical;
    case verdict::Severity::warning:
      return verdict::Outcome::warning;
    case verdict::Severity::unknown:
      return verdict::Outcome::unknown;
    case verdict::Severity::info:
      break;
  }
  return verdict::Outcome::ok;
}

void expect_verdict(const Misbehaviour& row, const verdict::Report& report) {
  SCOPED_TRACE(std::string(row.name) + " is to give " + std::string(row.code) + "; " +
               summary(report));
  EXPECT_EQ(report.outcome, outcome_of(row.severity));
  size_t found = 0;
  for (const verdict::Finding& finding : report.findings) {
    if (finding.code() == row.code) {
      ++found;
      EXPECT_EQ(finding.severity, row.severity);
      EXPECT_FALSE(finding.message.empty());
    } else if (finding.code().ends_with("-unchecked")) {  // says what follows from the fault
      EXPECT_EQ(report.stage(finding.row->stage), verdict::StageResult::unknown);
    } else {
      EXPECT_THAT(row.tolerated, testing::Contains(finding.code()));
    }
  }
  EXPECT_EQ(found, 1u);
}

class HostileWorldTest : public testing::Test {
 protected:
  const std::vector<Misbehaviour> rows_ = misbehaviours();

  // Assigns the next row to each domain whose number misbehaves.
  template <typename Which>
  std::vector<const Misbehaviour*> arrange(MailWorld& world, Which which) {
    std::vector<const Misbehaviour*> chosen(world.domains().size());
    size_t row = 0;
    for (size_t number = 0; number < chosen.size(); ++number) {
      if (!which(number)) continue;
      chosen[number] = &rows_[row++ % rows_.size()];
      chosen[number]->arrange(world, world.domains()[number]);
    }
    return chosen;
  }
  static bool all(size_t) { return true; }
};

TEST_F(HostileWorldTest, RowsNameFindingsOfTheTable) {
  EXPECT_GE(rows_.size(), 20u);
  EXPECT_LE(rows_.size(), kDomains * 3 / 10) << "every row is to be met";
  for (const Misbehaviour& row : rows_) {
    EXPECT_NE(verdict::find_row(row.code), nullptr) << row.code;
    for (std::string_view code : row.tolerated) EXPECT_NE(verdict::find_row(code), nullptr) << code;
  }
}

TEST_F(HostileWorldTest, EveryCheckEndsInTimeAndIsRight) {
  const size_t descriptors = open_descriptors();
  {
    MailWorld world(kDomains);
    auto chosen = arrange(world, misbehaves);
    settings::Settings settings = world.settings();
    boost::asio::io_context loop;
    EnginePtr engine = make_engine(loop, settings);
    ASSERT_NE(engine, nullptr);
    Round round{world.domains(), settings.check.timeout};
    spawn(engine, round, kAtOnce);
    bool ended = fakes::run_until(
        loop, "every check", [&] { return round.ended == kDomains; }, 50s);
    ASSERT_TRUE(ended) << round.ended << " checks ended";

    for (size_t number = 0; number < kDomains; ++number) {
      const Checked& checked = round.results[number];
      EXPECT_LE(checked.took, round.limit + kGrace) << world.domains()[number].name;
      if (chosen[number] != nullptr) {
        expect_verdict(*chosen[number], *checked.report);
      } else {
        EXPECT_EQ(checked.report->outcome, verdict::Outcome::ok) << summary(*checked.report);
        EXPECT_TRUE(checked.report->findings.empty()) << summary(*checked.report);
      }
    }
    bool idle = fakes::run_until(
        loop, "every task", [&] { return engine->tasks().size() == 0; }, 1s);
    EXPECT_TRUE(idle) << engine->tasks().size() << " tasks are left";
    expect_clean_end(loop, std::move(engine));
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

// The overall deadline, which the shorter limits of the parts normally hide.
TEST_F(HostileWorldTest, ADeadlineBeforeAllOtherLimitsIsKept) {
  MailWorld world(rows_.size());
  arrange(world, all);
  boost::asio::io_context loop;
  EnginePtr engine = make_engine(loop, world.settings());
  ASSERT_NE(engine, nullptr);
  Round round{world.domains(), 300ms};
  spawn(engine, round, kAtOnce);
  bool ended = fakes::run_until(
      loop, "every check", [&] { return round.ended == rows_.size(); }, 20s);
  ASSERT_TRUE(ended) << round.ended << " checks ended";
  for (const Checked& checked : round.results) {
    EXPECT_LE(checked.took, round.limit + kGrace) << summary(*checked.report);
    EXPECT_NE(checked.report->outcome, verdict::Outcome::ok) << summary(*checked.report);
  }
  expect_clean_end(loop, std::move(engine));
}

// All MX hosts of a domain share one silent address, which gets one connection at a time: the check
// ends, and the waiting probes end when cancelled.
TEST_F(HostileWorldTest, MxHostsThatQueueForOneSilentAddress) {
  MailWorld world(1);
  fakes::SmtpScript silent;
  silent.fault = fakes::SmtpFault::silence;
  world.flood_mx(world.domains().front(), Checker::kMaxMxHosts, silent);
  boost::asio::io_context loop;
  EnginePtr engine = make_engine(loop, world.settings());
  ASSERT_NE(engine, nullptr);
  Round round{world.domains(), 1s};
  spawn(engine, round, 1);
  ASSERT_TRUE(fakes::run_until(
      loop, "the first check", [&] { return round.ended == 1; }, 5s));
  EXPECT_LE(round.results.front().took, round.limit + kGrace);
  const verdict::Report& report = *round.results.front().report;
  EXPECT_EQ(report.outcome, verdict::Outcome::unknown) << summary(report);
  EXPECT_EQ(report.stage(verdict::Stage::smtp), verdict::StageResult::unknown) << summary(report);
  EXPECT_GT(engine->tasks().size(), 0u);
  expect_clean_end(loop, std::move(engine));
}

// The parameter: how many checks have ended when the others are stopped.
class HostileWorldEndTest : public HostileWorldTest, public testing::WithParamInterface<size_t> {
 protected:
  static void start(boost::asio::io_context& loop, const EnginePtr& engine, Round& round) {
    spawn(engine, round, kDomains);
    ASSERT_TRUE(fakes::run_until(
        loop, "enough checks", [&] { return round.ended >= GetParam(); }, 20s));
    ASSERT_LT(round.ended, kDomains) << "nothing is under way";
  }
};

TEST_P(HostileWorldEndTest, CancelledWithEveryDomainUnderWay) {
  const size_t descriptors = open_descriptors();
  {
    MailWorld world(kDomains);
    arrange(world, all);
    boost::asio::io_context loop;
    EnginePtr engine = make_engine(loop, world.settings());
    ASSERT_NE(engine, nullptr);
    Round round{world.domains(), 10s};
    ASSERT_NO_FATAL_FAILURE(start(loop, engine, round));
    expect_clean_end(loop, std::move(engine));
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

// As when a program exits without waiting: nothing is cancelled, the loop is destroyed.
TEST_P(HostileWorldEndTest, LoopDestroyedWithEveryDomainUnderWay) {
  const size_t descriptors = open_descriptors();
  {
    MailWorld world(kDomains);
    arrange(world, all);
    Round round{world.domains(), 10s};
    std::weak_ptr<Engine> left;
    {
      boost::asio::io_context loop;
      EnginePtr engine = make_engine(loop, world.settings());
      ASSERT_NE(engine, nullptr);
      left = engine;
      ASSERT_NO_FATAL_FAILURE(start(loop, engine, round));
    }
    EXPECT_TRUE(left.expired());
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

INSTANTIATE_TEST_SUITE_P(After, HostileWorldEndTest, testing::Values(0, 1, 60),
                         [](const auto& ended) { return std::to_string(ended.param); });

}  // namespace
}  // namespace mtasts::check
