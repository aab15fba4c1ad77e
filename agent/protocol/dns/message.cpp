// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/message.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/digest.h"
#include "base/printable.h"
#include "protocol/dns/error_text.h"
#include "protocol/dns/name.h"

namespace mtasts::protocol {
namespace {

constexpr uint16_t kClassIn = 1;
constexpr uint16_t kTypeSoa = 6;
constexpr uint16_t kTypeOpt = 41;
constexpr uint16_t kOptionExtendedError = 15;  // RFC 8914 §2
constexpr size_t kMessageLimit_bytes =
    65535;  // RFC 1035 §4.2.2; also bounds the text of all records
// RFC 8767 §4 advises resolvers to cap TTLs at days; nothing in the agent is kept longer than a
// week.
constexpr uint32_t kTtlLimit_seconds = 7 * 24 * 3600;
constexpr size_t kExtendedErrorLimit = 4;
constexpr size_t kExtendedTextLimit_bytes = 200;

struct Record {
  std::string owner;
  uint16_t type = 0;
  uint16_t dns_class = 0;
  uint32_t ttl_seconds = 0;
  size_t data_begin = 0;
  size_t data_end = 0;
};

struct Header {
  uint16_t flags = 0;
  uint16_t questions = 0;
  uint16_t answers = 0;
  uint16_t authorities = 0;
  uint16_t additionals = 0;
  bool is_response() const { return (flags & 0x8000) != 0 && (flags & 0x7800) == 0; }
  bool authoritative() const { return (flags & 0x0400) != 0; }
  bool truncated() const { return (flags & 0x0200) != 0; }
  bool authentic() const { return (flags & 0x0020) != 0; }
  uint16_t rcode() const { return flags & 0x000f; }
};

Header read_header(DnsReader& reader) {
  Header header;
  reader.u16();
  header.flags = reader.u16();
  header.questions = reader.u16();
  header.answers = reader.u16();
  header.authorities = reader.u16();
  header.additionals = reader.u16();
  return header;
}

Record read_record(DnsReader& reader) {
  Record record;
  record.owner = reader.name();
  record.type = reader.u16();
  record.dns_class = reader.u16();
  record.ttl_seconds = reader.u32();
  const uint16_t size = reader.u16();
  record.data_begin = reader.position();
  reader.octets(size);
  record.data_end = reader.position();
  return record;
}

// RFC 2181 §8: a TTL with its top bit set counts as zero.
std::chrono::seconds sane_ttl(uint32_t ttl_seconds) {
  if (ttl_seconds > 0x7fffffff) return std::chrono::seconds(0);
  return std::chrono::seconds(std::min(ttl_seconds, kTtlLimit_seconds));
}

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

bool read_tlsa(DnsReader& reader, DnsAnswer& answer) {
  TlsaRecord tlsa;
  tlsa.usage = reader.u8();
  tlsa.selector = reader.u8();
  tlsa.matching = reader.u8();
  tlsa.data_hex = hex(reader.octets(reader.left()));
  answer.tlsa.push_back(std::move(tlsa));
  return !reader.failed();
}

// Decodes the data of a record into the answer; false when it does not match the type.
bool read_data(std::string_view message, const Record& record, DnsAnswer& answer) {
  DnsReader reader(message, record.data_begin, record.data_end);
  switch (answer.type) {
    case RecordType::txt:
      return read_txt(reader, answer);
    case RecordType::a:
    case RecordType::aaaa:
      return read_address(reader, answer);
    case RecordType::tlsa:
      return read_tlsa(reader, answer);
    case RecordType::mx: {
      MxRecord mx;
      mx.preference = reader.u16();
      mx.host = reader.name();
      answer.mx.push_back(std::move(mx));
      return !reader.failed() && reader.left() == 0;
    }
    case RecordType::ns:
    case RecordType::cname:
      answer.names.push_back(reader.name());
      return !reader.failed() && reader.left() == 0;
  }
  return false;
}

// What is used of the sections after the answer section.
struct Extras {
  bool has_soa = false;
  bool has_name_servers = false;
  uint16_t rcode_high = 0;      // RFC 6891 §6.1.3
  std::string extended_errors;  // "EDE 22: No Reachable Authority"
};

void read_options(std::string_view message, const Record& opt, Extras& extras) {
  DnsReader reader(message, opt.data_begin, opt.data_end);
  size_t count = 0;
  while (reader.left() > 0 && count < kExtendedErrorLimit) {
    const uint16_t code = reader.u16();
    const std::string_view value = reader.octets(reader.u16());
    if (reader.failed()) return;
    if (code != kOptionExtendedError || value.size() < 2) continue;
    ++count;
    DnsReader option(value);
    const uint16_t info = option.u16();
    const std::string_view text = option.octets(option.left());
    if (!extras.extended_errors.empty()) extras.extended_errors += ", ";
    extras.extended_errors += "EDE " + std::to_string(info) + ": ";
    extras.extended_errors += extended_error_name(info);
    if (!text.empty()) extras.extended_errors += ", " + printable(text, kExtendedTextLimit_bytes);
  }
}

Extras read_extras(std::string_view message, DnsReader reader, const Header& header) {
  Extras extras;
  for (int i = 0; i < header.authorities + header.additionals; ++i) {
    const Record record = read_record(reader);
    if (reader.failed()) break;
    if (i < header.authorities) {
      if (record.dns_class != kClassIn) continue;
      extras.has_soa |= record.type == kTypeSoa;
      extras.has_name_servers |= record.type == static_cast<uint16_t>(RecordType::ns);
    } else if (record.type == kTypeOpt) {
      extras.rcode_high = static_cast<uint16_t>(record.ttl_seconds >> 24 << 4);
      read_options(message, record, extras);
      break;  // RFC 6891 §6.1.1: at most one
    }
  }
  return extras;
}

// The first CNAME of the owner; a second one is an error of the zone, and resolvers use any.
const Record* cname_of(const std::vector<Record>& records, const std::string& owner) {
  const auto found = std::find_if(records.begin(), records.end(), [&](const Record& record) {
    return record.type == static_cast<uint16_t>(RecordType::cname) && record.owner == owner;
  });
  return found == records.end() ? nullptr : &*found;
}

class Decoder {
 public:
  Decoder(std::string_view message, std::string_view name, RecordType type)
      : message_(message), reader_(message) {
    response_.answer.name = canonical_name(name).value_or("");
    response_.answer.type = type;
  }

  DnsResponse decode() {
    if (!read_envelope() || !read_answers()) return std::move(response_);
    const Extras extras = read_extras(message_, reader_, header_);
    const auto rcode = static_cast<uint16_t>(header_.rcode() | extras.rcode_high);
    answer().authenticated = header_.authentic();
    if (rcode == 0 || rcode == 3) {
      conclude(rcode == 3, extras);
    } else {
      answer().status = rcode == 5 ? DnsStatus::refused : DnsStatus::servfail;
    }
    describe(rcode, extras.extended_errors);
    return std::move(response_);
  }

 private:
  DnsAnswer& answer() { return response_.answer; }

  bool malformed(std::string_view reason) {
    DnsAnswer blank;
    blank.name = std::move(answer().name);
    blank.type = answer().type;
    blank.status = DnsStatus::malformed;
    blank.detail = "malformed answer: " + std::string(reason);
    response_ = DnsResponse{};
    response_.answer = std::move(blank);
    return false;
  }

  bool read_envelope() {
    if (message_.size() > kMessageLimit_bytes) return malformed("longer than 65535 bytes");
    header_ = read_header(reader_);
    if (reader_.failed()) return malformed("shorter than a header");
    if (!header_.is_response()) return malformed("not a response to a query");
    if (header_.questions != 1) return malformed("does not repeat the question");
    const std::string name = reader_.name();
    const uint16_t type = reader_.u16();
    const uint16_t dns_class = reader_.u16();
    if (reader_.failed()) return malformed("question truncated");
    if (name != answer().name || type != static_cast<uint16_t>(answer().type) ||
        dns_class != kClassIn) {
      return malformed("answers a different question");
    }
    if (header_.truncated()) {
      malformed("truncated even over TCP");
      response_.truncated = true;
      return false;
    }
    return true;
  }

  bool read_answers() {
    for (int i = 0; i < header_.answers; ++i) {
      Record record = read_record(reader_);
      if (reader_.failed()) return malformed("answer section truncated");
      const bool wanted = record.type == static_cast<uint16_t>(answer().type) ||
                          record.type == static_cast<uint16_t>(RecordType::cname);
      if (wanted && record.dns_class == kClassIn) records_.push_back(std::move(record));
    }
    return true;
  }

  void note_ttl(const Record& record) {
    const auto ttl = sane_ttl(record.ttl_seconds);
    answer().ttl = ttl_known_ ? std::min(answer().ttl, ttl) : ttl;
    ttl_known_ = true;
  }

  // Follows the chain from the requested name; false when the status is already settled.
  bool follow_chain() {
    if (answer().type == RecordType::cname) return true;
    owner_ = answer().name;
    for (const Record* link = cname_of(records_, owner_); link != nullptr;
         link = cname_of(records_, owner_)) {
      DnsReader reader(message_, link->data_begin, link->data_end);
      const std::string target = reader.name();
      if (reader.failed() || reader.left() > 0) return malformed("CNAME data is not a name");
      note_ttl(*link);
      if (auto fault = extend_chain(answer(), {target})) {
        answer().status = DnsStatus::servfail;
        answer().detail = std::move(*fault);
        response_.chain_broken = true;
        return false;
      }
      owner_ = target;
    }
    return true;
  }

  void conclude(bool nxdomain, const Extras& extras) {
    owner_ = answer().name;
    if (!follow_chain()) return;
    if (nxdomain) {
      answer().status = DnsStatus::nxdomain;
      return;
    }
    size_t count = 0;
    for (const Record& record : records_) {
      if (record.type != static_cast<uint16_t>(answer().type) || record.owner != owner_) continue;
      if (++count > kRecordLimit) {
        malformed("more than 200 records");
        return;
      }
      if (!read_data(message_, record, answer())) {
        malformed(std::string(name_of(answer().type)) + " data truncated or too long");
        return;
      }
      note_ttl(record);
    }
    answer().status = count > 0 ? DnsStatus::answered : DnsStatus::nodata;
    if (count > 0 || extras.has_soa) return;
    // RFC 2308 §2.2: with neither SOA nor NS it is "no data" (type 3), as dnsmasq answers. NS alone
    // is a referral, which a recursive resolver would have followed; a server that has authority
    // does not refer.
    response_.target_open = !answer().cname_chain.empty();
    const bool referral = extras.has_name_servers && !header_.authoritative();
    if (referral && !response_.target_open) answer().status = DnsStatus::referral;
  }

  // "NODATA", "SERVFAIL (EDE 22: No Reachable Authority)"; empty for a plain success.
  void describe(uint16_t rcode, const std::string& extended_errors) {
    if (!answer().detail.empty()) return;
    if (answer().status == DnsStatus::answered && extended_errors.empty()) return;
    const bool nodata = answer().status == DnsStatus::nodata;
    const bool referral = answer().status == DnsStatus::referral;
    answer().detail = nodata     ? "NODATA"
                      : referral ? "referral to other name servers: recursion is not offered"
                                 : rcode_name(rcode);
    if (!extended_errors.empty()) answer().detail += " (" + extended_errors + ")";
  }

  std::string_view message_;
  DnsReader reader_;
  Header header_;
  std::vector<Record> records_;
  std::string owner_;
  bool ttl_known_ = false;
  DnsResponse response_;
};

}  // namespace

bool rejects_edns(std::string_view message) {
  DnsReader reader(message);
  const Header header = read_header(reader);
  return !reader.failed() && header.is_response() && header.rcode() == 1 && header.additionals == 0;
}

bool leaves_it_to_others(std::string_view message) {
  constexpr int kServfail = 2, kRefused = 5;  // RFC 1035 §4.1.1
  DnsReader reader(message);
  const Header header = read_header(reader);
  return !reader.failed() && header.is_response() &&
         (header.rcode() == kServfail || header.rcode() == kRefused);
}

DnsResponse decode_response(std::string_view message, std::string_view name, RecordType type) {
  return Decoder(message, name, type).decode();
}

std::optional<std::string> canonical_name(std::string_view name) {
  const auto wire = wire_name(name);
  if (!wire) return std::nullopt;
  return DnsReader(*wire).name();
}

std::optional<std::string> extend_chain(DnsAnswer& answer, const std::vector<std::string>& chain) {
  auto& known = answer.cname_chain;
  for (const std::string& target : chain) {
    if (target == answer.name || std::find(known.begin(), known.end(), target) != known.end()) {
      answer.cname_loop = true;
      if (known.size() < kCnameLimit) known.push_back(target);
      return "CNAME loop at " + target;
    }
    if (known.size() == kCnameLimit) return "more than 16 CNAMEs in a chain";
    known.push_back(target);
  }
  return std::nullopt;
}

}  // namespace mtasts::protocol
