// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AresResolver with many concurrent queries, and with abandoned queries.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ares_resolver_fixture.h"
#include "async/deadline.h"
#include "fakes/run_until.h"

namespace mtasts::net {
namespace {

using boost::asio::awaitable;
using fakes::DnsBehaviour;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

class AresResolverLoadTest : public AresResolverFixture {};

TEST_F(AresResolverLoadTest, AThousandAtOnce) {
  std::vector<std::shared_ptr<std::optional<DnsAnswer>>> answers;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "d" + std::to_string(i) + ".example";
    server.add_txt(name, name);
    answers.push_back(start(name, RecordType::txt));
  }
  run();
  for (int i = 0; i < 1000; ++i) {
    const auto& answer = *answers[static_cast<size_t>(i)];
    ASSERT_TRUE(answer) << i;
    EXPECT_THAT(answer->texts, ElementsAre("d" + std::to_string(i) + ".example")) << answer->detail;
  }
  EXPECT_EQ(resolver->in_flight(), 0u);
}

TEST_F(AresResolverLoadTest, AtMostTwoHundredAtOnceAndWaitingCostsNoTime) {
  use(milliseconds(300), 2);
  for (int i = 0; i < 200; ++i) {
    const std::string name = "silent" + std::to_string(i) + ".example";
    server.behave(name, DnsBehaviour::silent);
    start(name, RecordType::txt);
  }
  server.add_txt("last.example", "x");
  const auto last = start("last.example", RecordType::txt);
  size_t most = 0;
  io.restart();
  while (io.run_one() > 0) most = std::max(most, resolver->in_flight());
  EXPECT_EQ(most, 200u);
  ASSERT_TRUE(*last);
  EXPECT_EQ((*last)->status, DnsStatus::answered) << (*last)->detail;
}

TEST_F(AresResolverLoadTest, EqualQuestionsShareOneQuery) {
  server.add_txt("a.example", "x");
  server.delay("a.example", milliseconds(50));
  std::vector<std::shared_ptr<std::optional<DnsAnswer>>> answers;
  for (int i = 0; i < 10; ++i)
    answers.push_back(start(i % 2 ? "A.example." : "a.EXAMPLE", RecordType::txt));
  start("a.example", RecordType::mx);
  run();
  for (const auto& answer : answers) EXPECT_THAT((*answer)->texts, ElementsAre("x"));
  EXPECT_EQ(server.queries("a.example", RecordType::txt), 1u);
  EXPECT_EQ(server.queries("a.example", RecordType::mx), 1u);
  ask("a.example", RecordType::txt);
  EXPECT_EQ(server.queries("a.example", RecordType::txt), 2u) << "nothing is cached";
}

TEST_F(AresResolverLoadTest, CancellationCompletesAtOnce) {
  server.behave("silent.example", DnsBehaviour::silent);
  server.add_txt("a.example", "x");
  server.delay("a.example", milliseconds(30));
  boost::asio::cancellation_signal signal;
  std::optional<DnsAnswer> answer;
  const auto store = [&](const std::exception_ptr& error, DnsAnswer value) {
    EXPECT_FALSE(error);
    answer = std::move(value);
  };
  boost::asio::co_spawn(io, resolver->query("silent.example", RecordType::txt),
                        boost::asio::bind_cancellation_slot(signal.slot(), store));
  const auto other = start("a.example", RecordType::txt);
  const auto begin = steady_clock::now();
  ASSERT_TRUE(fakes::run_until(io, "the other answer", [&] { return other->has_value(); }));
  EXPECT_FALSE(answer);
  signal.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(fakes::run_until(io, "the cancelled answer", [&] { return answer.has_value(); }));
  EXPECT_EQ(answer->status, DnsStatus::cancelled);
  EXPECT_EQ((*other)->status, DnsStatus::answered) << "its neighbour is not disturbed";
  EXPECT_LT(steady_clock::now() - begin, kPatience / 2);
  EXPECT_EQ(resolver->in_flight(), 1u) << "the orphan";
}

TEST_F(AresResolverLoadTest, AnOrphanedQueryIsReused) {
  use(milliseconds(400), 2);
  server.add_txt("a.example", "x");
  server.drop_next("a.example", 1);
  boost::asio::cancellation_signal signal;
  bool ended = false;
  const auto note = [&](const std::exception_ptr&, const DnsAnswer&) { ended = true; };
  boost::asio::co_spawn(io, resolver->query("a.example", RecordType::txt),
                        boost::asio::bind_cancellation_slot(signal.slot(), note));
  ASSERT_TRUE(fakes::run_until(io, "the query", [&] { return server.queries() > 0; }));
  signal.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(fakes::run_until(io, "the cancelled query", [&] { return ended; }));
  EXPECT_EQ(ask("a.example", RecordType::txt).status, DnsStatus::answered);
  EXPECT_EQ(server.queries(), 2u);
}

awaitable<void> ask_with_deadline(AresResolver& resolver, bool& over, DnsStatus& after) {
  const std::string silent = "silent.example";
  const auto answer =
      co_await async::with_deadline(resolver.query(silent, RecordType::txt), milliseconds(30));
  over = !answer.has_value();
  const std::string fine = "a.example";
  const DnsAnswer next = co_await resolver.query(fine, RecordType::txt);
  after = next.status;
}

TEST_F(AresResolverLoadTest, WorksUnderADeadline) {
  server.behave("silent.example", DnsBehaviour::silent);
  server.add_txt("a.example", "x");
  bool over = false;
  DnsStatus after = DnsStatus::cancelled;
  const auto begin = steady_clock::now();
  boost::asio::co_spawn(io, ask_with_deadline(*resolver, over, after), boost::asio::detached);
  ASSERT_TRUE(fakes::run_until(io, "both answers", [&] { return after != DnsStatus::cancelled; }));
  EXPECT_TRUE(over);
  EXPECT_EQ(after, DnsStatus::answered);
  EXPECT_LT(steady_clock::now() - begin, kPatience / 2);
}

TEST_F(AresResolverLoadTest, DestructionEndsEveryQuery) {
  std::vector<std::shared_ptr<std::optional<DnsAnswer>>> answers;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "silent" + std::to_string(i % 250) + ".example";
    server.behave(name, DnsBehaviour::silent);
    answers.push_back(start(name, RecordType::txt));
  }
  ASSERT_TRUE(fakes::run_until(io, "200 queries", [&] { return resolver->in_flight() == 200; }));
  resolver.reset();
  run();
  for (const auto& answer : answers) {
    ASSERT_TRUE(*answer);
    EXPECT_EQ((*answer)->status, DnsStatus::cancelled);
  }
}

TEST_F(AresResolverLoadTest, TheLoopMayGoWithQueriesPending) {
  auto loop = std::make_unique<boost::asio::io_context>();
  auto pending = std::make_unique<AresResolver>(loop->get_executor(), server.settings());
  server.behave("silent.example", DnsBehaviour::silent);
  boost::asio::co_spawn(*loop, pending->query("silent.example", RecordType::txt),
                        boost::asio::detached);
  ASSERT_TRUE(fakes::run_until(*loop, "the query", [&] { return server.queries() > 0; }));
  pending.reset();
  loop.reset();
  SUCCEED() << "the sanitizer has the word";
}

class Counters : public CheckMetrics {
 public:
  std::map<std::string, int, std::less<>> queries, failures;
  std::vector<Phase> phases;

  void observe_phase(Phase phase, std::chrono::duration<double> duration) override {
    EXPECT_GE(duration.count(), 0);
    phases.push_back(phase);
  }
  void count_dns_query(std::string_view type) override { ++queries[std::string(type)]; }
  void count_dns_failure(std::string_view reason) override { ++failures[std::string(reason)]; }
};

TEST_F(AresResolverLoadTest, CountsQueriesAndFailures) {
  Counters counters;
  resolver = std::make_unique<AresResolver>(io.get_executor(), server.settings(), counters);
  server.behave("bad.example", DnsBehaviour::servfail);
  ask("bad.example", RecordType::txt);
  ask("none.example", RecordType::txt);
  ask("none.example", RecordType::mx);
  using Counts = std::map<std::string, int, std::less<>>;
  EXPECT_EQ(counters.queries, (Counts{{"TXT", 2}, {"MX", 1}})) << "the walk is no query()";
  EXPECT_EQ(counters.failures, (Counts{{"SERVFAIL", 1}}));
  EXPECT_EQ(counters.phases, std::vector<Phase>(3, Phase::dns));
  resolver.reset();  // before the counters, which must outlive it
}

TEST_F(AresResolverLoadTest, WithoutServersTheSystemsAreAsked) {
  const AresResolver system(io.get_executor(), settings::DnsSettings{});
  EXPECT_THAT(system.servers(), HasSubstr(":53"));
}

}  // namespace
}  // namespace mtasts::net
