// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the decoder reads of DNSSEC: the AD bit, signatures, denials, DS and DNSKEY.
#include "protocol/dns/dnssec.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <string>
#include <vector>

#include "fakes/dns_packet.h"
#include "protocol/dns/message.h"

namespace mtasts::protocol {
namespace {

using fakes::DnsPacket;
using fakes::wire_name;
using fakes::wire_u16;
using fakes::wire_u32;
using testing::ElementsAre;
using testing::IsEmpty;
using Section = DnsPacket::Section;

constexpr uint16_t kGood = fakes::kResponse | fakes::kRecursionDesired | fakes::kRecursionAvailable;
constexpr uint16_t kRrsig = 46, kNsec3 = 50;
constexpr std::string_view kName = "_25._tcp.mx.example";
constexpr uint32_t kInception = 1'700'000'000, kExpiration = 1'701'000'000;

DnsPacket packet(uint16_t flags = kGood, RecordType type = RecordType::tlsa) {
  DnsPacket made(7, flags);
  made.question(kName, type);
  return made;
}

DnsAnswer decode(const DnsPacket& made, RecordType type = RecordType::tlsa) {
  return decode_response(made.octets(), kName, type).answer;
}

std::string signature(RecordType covered, uint8_t labels, uint32_t expiration = kExpiration,
                      uint32_t inception = kInception, std::string_view signer = "Example") {
  std::string data = wire_u16(static_cast<uint16_t>(covered));
  data += static_cast<char>(13);
  data += static_cast<char>(labels);
  data += wire_u32(600) + wire_u32(expiration) + wire_u32(inception) + wire_u16(4711);
  data += wire_name(signer) + std::string(64, 's');
  return data;
}

std::string nsec3(uint8_t flags, uint16_t iterations) {
  std::string data(1, '\1');
  data += static_cast<char>(flags);
  data += wire_u16(iterations);
  return data + std::string("\0\x14", 2) + std::string(20, 'h');
}

Time at(uint32_t seconds) { return Time(std::chrono::seconds(seconds)); }

TEST(AuthenticData, CountsOnlyWithDataAndNeverUnderCd) {
  struct Case {
    uint16_t flags;
    bool authenticated;
    std::string why;
  };
  const uint16_t ad = kGood | fakes::kAuthentic;
  for (const auto& [flags, expected, why] :
       std::vector<Case>{{ad, true, "NOERROR"},
                         {uint16_t(ad | 3), true, "NXDOMAIN"},
                         {uint16_t(ad | 2), false, "SERVFAIL with AD, as one resolver sent it"},
                         {uint16_t(ad | 5), false, "REFUSED"},
                         {uint16_t(ad | 1), false, "FORMERR"},
                         {uint16_t(ad | fakes::kCheckingDisabled), false, "under CD"},
                         {kGood, false, "no AD"}}) {
    const bool denied = (flags & 0xf) != 0;
    auto made = packet(flags);
    if (!denied) made.answer(kName, RecordType::tlsa, "\3\1\1x");
    made.negative();
    EXPECT_EQ(decode(made).authenticated, expected) << why;
  }
}

TEST(Signatures, AreReadWithTheirDates) {
  const auto answer = decode(
      packet()
          .answer(kName, RecordType::tlsa, "\3\1\1x", 300)
          .record(Section::answer, wire_name(kName), kRrsig, signature(RecordType::tlsa, 4), 300));
  ASSERT_EQ(answer.dnssec.signatures.size(), 1u);
  const DnsSignature& one = answer.dnssec.signatures[0];
  EXPECT_EQ(one.owner, kName);
  EXPECT_EQ(one.covered, 52);
  EXPECT_EQ(one.algorithm, 13);
  EXPECT_EQ(one.labels, 4);
  EXPECT_EQ(one.key_tag, 4711);
  EXPECT_EQ(one.signer, "example");
  EXPECT_EQ(one.inception, at(kInception));
  EXPECT_EQ(one.expiration, at(kExpiration));
  EXPECT_EQ(one.original_ttl, std::chrono::seconds(600));
  EXPECT_EQ(one.ttl, std::chrono::seconds(300));
  EXPECT_FALSE(answer.dnssec.wildcard);
  EXPECT_EQ(answer.status, DnsStatus::answered);
  EXPECT_EQ(answer.ttl, std::chrono::seconds(300));
}

TEST(Signatures, FewerLabelsMeanAWildcard) {
  for (const int labels : {4, 3, 2}) {
    const auto answer =
        decode(packet()
                   .answer(kName, RecordType::tlsa, "\3\1\1x")
                   .record(Section::answer, wire_name(kName), kRrsig,
                           signature(RecordType::tlsa, uint8_t(labels)))
                   .record(Section::authority, wire_name("h.example"), kNsec3, nsec3(1, 200)));
    EXPECT_EQ(answer.dnssec.wildcard, labels < 4) << labels;
    EXPECT_EQ(answer.dnssec.nsec3_iterations, 200);
    EXPECT_TRUE(answer.dnssec.nsec3_opt_out);
  }
  EXPECT_EQ(label_count(""), 0);
  EXPECT_EQ(label_count("*"), 0);
  EXPECT_EQ(label_count("*.example"), 1);
  EXPECT_EQ(label_count("a.b.example"), 3);
}

TEST(Signatures, OfADenialAreThoseOfItsProof) {
  const auto answer = decode(
      packet(kGood | fakes::kAuthentic | 3)
          .negative("example")
          .record(Section::authority, wire_name("example"), kRrsig, signature(RecordType::soa, 1))
          .record(Section::authority, wire_name("example"), kRrsig, signature(RecordType::ns, 1))
          .record(Section::authority, wire_name("h.example"), kNsec3, nsec3(0, 5))
          .record(Section::authority, wire_name("h.example"), kRrsig,
                  signature(static_cast<RecordType>(kNsec3), 2)));
  EXPECT_EQ(answer.status, DnsStatus::nxdomain);
  EXPECT_TRUE(answer.authenticated);
  EXPECT_EQ(answer.zone, "example");
  ASSERT_EQ(answer.dnssec.signatures.size(), 2u) << "name servers are not part of the proof";
  EXPECT_EQ(answer.dnssec.signatures[0].covered, 6);
  EXPECT_EQ(answer.dnssec.signatures[1].covered, kNsec3);
  EXPECT_EQ(answer.dnssec.nsec3_iterations, 5);
  EXPECT_FALSE(answer.dnssec.nsec3_opt_out);
}

TEST(Signatures, TheLastOfEachSetCounts) {
  std::vector<DnsSignature> signatures(4);
  for (size_t i = 0; i < signatures.size(); ++i) {
    signatures[i].owner = i < 3 ? "a.example" : "b.example";
    signatures[i].covered = i == 2 ? 5 : 52;
    signatures[i].expiration = at(1000 * uint32_t(i + 1));
  }
  const auto sets = last_of_each(signatures);
  ASSERT_EQ(sets.size(), 3u);
  EXPECT_EQ(sets[0].expiration, at(2000)) << "of two, the one that ends last";
  EXPECT_EQ(sets[1].covered, 5);
  EXPECT_EQ(sets[2].owner, "b.example");
}

TEST(Signatures, HostileOnesAreLeftOut) {
  auto many = packet().answer(kName, RecordType::tlsa, "\3\1\1x");
  for (int i = 0; i < 300; ++i)
    many.record(Section::answer, wire_name(kName), kRrsig, signature(RecordType::tlsa, 4));
  EXPECT_EQ(decode(many).dnssec.signatures.size(), kSignatureLimit);
  EXPECT_EQ(decode(many).status, DnsStatus::answered);

  const std::string whole = signature(RecordType::tlsa, 4);
  for (const size_t size : {0u, 1u, 17u, 18u, 20u, 26u, 27u}) {
    const auto answer = decode(packet()
                                   .answer(kName, RecordType::tlsa, "\3\1\1x")
                                   .record(Section::answer, wire_name(kName), kRrsig,
                                           std::string_view(whole).substr(0, size)));
    EXPECT_EQ(answer.status, DnsStatus::answered) << size;
    EXPECT_THAT(answer.dnssec.signatures, IsEmpty()) << size;
  }
}

TEST(TlsaData, IsKeptAsReceived) {
  const std::string with_zeros("\3\1\0\0\xff", 5);
  const auto answer = decode(packet()
                                 .answer(kName, RecordType::tlsa, with_zeros)
                                 .answer(kName, RecordType::tlsa, "\3")
                                 .answer(kName, RecordType::tlsa, ""));
  EXPECT_EQ(answer.status, DnsStatus::answered);
  EXPECT_THAT(answer.tlsa, ElementsAre(with_zeros, "\3", ""));
}

// The examples of RFC 4034 §5.4 and RFC 4509 §2.3.
TEST(Delegation, MatchesTheExamplesOfTheRfcs) {
  const std::string_view base64 =
      "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMm"
      "mAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==";
  std::string key(base64.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  key.resize(static_cast<size_t>(size) - 2);  // what the padding stands for
  constexpr std::string_view kZone = "dskey.example.com";
  DnsPacket keys(7, kGood);
  keys.question(kZone, RecordType::dnskey)
      .answer(kZone, RecordType::dnskey, wire_u16(256) + "\3\5" + key);
  const auto answer = decode_response(keys.octets(), kZone, RecordType::dnskey).answer;
  ASSERT_EQ(answer.keys.size(), 1u);
  EXPECT_EQ(answer.keys[0].key_tag, 60485);
  EXPECT_EQ(answer.keys[0].flags, 256);

  const DsRecord sha1{60485, 5, 1, "2bb183af5f22588179a53b0a98631fad1a292118"};
  const DsRecord sha256{60485, 5, 2,
                        "d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"};
  DsRecord other = sha256;
  other.digest_hex[0] = '0';
  DsRecord other_tag = sha256;
  other_tag.key_tag = 1;
  DsRecord other_algorithm = sha256;
  other_algorithm.algorithm = 8;
  const DsRecord unknown{60485, 5, 3, "00"};
  const auto match =
      match_delegation({sha1, sha256, other, other_tag, other_algorithm, unknown}, answer.keys);
  EXPECT_THAT(match.matched_tags, ElementsAre(60485, 60485));
  EXPECT_THAT(match.unmatched_tags, ElementsAre(60485, 1, 60485));
  EXPECT_EQ(match.unknown_digests, 1u);
  EXPECT_THAT(match_delegation({sha1}, {}).unmatched_tags, ElementsAre(60485));
}

TEST(Delegation, DsRecordsAreRead) {
  const auto answer =
      decode(packet(kGood, RecordType::ds)
                 .answer(kName, RecordType::ds, wire_u16(4711) + std::string("\15\2\0\xff", 4)),
             RecordType::ds);
  EXPECT_THAT(answer.ds, ElementsAre(DsRecord{4711, 13, 2, "00ff"}));
}

TEST(ExtendedErrors, AreValuesBesideTheText) {
  const auto answer = decode(packet(kGood | 2).raw(
      Section::additional, fakes::wire_opt(1232, fakes::wire_extended_error(7, "until\n5") +
                                                     fakes::wire_extended_error(22, ""))));
  ASSERT_EQ(answer.extended_errors.size(), 2u);
  EXPECT_EQ(answer.extended_errors[0].code, 7);
  EXPECT_EQ(answer.extended_errors[0].text.find('\n'), std::string::npos);
  EXPECT_EQ(answer.extended_errors[1].code, 22);
  EXPECT_TRUE(suggests_bogus(answer.extended_errors));
  for (const uint16_t code : {1, 2, 5, 6, 9, 12, 27})
    EXPECT_TRUE(suggests_bogus({{code, ""}})) << code;
  for (const uint16_t code : {0, 3, 4, 13, 22, 23, 28})
    EXPECT_FALSE(suggests_bogus({{code, ""}})) << code;
}

TEST(EncodeQuery, SetsDoAndCdOnDemand) {
  const auto bits = [](DnssecFlags flags) {
    const std::string query = *encode_query("a.example", RecordType::tlsa, 1, true, flags);
    return query.substr(2, 2) + query.substr(query.size() - 4);
  };
  DnssecFlags signatures;
  signatures.signatures = true;
  DnssecFlags both = signatures;
  both.checking_disabled = true;
  EXPECT_EQ(bits({}), std::string("\x01\x20\0\0\0\0", 6));
  EXPECT_EQ(bits(signatures), std::string("\x01\x20\x80\0\0\0", 6));
  EXPECT_EQ(bits(both), std::string("\x01\x30\x80\0\0\0", 6));
}

}  // namespace
}  // namespace mtasts::protocol
