// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/authority_message.h"

#include "protocol/dns/message.h"
#include "protocol/dns/name.h"

namespace mtasts::protocol {
namespace {

constexpr uint16_t kClassIn = 1;
constexpr uint16_t kTypeNs = 2;
constexpr uint16_t kTypeSoa = 6;
constexpr size_t kRecordsLimit = 200;

struct Head {
  uint16_t flags = 0;
  uint16_t questions = 0;
  uint16_t answers = 0;
  uint16_t authorities = 0;
  bool is_authoritative() const { return (flags & 0x0400) != 0; }
};

Head read_head(DnsReader& reader) {
  Head head;
  reader.u16();
  head.flags = reader.u16();
  head.questions = reader.u16();
  head.answers = reader.u16();
  head.authorities = reader.u16();
  reader.u16();
  return head;
}

void skip_question(DnsReader& reader) {
  reader.name();
  reader.u16();
  reader.u16();
}

struct RecordHead {
  std::string owner;
  uint16_t type = 0;
  uint16_t dns_class = 0;
  size_t begin = 0;
  size_t end = 0;
};

RecordHead read_record(DnsReader& reader) {
  RecordHead record;
  record.owner = reader.name();
  record.type = reader.u16();
  record.dns_class = reader.u16();
  reader.u32();
  const uint16_t size = reader.u16();
  record.begin = reader.position();
  reader.octets(size);
  record.end = reader.position();
  return record;
}

// RFC 1034 §4.3.2 step 3b: no answer, no SOA, the NS records of a zone below.
bool is_referral(std::string_view message) {
  DnsReader reader(message);
  const Head head = read_head(reader);
  if (head.is_authoritative() || head.answers != 0 || head.questions != 1) return false;
  skip_question(reader);
  bool has_servers = false;
  for (size_t i = 0; i < head.authorities && i < kRecordsLimit; ++i) {
    const RecordHead record = read_record(reader);
    if (reader.failed() || record.type == kTypeSoa) return false;
    has_servers |= record.type == kTypeNs;
  }
  return has_servers;
}

std::optional<std::string> without_recursion(std::optional<std::string> query) {
  // RFC 1035 §4.1.1: RD is the lowest bit of the third octet.
  if (query) (*query)[2] = static_cast<char>((*query)[2] & ~0x01);
  return query;
}

}  // namespace

std::optional<std::string> encode_authority_query(std::string_view name, RecordType type,
                                                  uint16_t id) {
  return without_recursion(encode_query(name, type, id));
}

std::optional<std::string> encode_soa_query(std::string_view zone, uint16_t id) {
  return without_recursion(encode_query(zone, static_cast<RecordType>(kTypeSoa), id));
}

AuthorityAnswer decode_authority_response(std::string_view message, std::string_view name,
                                          RecordType type) {
  AuthorityAnswer result;
  result.answer = decode_response(message, name, type).answer;
  if (result.answer.status == DnsStatus::malformed) return result;
  DnsReader reader(message);
  result.authoritative = read_head(reader).is_authoritative();
  result.referral = is_referral(message);
  return result;
}

std::optional<uint32_t> decode_soa_serial(std::string_view message, std::string_view zone) {
  DnsReader reader(message);
  const Head head = read_head(reader);
  constexpr uint16_t kResponse = 0x8000, kOpcodeAndRcode = 0x780f;
  if ((head.flags & kResponse) == 0 || (head.flags & kOpcodeAndRcode) != 0 ||
      !head.is_authoritative() || head.questions != 1)
    return std::nullopt;
  skip_question(reader);
  const auto name = canonical_name(zone);
  for (size_t i = 0; i < head.answers && i < kRecordsLimit; ++i) {
    const RecordHead record = read_record(reader);
    if (reader.failed()) return std::nullopt;
    if (record.type != kTypeSoa || record.dns_class != kClassIn || record.owner != name) continue;
    DnsReader data(message, record.begin, record.end);
    data.name();
    data.name();
    const uint32_t serial = data.u32();
    if (data.failed()) return std::nullopt;
    return serial;
  }
  return std::nullopt;
}

bool is_truncated(std::string_view message) {
  DnsReader reader(message);
  const Head head = read_head(reader);
  return !reader.failed() && (head.flags & 0x0200) != 0;
}

}  // namespace mtasts::protocol
