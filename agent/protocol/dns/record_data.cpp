// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/record_data.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/printable.h"

namespace mtasts::protocol {
namespace {

constexpr uint16_t kOptionExtendedError = 15;  // RFC 8914 §2
constexpr size_t kExtendedTextLimit_bytes = 200;

bool read_txt(DnsReader& reader, DnsAnswer& answer) {
  std::string text;
  // RFC 1035 §3.3.14: one or more strings; RFC 8461 §3.1 joins them without a space.
  do {
    text += reader.octets(reader.u8());
  } while (!reader.failed() && reader.left() > 0);
  answer.texts.push_back(std::move(text));
  return !reader.failed();
}

bool read_address(DnsReader& reader, DnsAnswer& answer) {
  if (answer.type == RecordType::a) {
    std::array<uint8_t, 4> octets{};
    for (uint8_t& octet : octets) octet = reader.u8();
    answer.addresses.push_back(IpAddress::v4(octets));
  } else {
    std::array<uint8_t, 16> octets{};
    for (uint8_t& octet : octets) octet = reader.u8();
    answer.addresses.push_back(IpAddress::v6(octets));
  }
  return !reader.failed() && reader.left() == 0;
}

// Senders skip a malformed record and use the others (RFC 7671 §4.1), so none is refused here.
bool read_tlsa(DnsReader& reader, DnsAnswer& answer) {
  answer.tlsa.emplace_back(reader.octets(reader.left()));
  return !reader.failed();
}

bool read_mx(DnsReader& reader, DnsAnswer& answer) {
  MxRecord mx;
  mx.preference = reader.u16();
  mx.host = reader.name();
  answer.mx.push_back(std::move(mx));
  return !reader.failed() && reader.left() == 0;
}

// The first name is the primary server; the rest of a SOA record is not used.
bool read_soa(DnsReader& reader, DnsAnswer& answer) {
  answer.names.push_back(reader.name());
  reader.name();
  reader.octets(5 * sizeof(uint32_t));
  return !reader.failed() && reader.left() == 0;
}

bool read_ds(DnsReader& reader, DnsAnswer& answer) {
  DsRecord ds;
  ds.key_tag = reader.u16();
  ds.algorithm = reader.u8();
  ds.digest_type = reader.u8();
  ds.digest_hex = hex(reader.octets(reader.left()));
  answer.ds.push_back(std::move(ds));
  return !reader.failed();
}

// RFC 4034 appendix B; RSA/MD5 (algorithm 1) has another one and is not in use.
uint16_t key_tag_of(std::string_view data) {
  uint32_t sum = 0;
  for (size_t i = 0; i < data.size(); ++i) {
    const auto octet = static_cast<uint8_t>(data[i]);
    sum += (i % 2 == 0) ? static_cast<uint32_t>(octet) << 8 : octet;
  }
  sum += sum >> 16 & 0xffff;
  return static_cast<uint16_t>(sum & 0xffff);
}

std::string digest_hex(const EVP_MD* algorithm, std::string_view octets) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(octets.data(), octets.size(), digest.data(), &size, algorithm, nullptr) != 1)
    return {};
  return hex(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

bool read_key(DnsReader& reader, const std::string& owner, DnsAnswer& answer) {
  const std::string_view data = reader.octets(reader.left());
  DnsReader parts(data);
  DnsKey key;
  key.flags = parts.u16();
  key.protocol = parts.u8();
  key.algorithm = parts.u8();
  if (parts.failed()) return false;
  key.key_tag = key_tag_of(data);
  // RFC 4034 §5.1.4: digest of the owner in wire form and the data.
  std::string signed_octets = wire_name(owner).value_or(std::string());
  signed_octets += data;
  key.sha1_hex = digest_hex(EVP_sha1(), signed_octets);
  key.sha256_hex = digest_hex(EVP_sha256(), signed_octets);
  key.sha384_hex = digest_hex(EVP_sha384(), signed_octets);
  answer.keys.push_back(std::move(key));
  return true;
}

Time time_of(uint32_t seconds) { return Time(std::chrono::seconds(seconds)); }

}  // namespace

bool read_record_data(DnsReader& reader, const std::string& owner, DnsAnswer& answer) {
  switch (answer.type) {
    case RecordType::txt:
      return read_txt(reader, answer);
    case RecordType::a:
    case RecordType::aaaa:
      return read_address(reader, answer);
    case RecordType::tlsa:
      return read_tlsa(reader, answer);
    case RecordType::mx:
      return read_mx(reader, answer);
    case RecordType::soa:
      return read_soa(reader, answer);
    case RecordType::ds:
      return read_ds(reader, answer);
    case RecordType::dnskey:
      return read_key(reader, owner, answer);
    case RecordType::ns:
    case RecordType::cname:
      answer.names.push_back(reader.name());
      return !reader.failed() && reader.left() == 0;
  }
  return false;
}

bool read_signature(DnsReader& reader, const std::string& owner, std::chrono::seconds ttl,
                    DnssecFacts& facts) {
  if (facts.signatures.size() >= kSignatureLimit) return false;
  DnsSignature signature;
  signature.owner = owner;
  signature.ttl = ttl;
  signature.covered = reader.u16();
  signature.algorithm = reader.u8();
  signature.labels = reader.u8();
  signature.original_ttl = std::chrono::seconds(reader.u32());
  // RFC 4034 §3.1.5 counts modulo 2^32; until 2106 that is seconds since 1970.
  signature.expiration = time_of(reader.u32());
  signature.inception = time_of(reader.u32());
  signature.key_tag = reader.u16();
  signature.signer = reader.name();
  if (reader.failed() || reader.left() == 0) return false;
  facts.signatures.push_back(std::move(signature));
  return true;
}

void read_nsec3(DnsReader& reader, DnssecFacts& facts) {
  constexpr uint8_t kOptOut = 1;  // RFC 5155 §3.1.2.1
  reader.u8();                    // the hash algorithm
  const uint8_t flags = reader.u8();
  const uint16_t iterations = reader.u16();
  if (reader.failed()) return;
  facts.nsec3_iterations = std::max(facts.nsec3_iterations.value_or(0), iterations);
  facts.nsec3_opt_out |= (flags & kOptOut) != 0;
}

void read_extended_errors(DnsReader& reader, std::vector<ExtendedError>& errors) {
  while (reader.left() > 0 && errors.size() < kExtendedErrorLimit) {
    const uint16_t code = reader.u16();
    const std::string_view value = reader.octets(reader.u16());
    if (reader.failed()) return;
    if (code != kOptionExtendedError || value.size() < 2) continue;
    DnsReader option(value);
    ExtendedError error;
    error.code = option.u16();
    error.text = printable(option.octets(option.left()), kExtendedTextLimit_bytes);
    errors.push_back(std::move(error));
  }
}

}  // namespace mtasts::protocol
