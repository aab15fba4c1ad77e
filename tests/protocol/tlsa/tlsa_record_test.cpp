// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsa/tlsa_record.h"

#include <gtest/gtest.h>

#include "fakes/certificate_factory.h"

namespace mtasts::protocol {
namespace {

std::string rdata(int usage, int selector, int matching, const std::string& data) {
  std::string octets;
  for (int one : {usage, selector, matching}) octets.push_back(static_cast<char>(one));
  return octets + data;
}

const std::string k32(32, 'x');
const std::string k64(64, 'x');

TEST(TlsaRecord, SaysWhyItIsNotUsable) {
  const std::string certificate =
      fakes::der_of(fakes::self_signed({.dns_names = {"a.example"}}).certificate_chain_pem);
  struct Case {
    std::string octets;
    TlsaFault fault;
    const char* why;
  };
  const Case cases[] = {
      {"", TlsaFault::too_short, "no parameters"},
      {"\3", TlsaFault::too_short, "one octet"},
      {std::string("\3\1", 2), TlsaFault::too_short, "two octets"},
      {std::string("\3\1\1", 3), TlsaFault::too_short, "no data"},
      {rdata(3, 1, 1, k32), TlsaFault::none, "the recommended form"},
      {rdata(3, 1, 2, k64), TlsaFault::none, "SHA-512"},
      {rdata(2, 0, 1, k32), TlsaFault::none, "trust anchor"},
      {rdata(3, 0, 0, certificate), TlsaFault::none, "a certificate"},
      {rdata(3, 0, 0, certificate + "x"), TlsaFault::not_a_certificate, "an octet too many"},
      {rdata(3, 0, 0, certificate.substr(0, 90)), TlsaFault::not_a_certificate, "cut"},
      {rdata(3, 1, 0, certificate), TlsaFault::not_a_key, "a certificate instead of a key"},
      {rdata(2, 1, 0, k32), TlsaFault::not_a_key, "a digest instead of a key"},
      {rdata(3, 1, 1, k32.substr(16)), TlsaFault::digest_length, "16 octets"},
      {rdata(3, 1, 1, k64), TlsaFault::digest_length, "SHA-512 under type 1"},
      {rdata(3, 1, 2, k32), TlsaFault::digest_length, "SHA-256 under type 2"},
      {rdata(3, 1, 1, k32 + "x"), TlsaFault::digest_length, "33 octets"},
      {rdata(4, 1, 1, k32), TlsaFault::unknown_usage, "unassigned"},
      {rdata(255, 1, 1, k32), TlsaFault::unknown_usage, "PrivCert"},
      {rdata(3, 2, 1, k32), TlsaFault::unknown_selector, "unassigned"},
      {rdata(3, 255, 1, k32), TlsaFault::unknown_selector, "PrivSel"},
      {rdata(3, 1, 3, k32), TlsaFault::unknown_matching, "unassigned"},
      {rdata(3, 1, 255, k32), TlsaFault::unknown_matching, "PrivMatch"},
      {rdata(0, 0, 1, k32), TlsaFault::pkix_usage, "PKIX-TA"},
      {rdata(1, 1, 1, k32), TlsaFault::pkix_usage, "PKIX-EE"},
      {rdata(1, 1, 1, k64), TlsaFault::digest_length, "malformed comes first"},
  };
  for (const Case& c : cases) {
    Tlsa record = parse_tlsa(c.octets);
    EXPECT_EQ(record.fault, c.fault) << c.why << ": " << words_of(record.fault);
    EXPECT_EQ(record.is_usable(), c.fault == TlsaFault::none) << c.why;
    EXPECT_EQ(words_of(record.fault).empty(), record.is_usable()) << c.why;
  }
}

TEST(TlsaRecord, IsShownAsInAZoneFile) {
  Tlsa record = parse_tlsa(rdata(3, 1, 1, std::string("\x2b\xba", 2) + std::string(30, '\0')));
  EXPECT_EQ(text_of(record), "3 1 1 2bba000000000000…");
  EXPECT_EQ(text_of(record, kWholeData), "3 1 1 2bba" + std::string(60, '0'));
  EXPECT_EQ(text_of(parse_tlsa("\3")), "3 0 0 ");
}

// RFC 7671 §9.
TEST(TlsaRecord, OfTheDigestsOfAUsageAndSelectorTheStrongestCounts) {
  auto counts = [](std::vector<std::string> octets) {
    std::vector<Tlsa> records;
    for (const auto& one : octets) records.push_back(parse_tlsa(one));
    return strongest_of(records);
  };
  const std::string certificate =
      fakes::der_of(fakes::self_signed({.dns_names = {"a.example"}}).certificate_chain_pem);
  using Flags = std::vector<bool>;
  EXPECT_EQ(counts({rdata(3, 1, 1, k32), rdata(3, 1, 2, k64)}), Flags({false, true}));
  EXPECT_EQ(counts({rdata(3, 1, 1, k32), rdata(3, 0, 2, k64)}), Flags({true, true}))
      << "another selector";
  EXPECT_EQ(counts({rdata(2, 1, 1, k32), rdata(3, 1, 2, k64)}), Flags({true, true}))
      << "another usage";
  EXPECT_EQ(counts({rdata(3, 1, 1, k32), rdata(3, 1, 2, k32)}), Flags({true, false}))
      << "malformed is dropped first";
  EXPECT_EQ(counts({rdata(3, 0, 0, certificate), rdata(3, 0, 1, k32), rdata(3, 0, 2, k64)}),
            Flags({true, false, true}))
      << "full data is no digest";
  EXPECT_EQ(counts({rdata(1, 1, 1, k32)}), Flags({false}));
}

}  // namespace
}  // namespace mtasts::protocol
