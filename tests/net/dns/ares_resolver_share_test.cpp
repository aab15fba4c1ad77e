// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What one check's questions do to the others: shares, names that nobody answers, and what makes a
// forged response unlikely.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ares_resolver_fixture.h"
#include "fakes/run_until.h"
#include "net/dns/ares_channel.h"
#include "net/dns/fair_queue.h"
#include "net/dns/question_octets.h"
#include "protocol/dns/message.h"

namespace mtasts::net {
namespace {

using fakes::DnsBehaviour;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;

class AresResolverShareTest : public AresResolverFixture {
 protected:
  // Twelve domains with a hundred MX names each that no server answers, then a check of another
  // domain: how long it waits. Without names of clients, the questions are served as they come.
  milliseconds wait_behind_silent_domains(bool with_clients) {
    use(milliseconds(300), 2);
    auto client = [&](std::string name) { return with_clients ? name : std::string(); };
    for (int domain = 0; domain < 12; ++domain)
      for (int i = 0; i < 100; ++i) {
        const std::string zone = "silent" + std::to_string(domain) + ".example";
        const std::string name = "mx" + std::to_string(i) + "." + zone;
        server.behave(name, DnsBehaviour::silent);
        start_for(client(zone), name, RecordType::a);
      }
    EXPECT_TRUE(fakes::run_until(io, "the first queries", [&] { return server.queries() >= 12; }));
    const auto began = steady_clock::now();
    std::vector<std::shared_ptr<std::optional<DnsAnswer>>> answers;
    for (int i = 0; i < 10; ++i) {
      const std::string name = "good" + std::to_string(i) + ".example";
      server.add_txt(name, "x");
      answers.push_back(start_for(client("good.example"), name, RecordType::txt));
    }
    EXPECT_TRUE(fakes::run_until(io, "the other check", [&] {
      return std::all_of(answers.begin(), answers.end(),
                         [](const auto& answer) { return answer->has_value(); });
    }));
    const auto took = steady_clock::now() - began;
    for (const auto& answer : answers) EXPECT_EQ((*answer)->status, DnsStatus::answered);
    return std::chrono::duration_cast<milliseconds>(took);
  }
};

TEST_F(AresResolverShareTest, DomainsFullOfSilentNamesDoNotHoldUpOthers) {
  const milliseconds unshared = wait_behind_silent_domains(false);
  const milliseconds shared = wait_behind_silent_domains(true);
  std::printf("  another check waited %d ms without shares, %d ms with them\n",
              static_cast<int>(unshared.count()), static_cast<int>(shared.count()));
  EXPECT_GT(unshared, milliseconds(2000)) << "five rounds of 200 questions, 600 ms each";
  EXPECT_LT(shared, milliseconds(300)) << "less than one timeout";
}

// Nothing is known about a name when the resolver answers nobody.
TEST_F(AresResolverShareTest, ADeadResolverMakesNoSilentName) {
  use(milliseconds(100), 2);
  server.drop_next("one.example", 2);
  const auto first = start_for("one.example", "one.example", RecordType::txt);
  run();
  EXPECT_EQ((*first)->status, DnsStatus::timeout);
  server.add_txt("one.example", "x");
  const auto second = start_for("one.example", "one.example", RecordType::txt);
  run();
  EXPECT_EQ((*second)->status, DnsStatus::answered);
}

TEST_F(AresResolverShareTest, EveryFewHundredQueriesHaveASocketOfTheirOwn) {
  std::vector<std::shared_ptr<std::optional<DnsAnswer>>> answers;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "d" + std::to_string(i) + ".example";
    server.add_txt(name, name);
    answers.push_back(start(name, RecordType::txt));
  }
  run();
  for (const auto& answer : answers) ASSERT_EQ((*answer)->status, DnsStatus::answered);
  EXPECT_GE(server.client_ports().size(), 2000 / kDnsQueriesPerSocket);
}

TEST_F(AresResolverShareTest, AServerThatDoesNotKeepTheCaseIsAnswered) {
  server.set_keeps_case(false);
  for (int i = 0; i < 20; ++i) {
    const std::string name = "some-longer-name" + std::to_string(i) + ".example";
    server.add_txt(name, "x");
    const DnsAnswer answer = ask(name, RecordType::txt);
    EXPECT_EQ(answer.status, DnsStatus::answered);
    EXPECT_EQ(answer.name, name);
  }
  EXPECT_LE(server.queries(), 20u + 3u) << "then names are sent as they are";
}

TEST(QuestionOctets, LettersOfRandomCaseAndAnExactRepetition) {
  const std::string plain = *protocol::encode_query("_mta-sts.example-1.com", RecordType::txt, 7);
  std::string mixed = plain;
  ASSERT_TRUE(mix_case(mixed));
  EXPECT_NE(mixed, plain) << "the chance is one in 2^17";
  EXPECT_EQ(mixed.size(), plain.size());
  const std::string question(question_of(mixed));
  EXPECT_TRUE(repeats_question(mixed, question));
  EXPECT_FALSE(repeats_question(plain, question));
  EXPECT_FALSE(repeats_question(mixed.substr(0, 20), question)) << "cut";
  EXPECT_FALSE(repeats_question("", question));
  EXPECT_EQ(question_of("short"), "");
  std::string bad = plain;
  bad[12] = 'x';  // a label longer than the message
  EXPECT_EQ(question_of(bad), "");
  EXPECT_FALSE(mix_case(bad));
}

TEST(FairQueue, ClientsTakeTurnsWithinTheirShares) {
  FairQueue<int> queue;
  const auto now = steady_clock::now();
  for (int i = 0; i < 100; ++i) queue.push_back("a", i);
  for (int i = 100; i < 103; ++i) queue.push_back("b", i);
  std::vector<int> taken;
  int item = 0;
  while (queue.take(now, item)) taken.push_back(item);
  ASSERT_EQ(taken.size(), FairQueue<int>::kShare + 3);
  taken.resize(6);
  EXPECT_THAT(taken, ElementsAre(0, 100, 1, 101, 2, 102));
  // Names that nobody answers cost the client its share.
  for (size_t i = 0; i < FairQueue<int>::kShare; ++i) queue.give_back("a", true, now);
  size_t count = 0;
  while (queue.take(now, item)) ++count;
  EXPECT_EQ(count, FairQueue<int>::kSmallShare);
  count = 0;
  while (queue.take(now + seconds(61), item)) ++count;
  EXPECT_EQ(count, FairQueue<int>::kShare - FairQueue<int>::kSmallShare) << "for a minute";
}

TEST(FairQueue, NothingIsKeptOfAClientThatIsDone) {
  FairQueue<int> queue;
  auto now = steady_clock::now();
  for (int i = 0; i < 5000; ++i) {
    const std::string client = std::to_string(i);
    queue.push_back(client, i);
    int item = 0;
    ASSERT_TRUE(queue.take(now, item));
    queue.give_back(client, i % 2 == 0, now);
    now += milliseconds(100);
  }
  EXPECT_LE(queue.clients(), 700u) << "those of the last minute";
}

}  // namespace
}  // namespace mtasts::net
