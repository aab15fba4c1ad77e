// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/report_codec.h"

#include <sstream>

#include "state/cbor_shape.h"
#include "state/chain_codec.h"
#include "state/described_json.h"
#include "state/state_samples.h"
#include "state/written_by_0_1_0.h"

namespace mtasts::state {
namespace {

// The values of that kind ("report" or "facts") in written_by_0_1_0.txt.
std::vector<std::string> written_by_0_1_0(std::string_view kind) {
  std::ifstream file(std::string(MTASTS_TESTS_DIR) + "/state/written_by_0_1_0.txt");
  std::vector<std::string> values;
  std::string line;
  for (bool begins = true; std::getline(file, line); begins = line.empty()) {
    std::istringstream words(line);
    std::string first, digits;
    words >> first >> digits;
    if (first != kind) continue;
    if (begins) values.emplace_back();
    for (size_t at = 0; at + 1 < digits.size(); at += 2)
      values.back() += static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16));
  }
  return values;
}

TEST(ReportCodec, ReadsTheReportsOfVersion010) {
  const std::vector<verdict::Report> reports = reports_0_1_0();
  const std::vector<std::string> written = written_by_0_1_0("report");
  ASSERT_EQ(written.size(), reports.size());
  for (size_t i = 0; i < reports.size(); ++i) {
    SCOPED_TRACE(i);
    auto decoded = decode_report(written[i]);
    ASSERT_TRUE(decoded.has_value());
    ASSERT_EQ(decoded->fact_hosts.size(), reports[i].mx.size());
    for (size_t m = 0; m < reports[i].mx.size(); ++m) {
      const auto& facts = reports[i].mx[m].facts;
      EXPECT_EQ(decoded->fact_hosts[m], facts ? std::optional(facts->host) : std::nullopt);
      decoded->report.mx[m].facts = facts;
    }
    expect_same(reports[i], decoded->report);
  }
}

TEST(ReportCodec, ReadsTheFactsOfVersion010) {
  const std::vector<std::string> written = written_by_0_1_0("facts");
  ASSERT_EQ(written.size(), 1u);
  auto decoded = decode_facts(written[0]);
  ASSERT_TRUE(decoded.has_value());
  expect_same(facts_0_1_0(), *decoded);
}

TEST(ReportCodec, EveryFieldComesBack) {
  verdict::Report before = rich_report("example.com");
  auto decoded = decode_report(encode_report(before));
  ASSERT_TRUE(decoded.has_value());
  verdict::Report& after = decoded->report;
  ASSERT_EQ(decoded->fact_hosts.size(), 2u);
  EXPECT_EQ(decoded->fact_hosts[0], "mx.example.com");
  EXPECT_EQ(decoded->fact_hosts[1], std::nullopt);
  // What the codec leaves out, because it is stored as rows.
  after.domain = before.domain;
  after.checked_at = before.checked_at;
  after.duration = before.duration;
  after.mx[0].facts = before.mx[0].facts;
  expect_same(before, after);
}

TEST(ReportCodec, EmptyValuesComeBackEmpty) {
  verdict::Report before;
  auto decoded = decode_report(encode_report(before));
  ASSERT_TRUE(decoded.has_value());
  expect_same(before, decoded->report);
}

TEST(ReportCodec, TimesOfTheCheckAreNoContent) {
  verdict::Report report = rich_report("example.com");
  const std::string before = encode_report(report);
  report.checked_at += seconds(900);
  report.duration += milliseconds(1);
  report.history = nullptr;
  report.changes.clear();
  report.mx[0].facts = sample_facts("mx.example.com", at_second(99), "other");
  EXPECT_EQ(encode_report(report), before);
  report.findings[0].message += ".";
  EXPECT_NE(encode_report(report), before);
}

TEST(ReportCodec, FactsComeBack) {
  auto before = sample_facts(kHostile, at_second(5));
  auto after = decode_facts(encode_facts(*before));
  ASSERT_TRUE(after.has_value());
  after->host = before->host;
  after->probed_at = before->probed_at;
  expect_same(*before, *after);
}

TEST(ReportCodec, AddressesShareTheirChain) {
  verdict::MxHostReport facts;
  for (int i = 0; i < 10; ++i) {
    verdict::MxAddressReport address;
    address.chain = sample_chain("f1");
    facts.addresses.push_back(address);
  }
  const std::string ten = encode_facts(facts);
  auto after = decode_facts(ten);
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->addresses[0].chain, after->addresses[9].chain);
  facts.addresses[9].chain = sample_chain("f2");
  EXPECT_GT(encode_facts(facts).size(), ten.size() + 200);
}

TEST(ReportCodec, UnknownCodesAreDropped) {
  Json root = Json::from_cbor(encode_report(rich_report("example.com")));
  size_t all = root["findings"].size();
  root["findings"][0]["code"] = "from-a-later-version";
  std::string bytes;
  Json::to_cbor(root, bytes);
  auto decoded = decode_report(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->report.findings.size(), all - 1);
}

TEST(ReportCodec, AnUnknownFaultIsNoTrust) {
  Json chain = {{"faults", Json::array({"from-a-later-version"})}, {"name_matches", true}};
  ChainTable shelf(Json::array({chain}));
  ASSERT_NE(shelf.find(0u), nullptr);
  EXPECT_FALSE(shelf.find(0u)->verified());
  EXPECT_EQ(shelf.find(1u), nullptr);
  EXPECT_EQ(shelf.find(-1), nullptr);
}

TEST(ReportCodec, TakesAnyBytes) {
  verdict::Report report = rich_report("example.com");
  report.findings.resize(2);
  const std::string good = encode_report(report);
  for (size_t size = 0; size < good.size(); size += 37)
    EXPECT_FALSE(decode_report(good.substr(0, size)).has_value()) << size;
  std::string flipped = good;
  for (size_t i = 0; i < flipped.size(); i += 11) {
    flipped[i] = static_cast<char>(flipped[i] ^ 0x5A);
    auto decoded = decode_report(flipped);  // whatever was decoded must survive a round trip
    EXPECT_TRUE(!decoded || decoded->report.mx.size() == decoded->fact_hosts.size());
    flipped[i] = good[i];
  }
  EXPECT_FALSE(decode_report("").has_value());
  EXPECT_FALSE(decode_facts("\xff").has_value());
}

TEST(ReportCodec, RefusesWhatTheAgentNeverWrites) {
  using std::string;
  const string kHugeArray("\x9b\x67\x74\x87\x8b\x8c\x8c\xa1\x61", 9);
  for (const string& octets : {
           kHugeArray,                        // longer than memory: the reader throws
           string(100'000, '\x81'),           // arrays within arrays: the reader recurses
           string(100'000, '\x7f'),           // texts within texts, the same
           string("\xa1\x61z") + kHugeArray,  // within a map
           string("\xbf\xff"),                // of indefinite length
           string("\xc0\xa0"),                // a tag
           string("\xa0\xa0"),                // more behind it
           string("\xa1\x61z"),               // without its value
           string("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"),  // more octets than there are
       }) {
    EXPECT_FALSE(is_bounded_cbor(octets)) << octets.size();
    EXPECT_FALSE(decode_report(octets).has_value()) << octets.size();
    EXPECT_FALSE(decode_facts(octets).has_value()) << octets.size();
  }
  EXPECT_TRUE(is_bounded_cbor(encode_report(rich_report("example.com"))));
  EXPECT_TRUE(is_bounded_cbor(string(kDeepestCbor, '\x81') + '\xf6'));
  EXPECT_FALSE(is_bounded_cbor(string(kDeepestCbor + 1, '\x81') + '\xf6'));
}

TEST(ReportCodec, NumbersOutOfRangeAreNone) {
  const Json object = {{"large", UINT64_MAX}, {"minus", -5}, {"real", 1.5}, {"text", "7"}};
  const ChainTable no_chains;
  auto number = [&]<typename Integer>(const char* key, Integer value) {
    bool readable = decode(member(object, key), value, no_chains);
    EXPECT_EQ(readable, value != Integer{0}) << key;
    return value;
  };
  EXPECT_EQ(number("large", int{0}), 0);
  EXPECT_EQ(number("large", uint64_t{0}), UINT64_MAX);
  EXPECT_EQ(number("minus", int{0}), -5);
  EXPECT_EQ(number("minus", uint16_t{0}), 0);
  EXPECT_EQ(number("real", int{0}), 0);
  EXPECT_EQ(number("text", int{0}), 0);
  EXPECT_EQ(number("missing", int{0}), 0);
}

}  // namespace
}  // namespace mtasts::state
