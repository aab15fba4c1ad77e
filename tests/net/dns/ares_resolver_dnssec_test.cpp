// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Queries of AresResolver for signatures and with checking disabled.
#include <gmock/gmock.h>

#include <string>

#include "ares_resolver_fixture.h"
#include "fakes/dns_packet.h"

namespace mtasts::net {
namespace {

using fakes::DnsBehaviour;
using protocol::DnsAnswer;
using protocol::DnssecFlags;
using protocol::DnsStatus;
using protocol::RecordType;
using testing::ElementsAre;

constexpr std::string_view kTlsa("\3\1\1\xaa\xbb");

class AresResolverDnssec : public AresResolverFixture {
 protected:
  std::shared_ptr<std::optional<DnsAnswer>> start_dnssec(const std::string& name, RecordType type,
                                                         bool checking_disabled) {
    const auto answer = std::make_shared<std::optional<DnsAnswer>>();
    const auto store = [answer](const std::exception_ptr& error, DnsAnswer value) {
      EXPECT_FALSE(error);
      *answer = std::move(value);
    };
    DnssecFlags flags;
    flags.signatures = true;
    flags.checking_disabled = checking_disabled;
    boost::asio::co_spawn(io, resolver->query_dnssec("one.example", name, type, flags), store);
    return answer;
  }
  DnsAnswer ask_dnssec(const std::string& name, RecordType type, bool checking_disabled = false) {
    const auto answer = start_dnssec(name, type, checking_disabled);
    run();
    return answer->value_or(DnsAnswer{});
  }
};

TEST_F(AresResolverDnssec, SetsTheBitsOnTheWire) {
  server.add_tlsa("_25._tcp.a.example", kTlsa);
  EXPECT_THAT(ask_dnssec("_25._tcp.a.example", RecordType::tlsa).tlsa, ElementsAre(kTlsa));
  std::string query = server.last_query();
  EXPECT_EQ(query.substr(2, 2), std::string("\x01\x20"));
  EXPECT_EQ(query.substr(query.size() - 4), std::string("\x80\0\0\0", 4));
  ask_dnssec("_25._tcp.a.example", RecordType::tlsa, true);
  query = server.last_query();
  EXPECT_EQ(query.substr(2, 2), std::string("\x01\x30"));
  ask("_25._tcp.a.example", RecordType::tlsa);
  query = server.last_query();
  EXPECT_EQ(query.substr(query.size() - 4), std::string(4, '\0'));
}

TEST_F(AresResolverDnssec, ABogusAnswerShowsUnderCdAndIsNotAuthentic) {
  server.set_authenticated(true);
  server.add_tlsa("_25._tcp.a.example", kTlsa);
  server.behave("_25._tcp.a.example", DnsBehaviour::bogus);
  EXPECT_EQ(ask_dnssec("_25._tcp.a.example", RecordType::tlsa).status, DnsStatus::servfail);
  const DnsAnswer behind = ask_dnssec("_25._tcp.a.example", RecordType::tlsa, true);
  EXPECT_EQ(behind.status, DnsStatus::answered);
  EXPECT_THAT(behind.tlsa, ElementsAre(kTlsa));
  EXPECT_FALSE(behind.authenticated) << "the server set AD, which says nothing under CD";
}

TEST_F(AresResolverDnssec, QuestionsWithOtherBitsAreNotShared) {
  server.set_authenticated(true);
  server.add_tlsa("_25._tcp.a.example", kTlsa);
  server.behave("_25._tcp.a.example", DnsBehaviour::bogus);
  const auto checked = start_dnssec("_25._tcp.a.example", RecordType::tlsa, false);
  const auto again = start_dnssec("_25._tcp.a.example", RecordType::tlsa, false);
  const auto unchecked = start_dnssec("_25._tcp.a.example", RecordType::tlsa, true);
  run();
  EXPECT_EQ((*checked)->status, DnsStatus::servfail);
  EXPECT_EQ((*again)->status, DnsStatus::servfail);
  EXPECT_EQ((*unchecked)->status, DnsStatus::answered);
  EXPECT_EQ(server.queries("_25._tcp.a.example", RecordType::tlsa), 2u);
}

// A signature of each piece of a chain that is asked for piece by piece.
TEST_F(AresResolverDnssec, AChainHasTheSignaturesOfAllItsLinks) {
  const auto signature = [](RecordType covered, uint8_t labels) {
    std::string data = fakes::wire_u16(static_cast<uint16_t>(covered)) + "\x0d";
    data += static_cast<char>(labels);
    data += fakes::wire_u32(300) + fakes::wire_u32(2000) + fakes::wire_u32(1000);
    return data + fakes::wire_u16(1) + fakes::wire_name("example") + std::string(64, 's');
  };
  server.set_recursive(false);
  server.add_cname("a.example", "b.example");
  server.add_signature("a.example", RecordType::cname, signature(RecordType::cname, 2));
  server.add_address("b.example", "192.0.2.1");
  server.add_signature("b.example", RecordType::a, signature(RecordType::a, 2));
  const DnsAnswer whole = ask_dnssec("a.example", RecordType::a);
  EXPECT_EQ(whole.status, DnsStatus::answered) << whole.detail;
  ASSERT_EQ(whole.dnssec.signatures.size(), 2u);
  EXPECT_EQ(whole.dnssec.signatures[0].owner, "a.example");
  EXPECT_EQ(whole.dnssec.signatures[1].owner, "b.example");
  EXPECT_TRUE(ask("a.example", RecordType::a).dnssec.signatures.empty()) << "not asked for";
}

}  // namespace
}  // namespace mtasts::net
