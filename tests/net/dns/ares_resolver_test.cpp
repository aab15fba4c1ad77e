// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// How AresResolver handles answers, missing answers and CNAMEs.
#include "net/dns/ares_resolver.h"

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "ares_resolver_fixture.h"

namespace mtasts::net {
namespace {

using fakes::DnsBehaviour;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AresResolverTest : public AresResolverFixture {};

TEST_F(AresResolverTest, AnswersEveryType) {
  const std::string tlsa("\3\1\1\x0a\x0b");
  server.add_txt("a.example", std::string(300, 't'), 60);
  server.add_txt("a.example", "second");
  server.add_mx("a.example", 10, "MX.example");
  server.add_mx("a.example", 20, ".");
  server.add_address("a.example", "192.0.2.1");
  server.add_address("a.example", "2001:db8::1");
  server.add_ns("a.example", "ns.example");
  server.add_tlsa("_25._tcp.a.example", tlsa);

  const DnsAnswer txt = ask("A.Example", RecordType::txt);
  EXPECT_EQ(txt.status, DnsStatus::answered) << txt.detail;
  EXPECT_EQ(txt.name, "a.example");
  EXPECT_THAT(txt.texts, ElementsAre(std::string(300, 't'), "second"));
  EXPECT_EQ(txt.ttl, std::chrono::seconds(60));
  EXPECT_EQ(txt.detail, "");
  EXPECT_FALSE(txt.authenticated);
  const DnsAnswer mx = ask("a.example", RecordType::mx);
  EXPECT_THAT(mx.mx, ElementsAre(protocol::MxRecord{10, "mx.example"}, protocol::MxRecord{20, ""}));
  EXPECT_EQ(ask("a.example", RecordType::a).addresses.at(0).text(), "192.0.2.1");
  EXPECT_EQ(ask("a.example", RecordType::aaaa).addresses.at(0).text(), "2001:db8::1");
  EXPECT_THAT(ask("a.example", RecordType::ns).names, ElementsAre("ns.example"));
  EXPECT_THAT(ask("_25._tcp.a.example", RecordType::tlsa).tlsa, ElementsAre(tlsa));
}

TEST_F(AresResolverTest, TheRootsServersCanBeAsked) {
  server.add_ns(".", "a.root.example");
  const DnsAnswer answer = ask(".", RecordType::ns);
  EXPECT_EQ(answer.status, DnsStatus::answered) << answer.detail;
  EXPECT_THAT(answer.names, ElementsAre("a.root.example"));
}

TEST_F(AresResolverTest, QueriesHaveAdAndOptAndFreshIds) {
  server.set_authenticated(true);
  server.add_txt("a.example", "x");
  EXPECT_TRUE(ask("a.example", RecordType::txt).authenticated);
  const std::string first = server.last_query();
  EXPECT_TRUE(ask("none.example", RecordType::txt).authenticated);
  EXPECT_EQ(first.substr(2, 2), std::string("\x01\x20"));
  EXPECT_EQ(first.substr(first.size() - 11, 5), std::string("\0\0\x29\x04\xd0", 5));
  std::vector<std::string> ids = {first.substr(0, 2)};
  for (int i = 0; i < 4; ++i) {
    ask("a.example", RecordType::txt);
    ids.push_back(server.last_query().substr(0, 2));
  }
  // Five equal ids by chance: probability 2^-64.
  EXPECT_THAT(ids, testing::Contains(testing::Ne(ids[0])));
}

TEST_F(AresResolverTest, DistinguishesNodataFromNxdomain) {
  server.add_txt("below.empty.example", "x");
  const DnsAnswer nodata = ask("empty.example", RecordType::txt);
  EXPECT_EQ(nodata.status, DnsStatus::nodata);
  EXPECT_EQ(nodata.detail, "NODATA from " + resolver->servers());
  const DnsAnswer nxdomain = ask("none.example", RecordType::txt);
  EXPECT_EQ(nxdomain.status, DnsStatus::nxdomain);
  EXPECT_EQ(nxdomain.detail, "NXDOMAIN from " + resolver->servers());
  EXPECT_EQ(ask(std::string(64, 'a') + ".example", RecordType::txt).status, DnsStatus::nxdomain);
  EXPECT_EQ(server.queries(), 2u);
}

TEST_F(AresResolverTest, ServfailHasItsExtendedError) {
  server.behave("bad.example", DnsBehaviour::servfail);
  server.set_extended_error("bad.example", 22, "at delegation example.");
  const DnsAnswer answer = ask("bad.example", RecordType::txt);
  EXPECT_EQ(answer.status, DnsStatus::servfail);
  EXPECT_EQ(answer.detail,
            "SERVFAIL (EDE 22: No Reachable Authority, at delegation example.) from " +
                resolver->servers());
  EXPECT_EQ(server.queries("bad.example", RecordType::txt), 1u) << "an answer is an answer";
}

TEST_F(AresResolverTest, RefusedAndFormerr) {
  server.behave("refused.example", DnsBehaviour::refused);
  server.behave("formerr.example", DnsBehaviour::formerr);
  EXPECT_EQ(ask("refused.example", RecordType::mx).status, DnsStatus::refused);
  const DnsAnswer formerr = ask("formerr.example", RecordType::mx);
  EXPECT_EQ(formerr.status, DnsStatus::servfail);
  EXPECT_THAT(formerr.detail, HasSubstr("FORMERR"));
}

TEST_F(AresResolverTest, AServerWithoutEdnsIsUnderstood) {
  server.add_txt("old.example", "x");
  server.behave("old.example", DnsBehaviour::no_edns);
  for (int round = 0; round < 3; ++round) {
    const DnsAnswer answer = ask("old.example", RecordType::txt);
    EXPECT_EQ(answer.status, DnsStatus::answered) << round << answer.detail;
  }
}

TEST_F(AresResolverTest, SilenceIsATimeoutAfterAllTries) {
  use(milliseconds(150), 3);
  server.behave("silent.example", DnsBehaviour::silent);
  const auto begin = steady_clock::now();
  const DnsAnswer answer = ask("silent.example", RecordType::txt);
  const auto took = steady_clock::now() - begin;
  EXPECT_EQ(answer.status, DnsStatus::timeout);
  EXPECT_THAT(answer.detail, HasSubstr("no response within 450 ms from "));
  EXPECT_THAT(answer.detail, HasSubstr(resolver->servers()));
  EXPECT_EQ(server.queries("silent.example", RecordType::txt), 3u);
  EXPECT_GE(took, milliseconds(440));
  EXPECT_LT(took, milliseconds(3000));
}

TEST_F(AresResolverTest, ALostPacketIsAskedAgain) {
  use(milliseconds(200), 3);
  server.add_txt("a.example", "x");
  server.drop_next("a.example", 2);
  EXPECT_EQ(ask("a.example", RecordType::txt).status, DnsStatus::answered);
  EXPECT_EQ(server.queries("a.example", RecordType::txt), 3u);
}

TEST_F(AresResolverTest, RepliesToOtherQueriesAreIgnored) {
  use(milliseconds(100), 2);
  for (const DnsBehaviour behaviour :
       {DnsBehaviour::garbage, DnsBehaviour::wrong_id, DnsBehaviour::wrong_question}) {
    server.add_txt("a.example", "x");
    server.behave("a.example", behaviour);
    EXPECT_EQ(ask("a.example", RecordType::txt).status, DnsStatus::timeout)
        << static_cast<int>(behaviour);
  }
}

TEST_F(AresResolverTest, MalformedAnswers) {
  server.add_txt("a.example", "x");
  for (const DnsBehaviour behaviour :
       {DnsBehaviour::malformed_rdata, DnsBehaviour::cut, DnsBehaviour::truncated_always}) {
    server.behave("a.example", behaviour);
    EXPECT_EQ(ask("a.example", RecordType::txt).status, DnsStatus::malformed)
        << static_cast<int>(behaviour);
  }
}

TEST_F(AresResolverTest, NobodyListensIsUnreachable) {
  settings::DnsSettings settings;
  {
    const fakes::DnsServer gone;
    settings = gone.settings(kPatience, 2);
  }
  resolver = std::make_unique<AresResolver>(io.get_executor(), settings);
  const DnsAnswer answer = ask("a.example", RecordType::txt);
  EXPECT_EQ(answer.status, DnsStatus::unreachable);
  EXPECT_THAT(answer.detail, HasSubstr(" from 127.0.0.1:"));
}

TEST_F(AresResolverTest, OneServersFailureIsAskedOfTheOther) {
  for (auto failure : {fakes::DnsBehaviour::servfail, fakes::DnsBehaviour::refused}) {
    fakes::DnsServer failing;
    failing.add_txt("a.example", "never told");
    failing.behave("a.example", failure);
    fakes::DnsServer sound;
    sound.add_txt("a.example", "told");
    auto settings = server.settings(kPatience, 2);
    settings.servers = {failing.endpoint(), sound.endpoint()};
    // Whichever server is asked first, the result must come from the working one.
    for (int round = 0; round < 2; ++round) {
      resolver = std::make_unique<AresResolver>(io.get_executor(), settings);
      const auto answer = ask("a.example", protocol::RecordType::txt);
      EXPECT_EQ(answer.status, DnsStatus::answered) << answer.detail;
      std::swap(settings.servers[0], settings.servers[1]);
    }
    EXPECT_GT(failing.queries(), 0u) << "or the test proves nothing";
  }
}

TEST_F(AresResolverTest, ADeadServerIsSkipped) {
  auto settings = server.settings(kPatience, 2);
  {
    const fakes::DnsServer gone;
    settings.servers.insert(settings.servers.begin(), gone.endpoint());
  }
  resolver = std::make_unique<AresResolver>(io.get_executor(), settings);
  server.add_txt("a.example", "x");
  EXPECT_EQ(ask("a.example", RecordType::txt).status, DnsStatus::answered);
}

TEST_F(AresResolverTest, FallsBackToTcp) {
  for (int i = 0; i < 30; ++i) server.add_txt("big.example", std::string(200, 'b'));
  const DnsAnswer big = ask("big.example", RecordType::txt);
  EXPECT_EQ(big.status, DnsStatus::answered) << big.detail;
  EXPECT_EQ(big.texts.size(), 30u);
  EXPECT_EQ(server.tcp_queries(), 1u);
  server.add_txt("small.example", "x");
  server.behave("small.example", DnsBehaviour::truncated);
  EXPECT_EQ(ask("small.example", RecordType::txt).status, DnsStatus::answered);
  EXPECT_EQ(server.tcp_queries(), 2u);
}

// The resolver has just answered over UDP, so its dead TCP port is no failure of the agent's
// network, and what other names are being asked for at the time must not suffer.
TEST_F(AresResolverTest, ADeadTcpPortFailsTheTruncatedQuestionAlone) {
  fakes::DnsServer deaf(false);
  resolver = std::make_unique<AresResolver>(io.get_executor(), deaf.settings(kPatience, 2));
  deaf.add_txt("big.example", "x");
  deaf.behave("big.example", DnsBehaviour::truncated);
  std::vector<std::shared_ptr<std::optional<DnsAnswer>>> others;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example";
    deaf.add_txt(name, "x");
    deaf.delay(name, milliseconds(100 + 10 * i));
    others.push_back(start(name, RecordType::txt));
  }
  const auto big = start("big.example", RecordType::txt);
  run();
  ASSERT_TRUE(*big);
  EXPECT_EQ((*big)->status, DnsStatus::servfail) << (*big)->detail;
  EXPECT_THAT((*big)->detail, HasSubstr("truncated over UDP"));
  for (const auto& other : others) {
    ASSERT_TRUE(*other);
    EXPECT_EQ((*other)->status, DnsStatus::answered) << (*other)->detail;
    EXPECT_EQ(deaf.queries((*other)->name, RecordType::txt), 1u) << "none was asked twice";
  }
}

TEST_F(AresResolverTest, ManyTruncatedAnswers) {
  std::vector<std::shared_ptr<std::optional<DnsAnswer>>> answers;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example";
    server.add_txt(name, "x");
    server.behave(name, DnsBehaviour::truncated);
    answers.push_back(start(name, RecordType::txt));
  }
  run();
  for (const auto& answer : answers) {
    ASSERT_TRUE(*answer);
    EXPECT_EQ((*answer)->status, DnsStatus::answered) << (*answer)->detail;
  }
}

TEST_F(AresResolverTest, FollowsCnamesToTheMx) {
  server.add_cname("a.example", "b.example", 50);
  server.add_cname("b.example", "c.example", 20);
  server.add_mx("c.example", 5, "mx.example", 90);
  const DnsAnswer answer = ask("a.example", RecordType::mx);
  EXPECT_EQ(answer.status, DnsStatus::answered);
  EXPECT_THAT(answer.cname_chain, ElementsAre("b.example", "c.example"));
  EXPECT_EQ(answer.mx.at(0).host, "mx.example");
  EXPECT_EQ(answer.ttl, std::chrono::seconds(20));
  EXPECT_EQ(server.queries(), 1u);
}

TEST_F(AresResolverTest, AsksForATargetTheAnswerLeftOut) {
  server.set_recursive(false);
  server.set_authenticated(true);
  server.add_cname("a.example", "b.example", 50);
  server.add_cname("b.example", "c.example", 20);
  server.add_txt("c.example", "x", 90);
  const DnsAnswer answer = ask("a.example", RecordType::txt);
  EXPECT_EQ(answer.status, DnsStatus::answered) << answer.detail;
  EXPECT_EQ(answer.name, "a.example");
  EXPECT_THAT(answer.cname_chain, ElementsAre("b.example", "c.example"));
  EXPECT_THAT(answer.texts, ElementsAre("x"));
  EXPECT_EQ(answer.ttl, std::chrono::seconds(20));
  EXPECT_TRUE(answer.authenticated);
  EXPECT_EQ(server.queries(RecordType::txt), 3u);
}

TEST_F(AresResolverTest, DanglingCnames) {
  server.add_cname("a.example", "gone.example");
  for (const bool recursive : {true, false}) {
    server.set_recursive(recursive);
    const DnsAnswer answer = ask("a.example", RecordType::txt);
    EXPECT_EQ(answer.status, DnsStatus::nxdomain) << recursive;
    EXPECT_THAT(answer.cname_chain, ElementsAre("gone.example")) << recursive;
    EXPECT_FALSE(answer.cname_loop) << recursive;
  }
}

TEST_F(AresResolverTest, FindsTheLoopHoweverTheServerShowsIt) {
  server.add_cname("a.example", "b.example");
  server.add_cname("b.example", "c.example");
  server.add_cname("c.example", "b.example");
  enum class Shown { servfail, in_the_answer, one_by_one };
  for (const Shown shown : {Shown::servfail, Shown::in_the_answer, Shown::one_by_one}) {
    server.set_loop_is_servfail(shown == Shown::servfail);
    server.set_recursive(shown != Shown::one_by_one);
    for (const RecordType type : {RecordType::txt, RecordType::mx, RecordType::aaaa}) {
      const DnsAnswer answer = ask("a.example", type);
      EXPECT_EQ(answer.status, DnsStatus::servfail);
      EXPECT_TRUE(answer.cname_loop) << static_cast<int>(shown);
      EXPECT_THAT(answer.cname_chain, ElementsAre("b.example", "c.example", "b.example"));
      EXPECT_THAT(answer.detail, HasSubstr("CNAME loop at b.example"));
    }
  }
}

TEST_F(AresResolverTest, SixteenCnamesAreTheLimit) {
  for (int i = 0; i < 40; ++i) {
    server.add_cname("h" + std::to_string(i) + ".example",
                     "h" + std::to_string(i + 1) + ".example");
  }
  server.add_txt("h40.example", "x");
  for (const bool recursive : {true, false}) {
    server.set_recursive(recursive);
    const DnsAnswer fits = ask("h24.example", RecordType::txt);
    EXPECT_EQ(fits.status, DnsStatus::answered) << fits.detail;
    EXPECT_EQ(fits.cname_chain.size(), 16u);
    const DnsAnswer too_long = ask("h23.example", RecordType::txt);
    EXPECT_EQ(too_long.status, DnsStatus::servfail);
    EXPECT_EQ(too_long.cname_chain.size(), 16u);
    EXPECT_FALSE(too_long.cname_loop);
    EXPECT_THAT(too_long.detail, HasSubstr("more than 16 CNAMEs"));
  }
  EXPECT_LE(server.queries(), 2u + 17u * 2u) << "the walk ends too";
}

TEST_F(AresResolverTest, TheWalkAfterServfailStaysWithinTheDeadline) {
  use(milliseconds(200), 2);
  server.behave("slow.example", DnsBehaviour::servfail, RecordType::txt);
  server.behave("slow.example", DnsBehaviour::silent, RecordType::cname);
  const auto begin = steady_clock::now();
  const DnsAnswer answer = ask("slow.example", RecordType::txt);
  EXPECT_EQ(answer.status, DnsStatus::servfail);
  EXPECT_THAT(answer.cname_chain, IsEmpty());
  EXPECT_LT(steady_clock::now() - begin, milliseconds(3000));
}

TEST_F(AresResolverTest, AServfailAtTheTargetKeepsTheChain) {
  server.add_cname("a.example", "b.example");
  server.behave("b.example", DnsBehaviour::servfail);
  const DnsAnswer answer = ask("a.example", RecordType::txt);
  EXPECT_EQ(answer.status, DnsStatus::servfail);
  EXPECT_THAT(answer.cname_chain, ElementsAre("b.example"));
  EXPECT_FALSE(answer.cname_loop);
}

}  // namespace
}  // namespace mtasts::net
