// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/message.h"

#include <algorithm>
#include <vector>

#include "protocol/dns/error_text.h"
#include "protocol/dns/name.h"
#include "protocol/dns/record_data.h"

namespace mtasts::protocol {
namespace {

constexpr uint16_t kClassIn = 1;
constexpr uint16_t kTypeSoa = 6;
constexpr uint16_t kTypeOpt = 41;
constexpr uint16_t kTypeRrsig = 46, kTypeNsec = 47, kTypeNsec3 = 50;
constexpr size_t kMessageLimit_bytes =
    65535;  // RFC 1035 §4.2.2; also bounds the text of all records
// RFC 8767 §4 advises resolvers to cap TTLs at days; nothing in the agent is kept longer than a
// week.
constexpr uint32_t kTtlLimit_seconds = 7 * 24 * 3600;

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
  // RFC 4035 §3.2.3: AD says nothing under CD, and only NOERROR and NXDOMAIN carry data; some
  // resolvers set it on a SERVFAIL.
  bool authentic() const { return (flags & 0x0020) != 0 && (flags & 0x0010) == 0; }
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

// What is used of the sections after the answer section.
struct Extras {
  bool has_soa = false;
  std::string zone;  // the owner of that SOA record
  bool has_name_servers = false;
  uint16_t rcode_high = 0;  // RFC 6891 §6.1.3
  std::vector<ExtendedError> extended_errors;
};

// The parts of a denial, or of the proof that goes with a wildcard (RFC 4035 §3.1.3). Name servers
// are signed too, but nothing rests on them.
bool is_denial_part(uint16_t type) {
  return type == kTypeSoa || type == kTypeNsec || type == kTypeNsec3;
}

void read_authority(std::string_view message, const Record& record, Extras& extras,
                    DnssecFacts& facts) {
  DnsReader data(message, record.data_begin, record.data_end);
  if (record.type == kTypeSoa && !extras.has_soa) extras.zone = record.owner;
  extras.has_soa |= record.type == kTypeSoa;
  extras.has_name_servers |= record.type == static_cast<uint16_t>(RecordType::ns);
  if (record.type == kTypeNsec3) read_nsec3(data, facts);
  if (record.type != kTypeRrsig) return;
  DnsReader peek = data;
  if (is_denial_part(peek.u16()))
    read_signature(data, record.owner, sane_ttl(record.ttl_seconds), facts);
}

Extras read_extras(std::string_view message, DnsReader reader, const Header& header,
                   DnssecFacts& facts) {
  Extras extras;
  for (int i = 0; i < header.authorities + header.additionals; ++i) {
    const Record record = read_record(reader);
    if (reader.failed()) break;
    if (i < header.authorities) {
      if (record.dns_class == kClassIn) read_authority(message, record, extras, facts);
    } else if (record.type == kTypeOpt) {
      extras.rcode_high = static_cast<uint16_t>(record.ttl_seconds >> 24 << 4);
      DnsReader options(message, record.data_begin, record.data_end);
      read_extended_errors(options, extras.extended_errors);
      break;  // RFC 6891 §6.1.1: at most one
    }
  }
  return extras;
}

// "EDE 22: No Reachable Authority, delegation example.com"
std::string text_of(const std::vector<ExtendedError>& errors) {
  std::string text;
  for (const ExtendedError& error : errors) {
    if (!text.empty()) text += ", ";
    text += "EDE " + std::to_string(error.code) + ": ";
    text += extended_error_name(error.code);
    if (!error.text.empty()) text += ", " + error.text;
  }
  return text;
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
    DnssecFacts denial;
    Extras extras = read_extras(message_, reader_, header_, denial);
    const auto rcode = static_cast<uint16_t>(header_.rcode() | extras.rcode_high);
    if (rcode == 0 || rcode == 3) {
      answer().authenticated = header_.authentic();
      read_signatures(denial);
      conclude(rcode == 3, extras);
    } else {
      answer().status = rcode == 5 ? DnsStatus::refused : DnsStatus::servfail;
    }
    describe(rcode, text_of(extras.extended_errors));
    if (answer().status != DnsStatus::malformed) {
      answer().extended_errors = std::move(extras.extended_errors);
      if (is_denial(answer().status)) answer().zone = std::move(extras.zone);
    }
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
      if (record.dns_class != kClassIn) continue;
      if (record.type == kTypeRrsig && signatures_.size() < kSignatureLimit)
        signatures_.push_back(std::move(record));
      else if (wanted)
        records_.push_back(std::move(record));
    }
    return true;
  }

  // Those of the answer section first.
  void read_signatures(DnssecFacts& denial) {
    DnssecFacts facts;
    for (const Record& record : signatures_) {
      DnsReader data(message_, record.data_begin, record.data_end);
      if (!read_signature(data, record.owner, sane_ttl(record.ttl_seconds), facts)) continue;
      facts.wildcard |= facts.signatures.back().labels < label_count(record.owner);
    }
    for (DnsSignature& signature : denial.signatures)
      if (facts.signatures.size() < kSignatureLimit)
        facts.signatures.push_back(std::move(signature));
    facts.nsec3_iterations = denial.nsec3_iterations;
    facts.nsec3_opt_out = denial.nsec3_opt_out;
    answer().dnssec = std::move(facts);
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
      DnsReader data(message_, record.data_begin, record.data_end);
      if (!read_record_data(data, record.owner, answer())) {
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
  std::vector<Record> signatures_;
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
