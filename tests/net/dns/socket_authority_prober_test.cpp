// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/dns/socket_authority_prober.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "async/deadline.h"
#include "fakes/dns_packet.h"
#include "fakes/dns_server.h"

namespace mtasts::net {
namespace {

using fakes::DnsBehaviour;
using protocol::AuthorityAnswer;
using protocol::DnsStatus;
using protocol::RecordType;
using std::chrono::milliseconds;

class SocketAuthorityProberTest : public testing::Test {
 protected:
  SocketAuthorityProberTest() { server.set_recursive(false); }

  AuthorityAnswer ask(const std::string& name, milliseconds timeout = std::chrono::seconds(10)) {
    SocketAuthorityProber prober(io.get_executor(), server.settings(timeout, 2), server.port());
    AuthorityAnswer result;
    boost::asio::co_spawn(io, prober.ask(*IpAddress::parse("127.0.0.1"), name, RecordType::txt),
                          [&](const std::exception_ptr& error, AuthorityAnswer answer) {
                            EXPECT_FALSE(error);
                            result = std::move(answer);
                          });
    io.restart();
    io.run();
    return result;
  }

  std::optional<uint32_t> serial(const std::string& zone) {
    SocketAuthorityProber prober(io.get_executor(), server.settings(std::chrono::seconds(10), 2),
                                 server.port());
    std::optional<uint32_t> result;
    boost::asio::co_spawn(io, prober.serial(*IpAddress::parse("127.0.0.1"), zone),
                          [&](const std::exception_ptr& error, std::optional<uint32_t> answer) {
                            EXPECT_FALSE(error);
                            result = answer;
                          });
    io.restart();
    io.run();
    return result;
  }

  fakes::DnsServer server;
  boost::asio::io_context io;
};

TEST_F(SocketAuthorityProberTest, AsksWithoutRecursionAndReadsTheAuthority) {
  server.add_txt("_mta-sts.one.example", "v=STSv1; id=1;", 86400);
  AuthorityAnswer said = ask("_mta-sts.one.example");
  EXPECT_EQ(said.answer.status, DnsStatus::answered);
  EXPECT_TRUE(said.authoritative);
  EXPECT_EQ(said.answer.texts, std::vector<std::string>{"v=STSv1; id=1;"});
  EXPECT_EQ(said.answer.ttl, std::chrono::hours(24));
  EXPECT_EQ(server.last_query().at(2) & 0x01, 0) << "RD";
}

TEST_F(SocketAuthorityProberTest, ATruncatedAnswerIsReadOverTcp) {
  for (int i = 0; i < 20; ++i)
    server.add_txt("_mta-sts.one.example", std::string(200, static_cast<char>('a' + i)));
  AuthorityAnswer said = ask("_mta-sts.one.example");
  EXPECT_EQ(said.answer.status, DnsStatus::answered);
  EXPECT_EQ(said.answer.texts.size(), 20u);
  EXPECT_GE(server.tcp_queries(), 1u);
}

TEST_F(SocketAuthorityProberTest, FailuresAreToldApart) {
  struct Case {
    DnsBehaviour behaviour;
    DnsStatus expected;
  };
  const Case cases[] = {
      {DnsBehaviour::servfail, DnsStatus::servfail},
      {DnsBehaviour::refused, DnsStatus::refused},
      {DnsBehaviour::silent, DnsStatus::timeout},
      {DnsBehaviour::wrong_id, DnsStatus::timeout},
      {DnsBehaviour::wrong_question, DnsStatus::timeout},  // no answer to the question
      {DnsBehaviour::truncated_always, DnsStatus::malformed},
      {DnsBehaviour::no_edns, DnsStatus::answered},
      {DnsBehaviour::truncated, DnsStatus::answered},
      {DnsBehaviour::malformed_rdata, DnsStatus::malformed},
      {DnsBehaviour::cut, DnsStatus::malformed},
  };
  int number = 0;
  for (const Case& c : cases) {
    std::string name = "n" + std::to_string(number++) + ".example";
    server.add_txt(name, "v=STSv1; id=1;");
    server.behave(name, c.behaviour);
    EXPECT_EQ(ask(name, milliseconds(300)).answer.status, c.expected) << name;
  }
}

TEST_F(SocketAuthorityProberTest, ALostDatagramIsSentAgain) {
  server.add_txt("_mta-sts.one.example", "v=STSv1; id=1;");
  server.drop_next("_mta-sts.one.example", 1);
  EXPECT_EQ(ask("_mta-sts.one.example", milliseconds(300)).answer.status, DnsStatus::answered);
}

TEST_F(SocketAuthorityProberTest, NobodyAtTheAddressIsNoAnswer) {
  SocketAuthorityProber prober(io.get_executor(), server.settings(milliseconds(200), 1), 1);
  DnsStatus status = DnsStatus::answered;
  boost::asio::co_spawn(io,
                        prober.ask(*IpAddress::parse("127.0.0.1"), "one.example", RecordType::txt),
                        [&](const std::exception_ptr& error, const AuthorityAnswer& said) {
                          EXPECT_FALSE(error);
                          status = said.answer.status;
                        });
  io.run();
  EXPECT_TRUE(protocol::is_silence(status)) << protocol::name_of(status);
}

TEST_F(SocketAuthorityProberTest, EndsAtOnceWhenCancelled) {
  server.add_txt("one.example", "x");
  server.behave("one.example", DnsBehaviour::silent);
  SocketAuthorityProber prober(io.get_executor(), server.settings(std::chrono::seconds(30), 3),
                               server.port());
  auto begin = std::chrono::steady_clock::now();
  bool ended = false;
  auto question = [&]() -> boost::asio::awaitable<void> {
    auto asking = prober.ask(*IpAddress::parse("127.0.0.1"), "one.example", RecordType::txt);
    co_await async::with_deadline(std::move(asking), milliseconds(50));
    ended = true;
  };
  boost::asio::co_spawn(io, question(), boost::asio::detached);
  io.run();
  EXPECT_TRUE(ended);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(SocketAuthorityProberTest, ReadsTheSerialOfTheZone) {
  std::string soa = fakes::wire_name("ns1.example") + fakes::wire_name("admin.example") +
                    fakes::wire_u32(2026112701) + fakes::wire_u32(3600) + fakes::wire_u32(600) +
                    fakes::wire_u32(86400) + fakes::wire_u32(300);
  server.add_raw("one.example", static_cast<RecordType>(fakes::kTypeSoa), soa);
  EXPECT_EQ(serial("one.example"), 2026112701u);
  EXPECT_EQ(serial("two.example"), std::nullopt);
}

}  // namespace
}  // namespace mtasts::net
