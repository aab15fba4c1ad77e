// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The decoder with hostile responses and with the corpus.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "fakes/dns_packet.h"
#include "protocol/dns/message.h"

namespace mtasts::protocol {
namespace {

using fakes::DnsPacket;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
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

TEST(DecodeHostileResponse, MalformedData) {
  struct Case {
    RecordType type;
    std::string rdata;
    std::string why;
  };
  const std::vector<Case> cases = {
      {RecordType::txt, "", "TXT without a string"},
      {RecordType::txt, "\5abc", "string longer than the data"},
      {RecordType::txt, "\1a\2b", "second string longer than the data"},
      {RecordType::a, "\1\2\3", "three octets"},
      {RecordType::a, "\1\2\3\4\5", "five octets"},
      {RecordType::aaaa, "\1\2\3\4", "four octets"},
      {RecordType::mx, "\1", "half a preference"},
      {RecordType::mx, fakes::wire_u16(1), "no host"},
      {RecordType::mx, fakes::wire_mx(1, "a.example") + "x", "octets behind the host"},
      {RecordType::mx, fakes::wire_u16(1) + "\5abc", "label longer than the data"},
      {RecordType::mx, fakes::wire_u16(1) + "\x41" + std::string(65, 'a'), "label of 65"},
      {RecordType::mx, fakes::wire_u16(1) + "\xc0", "half a pointer"},
      {RecordType::mx, fakes::wire_u16(1) + "\xff\xff", "pointer past the end"},
      {RecordType::ds, "\1\2\3", "DS without a digest type"},
      {RecordType::dnskey, "\1\1\3", "DNSKEY without an algorithm"},
      {RecordType::soa, fakes::wire_name("ns.example"), "SOA that ends after the first name"},
      {RecordType::ns, "", "no name"},
      {RecordType::cname, "\1", "name cut short"},
  };
  for (const auto& [type, rdata, why] : cases) {
    const auto response = decode(packet(kGood, type).answer(kName, type, rdata), type);
    EXPECT_EQ(response.answer.status, DnsStatus::malformed) << why;
    EXPECT_THAT(response.answer.detail, HasSubstr("malformed answer: ")) << why;
    DnsAnswer blank;
    blank.name = kName;
    blank.type = type;
    blank.status = DnsStatus::malformed;
    blank.detail = response.answer.detail;
    EXPECT_EQ(response.answer, blank) << why;
  }
}

TEST(DecodeHostileResponse, MalformedMessages) {
  const std::string whole = packet().answer(kName, RecordType::txt, "\1a").octets();
  struct Case {
    std::string octets;
    std::string detail;
  };
  DnsPacket none(7, kGood);
  DnsPacket two(7, kGood);
  two.question(kName, RecordType::txt).question(kName, RecordType::txt);
  DnsPacket other_name(7, kGood);
  other_name.question("other.example", RecordType::txt);
  DnsPacket other_type(7, kGood);
  other_type.question(kName, RecordType::a);
  DnsPacket other_class(7, kGood);
  other_class.question(kName, RecordType::txt, 3);
  const std::vector<Case> cases = {
      {"", "shorter than a header"},
      {whole.substr(0, 11), "shorter than a header"},
      {whole.substr(0, 20), "question truncated"},
      {whole.substr(0, whole.size() - 1), "answer section truncated"},
      {packet(0x0100).octets(), "not a response to a query"},
      {packet(kGood | 0x2800).octets(), "not a response to a query"},
      {packet(kGood | fakes::kTruncated).octets(), "truncated even over TCP"},
      {none.octets(), "does not repeat the question"},
      {two.octets(), "does not repeat the question"},
      {other_name.octets(), "answers a different question"},
      {other_type.octets(), "answers a different question"},
      {other_class.octets(), "answers a different question"},
      {whole + std::string(65536, '\0'), "longer than 65535 bytes"},
  };
  for (const auto& [octets, detail] : cases) {
    const auto response = decode_response(octets, kName, RecordType::txt);
    EXPECT_EQ(response.answer.status, DnsStatus::malformed) << detail;
    EXPECT_EQ(response.answer.detail, "malformed answer: " + detail);
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto cut = decode_response(whole.substr(0, size), kName, RecordType::txt);
    EXPECT_EQ(cut.answer.status, DnsStatus::malformed) << size;
  }
}

TEST(DecodeHostileResponse, PointersGoBackwardsOnly) {
  const auto start = static_cast<uint16_t>(packet().octets().size());
  const auto owned_by = [](const std::string& owner) {
    return decode(packet().record(Section::answer, owner, 16, "\1a")).answer.status;
  };
  EXPECT_EQ(owned_by(fakes::wire_pointer(12)), DnsStatus::answered);
  EXPECT_EQ(owned_by(fakes::wire_pointer(start)), DnsStatus::malformed) << "to itself";
  EXPECT_EQ(owned_by("\1a" + fakes::wire_pointer(start)), DnsStatus::malformed) << "to its start";
  EXPECT_EQ(owned_by(fakes::wire_pointer(static_cast<uint16_t>(start + 2))), DnsStatus::malformed)
      << "forwards";
  EXPECT_EQ(owned_by(std::string("\x80\0", 2)), DnsStatus::malformed) << "reserved label type";
  EXPECT_EQ(owned_by(std::string("\x40\0", 2)), DnsStatus::malformed) << "reserved label type";
}

TEST(DecodeHostileResponse, NamesAndPointerChainsAreBounded) {
  std::string labels;
  for (int i = 0; i < 130; ++i) labels += "\1a";
  const auto long_name = decode(packet().record(Section::answer, labels + '\0', 16, "\1a"));
  EXPECT_EQ(long_name.answer.status, DnsStatus::malformed);

  std::string pointers = fakes::wire_pointer(12);
  const auto data_at = static_cast<uint16_t>(packet().octets().size() + 11);
  for (uint16_t i = 0; i < 500; ++i) {
    pointers += fakes::wire_pointer(static_cast<uint16_t>(data_at + 2 * i));
  }
  const auto chained = [&](uint16_t jumps) {
    const auto at = static_cast<uint16_t>(data_at + 2 * (jumps - 2));
    return decode(packet()
                      .record(Section::answer, std::string(1, '\0'), 99, pointers)
                      .record(Section::answer, fakes::wire_pointer(at), 16, "\1a"))
        .answer.status;
  };
  EXPECT_EQ(chained(100), DnsStatus::answered);
  EXPECT_EQ(chained(400), DnsStatus::malformed);
}

TEST(DecodeHostileResponse, RecordSetsAreBounded) {
  for (const int count : {200, 201}) {
    auto made = packet();
    for (int i = 0; i < count; ++i) made.answer(kName, RecordType::txt, "\1a");
    const auto response = decode(made);
    EXPECT_EQ(response.answer.status, count == 200 ? DnsStatus::answered : DnsStatus::malformed);
  }
}

TEST(DecodeHostileResponse, SurvivesEveryChangedOctet) {
  const std::string whole =
      packet(kGood, RecordType::mx)
          .answer(kName, RecordType::cname, fakes::wire_name("one.example"))
          .answer("one.example", RecordType::mx, fakes::wire_mx(5, "mx.example"))
          .negative()
          .raw(Section::additional, fakes::wire_opt(1232, fakes::wire_extended_error(3, "old")))
          .octets();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      const auto response = decode_response(changed, kName, RecordType::mx);
      EXPECT_LE(response.answer.mx.size(), 1u);
      EXPECT_LE(response.answer.cname_chain.size(), kCnameLimit);
    }
  }
}

// File names in the corpus begin with the question type; every file is a response for
// _mta-sts.example.com.
RecordType type_of(const std::string& file) {
  for (const RecordType type :
       {RecordType::aaaa, RecordType::a, RecordType::mx, RecordType::tlsa, RecordType::ns,
        RecordType::cname, RecordType::soa, RecordType::ds, RecordType::dnskey}) {
    if (file.starts_with(ascii_lower(name_of(type)) + "-")) return type;
  }
  return RecordType::txt;
}

TEST(DecodeHostileResponse, CorpusStillDecodesAsItsNamesSay) {
  const std::filesystem::path folder =
      std::filesystem::path(MTASTS_TESTS_DIR) / "corpus/dns_message";
  std::set<RecordType> types;
  std::set<std::string> outcomes;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string octets{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(octets.empty()) << entry.path();
    const std::string name = entry.path().filename().string();
    const auto response = decode_response(octets, kName, type_of(name));
    const std::string status = ascii_lower(name_of(response.answer.status));
    const bool malformed = response.answer.status == DnsStatus::malformed;
    const std::string expected = malformed ? "malformed" : status;
    EXPECT_THAT(name, HasSubstr("-" + expected)) << response.answer.detail;
    types.insert(type_of(name));
    outcomes.insert(expected);
  }
  EXPECT_THAT(
      types, UnorderedElementsAre(RecordType::a, RecordType::aaaa, RecordType::cname,
                                  RecordType::mx, RecordType::ns, RecordType::tlsa, RecordType::txt,
                                  RecordType::soa, RecordType::ds, RecordType::dnskey));
  EXPECT_THAT(outcomes, UnorderedElementsAre("malformed", "noerror", "nodata", "nxdomain",
                                             "refused", "servfail"));
}

}  // namespace
}  // namespace mtasts::protocol
