// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/message.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "fakes/dns_packet.h"

namespace mtasts::protocol {
namespace {

using fakes::DnsPacket;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Section = DnsPacket::Section;

constexpr uint16_t kGood = fakes::kResponse | fakes::kRecursionDesired | fakes::kRecursionAvailable;
constexpr std::string_view kName = "_mta-sts.example.com";

DnsPacket packet(uint16_t flags = kGood, RecordType type = RecordType::txt) {
  DnsPacket made(7, flags);
  made.question(kName, type);
  return made;
}

DnsResponse decode(const DnsPacket& made, RecordType type = RecordType::txt) {
  return decode_response(made.octets(), kName, type);
}

std::string host(int number) { return "h" + std::to_string(number) + ".example"; }

TEST(EncodeQuery, AsksOneQuestionWithAdAndOpt) {
  const auto query = encode_query("Mail.Example", RecordType::tlsa, 0x1234);
  ASSERT_TRUE(query);
  std::string expected("\x12\x34\x01\x20\0\1\0\0\0\0\0\1", 12);
  expected += std::string("\4mail\7example\0", 14);
  expected += std::string("\0\x34\0\1", 4);
  expected += fakes::wire_opt(1232);
  EXPECT_EQ(*query, expected);
}

TEST(EncodeQuery, Names) {
  const std::string label63(63, 'a');
  struct Case {
    std::string name;
    bool good;
    std::string why;
  };
  const std::vector<Case> cases = {
      {".", true, "the root"},
      {"", true, "the root"},
      {"a.example.", true, "dot at the end"},
      {"\\046\\.b.example", true, "escaped dots inside a label"},
      {"\\255.example", true, "any octet"},
      {label63 + ".example", true, "label of 63"},
      {label63 + "a.example", false, "label of 64"},
      {label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b'), true, "name of 255"},
      {label63 + "." + label63 + "." + label63 + "." + std::string(62, 'b'), false, "name of 256"},
      {"a..example", false, "empty label"},
      {".example", false, "empty first label"},
      {"..", false, "only dots"},
      {"a\\", false, "escape without a character"},
      {"a\\25", false, "escape cut short"},
      {"a\\2x5", false, "escape with a letter in it"},
      {"a\\256", false, "escape over 255"},
  };
  for (const auto& [name, good, why] : cases) {
    EXPECT_EQ(encode_query(name, RecordType::a, 1).has_value(), good) << why;
  }
}

// RFC 2308 §2.2: what an empty NOERROR means depends on the authority section.
TEST(DecodeResponse, AReferralIsNotNodata) {
  const std::string ns = fakes::wire_name("ns.example");
  const auto authority = [&](DnsPacket made, bool soa, bool name_servers) {
    if (soa) made.negative("example.com");
    if (name_servers) made.record(Section::authority, fakes::wire_name("example.com"), 2, ns);
    return made;
  };
  struct Case {
    bool soa, name_servers;
    DnsStatus status;
    const char* why;
  };
  const Case cases[] = {
      {true, false, DnsStatus::nodata, "NODATA type 2"},
      {true, true, DnsStatus::nodata, "NODATA type 1"},
      {false, false, DnsStatus::nodata, "NODATA type 3, as dnsmasq answers"},
      {false, true, DnsStatus::referral, "a server that is not recursive"},
  };
  for (const auto& [soa, name_servers, status, why] : cases) {
    const DnsResponse response = decode(authority(packet(), soa, name_servers));
    EXPECT_EQ(response.answer.status, status) << why;
    EXPECT_FALSE(response.target_open) << why;
    const DnsPacket denial = packet(kGood | 3);
    EXPECT_EQ(decode(authority(denial, soa, name_servers)).answer.status, DnsStatus::nxdomain)
        << why;
  }
  EXPECT_EQ(decode(authority(packet(kGood | fakes::kAuthoritative), false, true)).answer.status,
            DnsStatus::nodata)
      << "with authority";
  EXPECT_THAT(decode(authority(packet(), false, true)).answer.detail, HasSubstr("referral"));
  EXPECT_TRUE(is_local_failure(DnsStatus::referral));
  EXPECT_FALSE(is_conclusive(DnsStatus::referral));

  DnsPacket chain = packet();
  chain.answer(kName, RecordType::cname, fakes::wire_name("target.example"));
  EXPECT_TRUE(decode(authority(chain, false, true)).target_open) << "the target can be asked for";
  DnsPacket found = packet();
  found.answer(kName, RecordType::txt, fakes::wire_txt("v=STSv1; id=1;"));
  EXPECT_EQ(decode(authority(found, false, true)).answer.status, DnsStatus::answered);
}

TEST(DecodeResponse, TruncationIsReported) {
  EXPECT_TRUE(decode(packet(kGood | fakes::kTruncated)).truncated);
  EXPECT_FALSE(decode(packet()).truncated);
}

TEST(CanonicalName, LowerCaseWithoutDotAndEscaped) {
  EXPECT_EQ(canonical_name("MAIL.Example."), "mail.example");
  EXPECT_EQ(canonical_name("."), "");
  EXPECT_EQ(canonical_name("a\\.b.example"), "a\\046b.example");
  EXPECT_EQ(canonical_name("a b.$(x).\\200"), "a\\032b.\\036\\040x\\041.\\200");
  EXPECT_EQ(canonical_name("*._tcp-1.example"), "*._tcp-1.example");
  EXPECT_FALSE(canonical_name("a..b"));
}

TEST(DecodeResponse, JoinsTheStringsOfEachText) {
  const std::string text(600, 'x');
  const auto response =
      decode(packet(kGood | fakes::kAuthentic)
                 .answer(kName, RecordType::txt, fakes::wire_txt("v=STSv1; id=1;"), 60)
                 .answer("_MTA-STS.example.COM", RecordType::txt, fakes::wire_txt(text), 30)
                 .answer(kName, RecordType::txt, std::string(1, '\0')));
  EXPECT_EQ(response.answer.status, DnsStatus::answered);
  EXPECT_EQ(response.answer.name, kName);
  EXPECT_EQ(response.answer.type, RecordType::txt);
  EXPECT_THAT(response.answer.texts, ElementsAre("v=STSv1; id=1;", text, ""));
  EXPECT_EQ(response.answer.ttl, std::chrono::seconds(30));
  EXPECT_TRUE(response.answer.authenticated);
  EXPECT_EQ(response.answer.detail, "");
  EXPECT_FALSE(response.target_open);
}

TEST(DecodeResponse, MxHostsAreLowerCaseAndTheRootIsEmpty) {
  const auto response =
      decode(packet(kGood, RecordType::mx)
                 .answer(kName, RecordType::mx, fakes::wire_mx(20, "MX2.Example"))
                 .answer(kName, RecordType::mx, fakes::wire_mx(0, "."))
                 .answer(kName, RecordType::mx, fakes::wire_mx(10, "a\\.b \\007.example"))
                 .answer(kName, RecordType::mx, fakes::wire_u16(5) + fakes::wire_pointer(21)),
             RecordType::mx);
  EXPECT_EQ(response.answer.status, DnsStatus::answered);
  const std::vector<MxRecord> expected = {
      {20, "mx2.example"}, {0, ""}, {10, "a\\046b\\032\\007.example"}, {5, "example.com"}};
  EXPECT_EQ(response.answer.mx, expected);
}

TEST(DecodeResponse, AddressesTlsaAndNames) {
  const auto v4 = decode(packet(kGood, RecordType::a).answer(kName, RecordType::a, "\x7f\1\2\3"),
                         RecordType::a);
  ASSERT_EQ(v4.answer.addresses.size(), 1u);
  EXPECT_EQ(v4.answer.addresses[0].text(), "127.1.2.3");

  const std::string octets = std::string("\x20\1\x0d\xb8", 4) + std::string(11, '\0') + "\1";
  const auto v6 = decode(packet(kGood, RecordType::aaaa).answer(kName, RecordType::aaaa, octets),
                         RecordType::aaaa);
  ASSERT_EQ(v6.answer.addresses.size(), 1u);
  EXPECT_EQ(v6.answer.addresses[0].text(), "2001:db8::1");

  const std::string record = fakes::wire_tlsa(3, 1, 1, "00ff10ab");
  const auto tlsa = decode(packet(kGood, RecordType::tlsa).answer(kName, RecordType::tlsa, record),
                           RecordType::tlsa);
  EXPECT_THAT(tlsa.answer.tlsa, ElementsAre(record));

  const auto ns = decode(packet(kGood, RecordType::ns)
                             .answer(kName, RecordType::ns, fakes::wire_name("A.Root.example")),
                         RecordType::ns);
  EXPECT_THAT(ns.answer.names, ElementsAre("a.root.example"));
}

TEST(DecodeResponse, TheRootCanBeAsked) {
  DnsPacket made(7, kGood);
  made.question(".", RecordType::ns).answer(".", RecordType::ns, fakes::wire_name("a.example"));
  const auto response = decode_response(made.octets(), ".", RecordType::ns);
  EXPECT_EQ(response.answer.status, DnsStatus::answered);
  EXPECT_THAT(response.answer.names, ElementsAre("a.example"));
}

TEST(DecodeResponse, RcodesBecomeStatuses) {
  struct Case {
    uint16_t rcode;
    DnsStatus status;
    std::string detail;
  };
  const std::vector<Case> cases = {
      {0, DnsStatus::nodata, "NODATA"},     {1, DnsStatus::servfail, "FORMERR"},
      {2, DnsStatus::servfail, "SERVFAIL"}, {3, DnsStatus::nxdomain, "NXDOMAIN"},
      {4, DnsStatus::servfail, "NOTIMP"},   {5, DnsStatus::refused, "REFUSED"},
      {9, DnsStatus::servfail, "NOTAUTH"},  {15, DnsStatus::servfail, "RCODE 15"},
  };
  for (const auto& [rcode, status, detail] : cases) {
    const auto response = decode(packet(kGood | rcode));
    EXPECT_EQ(response.answer.status, status) << detail;
    EXPECT_EQ(response.answer.detail, detail);
  }
}

TEST(DecodeResponse, ExtendedErrorsAreReported) {
  const auto one = decode(packet(kGood | 2).raw(
      Section::additional, fakes::wire_opt(1232, fakes::wire_extended_error(22, ""))));
  EXPECT_EQ(one.answer.detail, "SERVFAIL (EDE 22: No Reachable Authority)");
  const auto two = decode(packet(kGood | 2).raw(
      Section::additional,
      fakes::wire_opt(1232, std::string("\0\3\0\1x", 5) +
                                fakes::wire_extended_error(6, "bad\nsignature") +
                                fakes::wire_extended_error(999, ""))));
  EXPECT_EQ(two.answer.detail,
            "SERVFAIL (EDE 6: DNSSEC Bogus, bad\\x0Asignature, EDE 999: unassigned code)");
  const auto stale = decode(
      packet()
          .answer(kName, RecordType::txt, "\1a")
          .raw(Section::additional, fakes::wire_opt(1232, fakes::wire_extended_error(3, ""))));
  EXPECT_EQ(stale.answer.status, DnsStatus::answered);
  EXPECT_EQ(stale.answer.detail, "NOERROR (EDE 3: Stale Answer)");
}

TEST(DecodeResponse, ExtendedRcodeIsNoSuccess) {
  std::string opt = fakes::wire_opt(1232);
  opt[5] = 1;  // RFC 6891 §6.1.3: 1 << 4 is BADVERS
  const auto response = decode(packet().raw(Section::additional, opt));
  EXPECT_EQ(response.answer.status, DnsStatus::servfail);
  EXPECT_EQ(response.answer.detail, "BADVERS");
}

TEST(DecodeResponse, FaultsAfterTheAnswerLoseOnlyTheExtras) {
  const auto response = decode(packet()
                                   .answer(kName, RecordType::txt, "\1a")
                                   .raw(Section::authority, "\xc0")
                                   .raw(Section::additional, "\1"));
  EXPECT_EQ(response.answer.status, DnsStatus::answered);
  const auto option = decode(packet(kGood | 2).raw(
      Section::additional, fakes::wire_opt(1232, std::string("\0\x0f\0\x7f", 4))));
  EXPECT_EQ(option.answer.detail, "SERVFAIL");
}

TEST(DecodeResponse, FollowsTheChainAndIgnoresWhatIsNotOnIt) {
  const auto response =
      decode(packet()
                 .answer("two.example", RecordType::txt, fakes::wire_txt("found"), 500)
                 .answer("ONE.example", RecordType::cname, fakes::wire_name("Two.example"), 40)
                 .answer(kName, RecordType::cname, fakes::wire_name("one.example"), 90)
                 .answer("elsewhere.example", RecordType::txt, fakes::wire_txt("not ours"), 1)
                 .record(Section::answer, fakes::wire_name("two.example"), 46, "signature", 1)
                 .record(Section::answer, fakes::wire_name("two.example"), 16, "\1c", 1, 3)
                 .answer(kName, RecordType::txt, fakes::wire_txt("beside a CNAME"), 1));
  EXPECT_EQ(response.answer.status, DnsStatus::answered);
  EXPECT_THAT(response.answer.texts, ElementsAre("found"));
  EXPECT_THAT(response.answer.cname_chain, ElementsAre("one.example", "two.example"));
  EXPECT_EQ(response.answer.ttl, std::chrono::seconds(40));
  EXPECT_FALSE(response.answer.cname_loop);
}

TEST(DecodeResponse, ACnameQuestionIsNotFollowed) {
  const auto response =
      decode(packet(kGood, RecordType::cname)
                 .answer(kName, RecordType::cname, fakes::wire_name("one.example"))
                 .answer("one.example", RecordType::cname, fakes::wire_name("two.example")),
             RecordType::cname);
  EXPECT_THAT(response.answer.names, ElementsAre("one.example"));
  EXPECT_THAT(response.answer.cname_chain, IsEmpty());
}

TEST(DecodeResponse, DistinguishesDanglingEmptyAndUnknownTargets) {
  const auto chain = [](uint16_t flags) {
    auto made = packet(flags);
    made.answer(kName, RecordType::cname, fakes::wire_name("gone.example"));
    return made;
  };
  const auto dangling = decode(chain(kGood | 3));
  EXPECT_EQ(dangling.answer.status, DnsStatus::nxdomain);
  EXPECT_THAT(dangling.answer.cname_chain, ElementsAre("gone.example"));
  EXPECT_FALSE(dangling.target_open);

  const auto empty = decode(chain(kGood).negative());
  EXPECT_EQ(empty.answer.status, DnsStatus::nodata);
  EXPECT_FALSE(empty.target_open);

  const auto unknown = decode(chain(kGood));
  EXPECT_EQ(unknown.answer.status, DnsStatus::nodata);
  EXPECT_TRUE(unknown.target_open);
  EXPECT_FALSE(decode(packet()).target_open) << "no chain: the name itself is empty";
}

TEST(DecodeResponse, LoopsAndLongChainsEnd) {
  const auto loop = decode(packet()
                               .answer(kName, RecordType::cname, fakes::wire_name("one.example"))
                               .answer("one.example", RecordType::cname, fakes::wire_name(kName)));
  EXPECT_EQ(loop.answer.status, DnsStatus::servfail);
  EXPECT_TRUE(loop.answer.cname_loop);
  EXPECT_THAT(loop.answer.cname_chain, ElementsAre("one.example", std::string(kName)));
  EXPECT_EQ(loop.answer.detail, "CNAME loop at _mta-sts.example.com");

  const auto self = decode(packet().answer(kName, RecordType::cname, fakes::wire_name(kName)));
  EXPECT_TRUE(self.answer.cname_loop);

  for (const int hops : {16, 17}) {
    auto made = packet();
    made.answer(kName, RecordType::cname, fakes::wire_name(host(1)));
    for (int i = 1; i < hops; ++i) {
      made.answer(host(i), RecordType::cname, fakes::wire_name(host(i + 1)));
    }
    made.answer(host(hops), RecordType::txt, "\1a");
    const auto response = decode(made);
    const bool fits = hops == 16;
    EXPECT_EQ(response.answer.status, fits ? DnsStatus::answered : DnsStatus::servfail) << hops;
    EXPECT_EQ(response.answer.cname_chain.size(), 16u) << hops;
    EXPECT_FALSE(response.answer.cname_loop) << hops;
    EXPECT_EQ(response.answer.detail, fits ? "" : "more than 16 CNAMEs in a chain");
  }
}

TEST(DecodeResponse, TtlsHaveBounds) {
  const auto ttl = [](uint32_t seconds) {
    return decode(packet().answer(kName, RecordType::txt, "\1a", seconds)).answer.ttl.count();
  };
  EXPECT_EQ(ttl(0), 0);
  EXPECT_EQ(ttl(3600), 3600);
  EXPECT_EQ(ttl(0x7fffffff), 7 * 24 * 3600) << "longer than any resolver keeps it";
  EXPECT_EQ(ttl(0x80000000), 0) << "RFC 2181 §8";
}

}  // namespace
}  // namespace mtasts::protocol
