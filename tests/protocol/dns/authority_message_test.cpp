// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/authority_message.h"

#include <gtest/gtest.h>

#include "fakes/dns_packet.h"

namespace mtasts::protocol {
namespace {

using fakes::DnsPacket;
using Section = DnsPacket::Section;

constexpr uint16_t kAnswer = fakes::kResponse | fakes::kAuthoritative;
const std::string kName = "_mta-sts.one.example";

std::string soa(uint32_t serial) {
  return fakes::wire_name("ns1.example") + fakes::wire_name("admin.example") +
         fakes::wire_u32(serial) + std::string(16, '\0');
}

TEST(AuthorityMessage, QueriesDoNotAskForRecursion) {
  auto record = encode_authority_query(kName, RecordType::txt, 0x1234);
  auto zone = encode_soa_query("one.example", 0x1234);
  ASSERT_TRUE(record && zone);
  EXPECT_EQ(record->at(2), 0);
  EXPECT_EQ(zone->at(2), 0);
  EXPECT_EQ(zone->substr(12 + 13, 2), fakes::wire_u16(fakes::kTypeSoa));
  EXPECT_FALSE(encode_authority_query("a..b", RecordType::txt, 1));
}

TEST(AuthorityMessage, AuthorityAndReferralAreToldApart) {
  struct Case {
    std::string message;
    DnsStatus status;
    bool authoritative;
    bool referral;
  };
  std::string text = fakes::wire_txt("v=STSv1; id=1;");
  std::string server = fakes::wire_name("ns1.example");
  uint16_t ns = static_cast<uint16_t>(RecordType::ns);
  auto packet = [](uint16_t flags) { return DnsPacket(1, flags).question(kName, RecordType::txt); };
  const Case cases[] = {
      {packet(kAnswer).answer(kName, RecordType::txt, text).octets(), DnsStatus::answered, true,
       false},
      {packet(fakes::kResponse).answer(kName, RecordType::txt, text).octets(), DnsStatus::answered,
       false, false},
      {packet(kAnswer).negative().octets(), DnsStatus::nodata, true, false},
      {packet(kAnswer | 3).negative().octets(), DnsStatus::nxdomain, true, false},
      {packet(fakes::kResponse)
           .record(Section::authority, fakes::wire_name(kName), ns, server)
           .octets(),
       DnsStatus::referral, false, true},
      {packet(fakes::kResponse).octets(), DnsStatus::nodata, false, false},
      {packet(fakes::kResponse).negative().octets(), DnsStatus::nodata, false, false},
      {packet(fakes::kResponse | 5).octets(), DnsStatus::refused, false, false},
      {packet(fakes::kResponse | 2).octets(), DnsStatus::servfail, false, false},
      {DnsPacket(1, kAnswer).question("other.example", RecordType::txt).octets(),
       DnsStatus::malformed, false, false},
      {"", DnsStatus::malformed, false, false},
      {packet(kAnswer | fakes::kTruncated).octets(), DnsStatus::malformed, false, false},
  };
  int number = 0;
  for (const Case& c : cases) {
    AuthorityAnswer said = decode_authority_response(c.message, kName, RecordType::txt);
    EXPECT_EQ(said.answer.status, c.status) << number;
    EXPECT_EQ(said.authoritative, c.authoritative) << number;
    EXPECT_EQ(said.referral, c.referral) << number++;
  }
}

TEST(AuthorityMessage, TheSerialIsThatOfTheZoneAlone) {
  auto packet = [](uint16_t flags, const std::string& owner, const std::string& data) {
    return DnsPacket(1, flags)
        .question("one.example", static_cast<RecordType>(fakes::kTypeSoa))
        .record(Section::answer, fakes::wire_name(owner), fakes::kTypeSoa, data)
        .octets();
  };
  EXPECT_EQ(decode_soa_serial(packet(kAnswer, "one.example", soa(7)), "One.Example."), 7u);
  EXPECT_EQ(decode_soa_serial(packet(kAnswer, "example", soa(7)), "one.example"), std::nullopt);
  EXPECT_EQ(decode_soa_serial(packet(fakes::kResponse, "one.example", soa(7)), "one.example"),
            std::nullopt)
      << "no authority";
  EXPECT_EQ(decode_soa_serial(packet(kAnswer | 5, "one.example", soa(7)), "one.example"),
            std::nullopt)
      << "refused";
  EXPECT_EQ(decode_soa_serial(packet(kAnswer, "one.example", soa(7).substr(0, 20)), "one.example"),
            std::nullopt);
  std::string whole = packet(kAnswer, "one.example", soa(7));
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(decode_soa_serial(whole.substr(0, size), "one.example"), std::nullopt) << size;
}

TEST(AuthorityMessage, TruncationIsSeen) {
  EXPECT_TRUE(is_truncated(DnsPacket(1, kAnswer | fakes::kTruncated).octets()));
  EXPECT_FALSE(is_truncated(DnsPacket(1, kAnswer).octets()));
  EXPECT_FALSE(is_truncated(""));
  EXPECT_FALSE(is_truncated(std::string(5, '\xff')));
}

}  // namespace
}  // namespace mtasts::protocol
