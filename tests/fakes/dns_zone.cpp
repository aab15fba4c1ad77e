// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/dns_zone.h"

#include <algorithm>
#include <stdexcept>

#include "base/ascii.h"
#include "fakes/dns_packet.h"

namespace mtasts::fakes {
namespace {

constexpr uint16_t kServfail = 2;
constexpr uint16_t kNxdomain = 3;
constexpr uint16_t kTypeRrsig = 46;
// More than the decoder follows, so that tests can exceed its limit.
constexpr int kChainLimit = 64;

uint16_t number(protocol::RecordType type) { return static_cast<uint16_t>(type); }

uint16_t read_u16(std::string_view octets, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(octets[at]) << 8 |
                               static_cast<uint8_t>(octets[at + 1]));
}

std::string key_of(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return ascii_lower(name);
}

std::string escaped(std::string_view label) {
  std::string text;
  for (const char c : label) {
    const auto octet = static_cast<uint8_t>(c);
    if (octet > 0x20 && octet < 0x7f && c != '.' && c != '\\') {
      text += c;
      continue;
    }
    const std::string digits = std::to_string(octet);
    text += "\\" + std::string(3 - digits.size(), '0') + digits;
  }
  return text;
}

}  // namespace

struct DnsZone::Content {
  uint16_t rcode = 0;
  bool silent = false;
  bool has_data = false;
  bool target_unknown = false;
  struct Line {
    std::string owner;
    uint16_t type = 0;
    Data data;
  };
  std::vector<Line> lines;
};

void DnsZone::add_txt(std::string_view name, std::string_view text, uint32_t ttl_seconds) {
  add_raw(name, RecordType::txt, wire_txt(text), ttl_seconds);
}

void DnsZone::add_mx(std::string_view name, uint16_t preference, std::string_view host,
                     uint32_t ttl_seconds) {
  add_raw(name, RecordType::mx, wire_mx(preference, host), ttl_seconds);
}

void DnsZone::add_address(std::string_view name, std::string_view address, uint32_t ttl_seconds) {
  const auto parsed = IpAddress::parse(address);
  if (!parsed) throw std::invalid_argument("not an address: " + std::string(address));
  const bool v4 = parsed->family() == AddressFamily::ipv4;
  add_raw(name, v4 ? RecordType::a : RecordType::aaaa, wire_address(*parsed), ttl_seconds);
}

void DnsZone::add_cname(std::string_view name, std::string_view target, uint32_t ttl_seconds) {
  {
    const std::lock_guard lock(mutex_);
    node(name).cname = std::string(target);
  }
  add_raw(name, RecordType::cname, wire_name(target), ttl_seconds);
}

void DnsZone::add_tlsa(std::string_view name, std::string_view rdata, uint32_t ttl_seconds) {
  add_raw(name, RecordType::tlsa, rdata, ttl_seconds);
}

void DnsZone::add_ns(std::string_view name, std::string_view host, uint32_t ttl_seconds) {
  add_raw(name, RecordType::ns, wire_name(host), ttl_seconds);
}

void DnsZone::add_raw(std::string_view name, RecordType type, std::string_view rdata,
                      uint32_t ttl_seconds) {
  const std::lock_guard lock(mutex_);
  node(name).records[number(type)].push_back({std::string(rdata), ttl_seconds});
}

void DnsZone::add_signature(std::string_view name, RecordType covered, std::string_view rdata) {
  const std::lock_guard lock(mutex_);
  node(name).signatures[number(covered)] = rdata;
}

void DnsZone::add_empty(std::string_view name) {
  const std::lock_guard lock(mutex_);
  node(name);
}

void DnsZone::remove(std::string_view name, RecordType type) {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(key_of(name));
  if (found == nodes_.end()) return;
  found->second.records.erase(number(type));
  if (type == RecordType::cname) found->second.cname.clear();
}

void DnsZone::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  nodes_.erase(key_of(name));
}

void DnsZone::behave(std::string_view name, DnsBehaviour behaviour,
                     std::optional<RecordType> type) {
  const std::lock_guard lock(mutex_);
  node(name).behaviours[type ? number(*type) : 0] = behaviour;
}

void DnsZone::delay(std::string_view name, std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  node(name).delay = delay;
}

void DnsZone::drop_next(std::string_view name, int count) {
  const std::lock_guard lock(mutex_);
  node(name).drop_next = count;
}

void DnsZone::set_extended_error(std::string_view name, uint16_t code, std::string_view text) {
  const std::lock_guard lock(mutex_);
  node(name).extended_error = wire_extended_error(code, text);
}

void DnsZone::set_recursive(bool recursive) {
  const std::lock_guard lock(mutex_);
  recursive_ = recursive;
}

void DnsZone::set_keeps_case(bool keeps) {
  const std::lock_guard lock(mutex_);
  keeps_case_ = keeps;
}

void DnsZone::set_authenticated(bool authenticated) {
  const std::lock_guard lock(mutex_);
  authenticated_ = authenticated;
}

void DnsZone::set_loop_is_servfail(bool servfail) {
  const std::lock_guard lock(mutex_);
  loop_is_servfail_ = servfail;
}

size_t DnsZone::queries() const {
  const std::lock_guard lock(mutex_);
  return queries_;
}

size_t DnsZone::queries(RecordType type) const {
  const std::lock_guard lock(mutex_);
  size_t sum = 0;
  for (const auto& [key, count] : queries_of_) {
    if (key.second == number(type)) sum += count;
  }
  return sum;
}

size_t DnsZone::queries(std::string_view name, RecordType type) const {
  const std::lock_guard lock(mutex_);
  const auto found = queries_of_.find({key_of(name), number(type)});
  return found == queries_of_.end() ? 0 : found->second;
}

size_t DnsZone::tcp_queries() const {
  const std::lock_guard lock(mutex_);
  return tcp_queries_;
}

std::string DnsZone::last_query() const {
  const std::lock_guard lock(mutex_);
  return last_query_;
}

DnsZone::Node& DnsZone::node(std::string_view name) { return nodes_[key_of(name)]; }

const DnsZone::Node* DnsZone::find(const std::string& key) const {
  const auto found = nodes_.find(key);
  return found == nodes_.end() ? nullptr : &found->second;
}

bool DnsZone::exists(const std::string& key) const {
  if (key.empty() || nodes_.contains(key)) return true;
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [&](const auto& entry) { return entry.first.ends_with("." + key); });
}

DnsBehaviour DnsZone::behaviour_of(const std::string& key, uint16_t type) const {
  const Node* const known = find(key);
  if (known == nullptr) return DnsBehaviour::normal;
  for (const uint16_t wanted : {type, uint16_t{0}}) {
    const auto found = known->behaviours.find(wanted);
    if (found != known->behaviours.end()) return found->second;
  }
  return DnsBehaviour::normal;
}

std::optional<DnsZone::Question> DnsZone::parse(std::string_view query) {
  if (query.size() < 12 || read_u16(query, 4) != 1) return std::nullopt;
  Question question;
  question.id = read_u16(query, 0);
  question.flags = read_u16(query, 2);
  size_t at = 12;
  while (at < query.size() && query[at] != 0) {
    const size_t size = static_cast<uint8_t>(query[at]);
    if (size > 63 || at + 1 + size >= query.size()) return std::nullopt;
    if (!question.name.empty()) question.name += '.';
    question.name += escaped(query.substr(at + 1, size));
    at += 1 + size;
  }
  if (at + 5 > query.size()) return std::nullopt;
  question.type = read_u16(query, at + 1);
  question.wire = query.substr(12, at + 5 - 12);
  question.key = key_of(question.name);
  // The agent's queries have at most an OPT record after the question.
  at += 5;
  if (at + 11 <= query.size() && read_u16(query, at + 1) == kTypeOpt) {
    question.edns = true;
    question.dnssec_ok = (read_u16(query, at + 7) & 0x8000) != 0;
    question.udp_size_bytes = std::max<size_t>(512, read_u16(query, at + 3));
  }
  return question;
}

DnsZone::Content DnsZone::look_up(const Question& question) const {
  Content content;
  std::string owner = question.name;
  std::vector<std::string> seen;
  for (int hop = 0; hop <= kChainLimit; ++hop) {
    const std::string key = key_of(owner);
    const DnsBehaviour behaviour = behaviour_of(key, question.type);
    if (hop > 0 && behaviour == DnsBehaviour::servfail) return {kServfail, false, false, false, {}};
    if (hop > 0 && behaviour == DnsBehaviour::silent) return {0, true, false, false, {}};
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      if (loop_is_servfail_) return {kServfail, false, false, false, {}};
      return content;
    }
    seen.push_back(key);
    const Node* const known = find(key);
    const auto sign = [&](uint16_t covered) {
      const auto found = known->signatures.find(covered);
      if (question.dnssec_ok && found != known->signatures.end())
        content.lines.push_back({owner, kTypeRrsig, {found->second, 300}});
    };
    if (known != nullptr && known->records.contains(question.type)) {
      for (const Data& data : known->records.at(question.type)) {
        content.lines.push_back({owner, question.type, data});
      }
      sign(question.type);
      content.has_data = true;
      return content;
    }
    if (known == nullptr || known->cname.empty()) {
      if (!exists(key)) content.rcode = kNxdomain;
      return content;
    }
    content.lines.push_back(
        {owner, number(RecordType::cname), known->records.at(number(RecordType::cname)).front()});
    sign(number(RecordType::cname));
    if (!recursive_) {
      content.target_unknown = true;
      return content;
    }
    owner = known->cname;
  }
  return content;
}

std::string DnsZone::answer(const Question& question, bool tcp, DnsBehaviour behaviour) const {
  const Node* const known = find(question.key);
  Content content;
  const bool checked = (question.flags & kCheckingDisabled) == 0;
  if (behaviour == DnsBehaviour::servfail || (behaviour == DnsBehaviour::bogus && checked))
    content.rcode = kServfail;
  if (behaviour == DnsBehaviour::refused) content.rcode = 5;
  const bool no_edns = behaviour == DnsBehaviour::no_edns;
  if (behaviour == DnsBehaviour::formerr || (no_edns && question.edns)) content.rcode = 1;
  if (content.rcode == 0) content = look_up(question);
  if (content.silent) return {};
  if (behaviour == DnsBehaviour::malformed_rdata) {
    content = {0, false, true, false, {{question.name, question.type, {"\x05", 300}}}};
  }
  uint16_t flags =
      static_cast<uint16_t>(kResponse | (question.flags & kRecursionDesired) |
                            (recursive_ ? kRecursionAvailable : kAuthoritative) | content.rcode);
  const bool fine = content.rcode == 0 || content.rcode == kNxdomain;
  if (fine && authenticated_ && (question.flags & kAuthentic) != 0) flags |= kAuthentic;
  const auto build = [&](uint16_t extra, bool full) {
    const auto id =
        static_cast<uint16_t>(behaviour == DnsBehaviour::wrong_id ? question.id + 1 : question.id);
    DnsPacket packet(id, flags | extra);
    packet.question(behaviour == DnsBehaviour::wrong_question ? "other.example"
                    : keeps_case_                             ? question.name
                                                              : ascii_lower(question.name),
                    static_cast<RecordType>(question.type));
    for (const auto& line : content.lines) {
      if (!full) break;
      const std::string owner = line.owner == question.name && !line.owner.empty()
                                    ? wire_pointer(12)
                                    : wire_name(line.owner);
      packet.record(DnsPacket::Section::answer, owner, line.type, line.data.rdata,
                    line.data.ttl_seconds);
    }
    if (full && fine && !content.has_data && !content.target_unknown) packet.negative("");
    const std::string options = known != nullptr ? known->extended_error : "";
    if (question.edns && !no_edns)
      packet.raw(DnsPacket::Section::additional, wire_opt(1232, options));
    return packet.octets();
  };
  std::string full = build(0, true);
  if (behaviour == DnsBehaviour::truncated_always) return build(kTruncated, false);
  const bool cut = behaviour == DnsBehaviour::truncated || full.size() > question.udp_size_bytes;
  if (!tcp && cut) return build(kTruncated, false);
  if (behaviour == DnsBehaviour::cut) full.resize(12 + question.wire.size() + 8);
  return full;
}

DnsZone::Reply DnsZone::reply(std::string_view query, bool tcp) {
  const std::lock_guard lock(mutex_);
  const auto question = parse(query);
  if (!question) return {};
  last_query_ = query;
  ++queries_;
  if (tcp) ++tcp_queries_;
  ++queries_of_[{question->key, question->type}];
  const auto known = nodes_.find(question->key);
  if (known != nodes_.end() && known->second.drop_next > 0) {
    --known->second.drop_next;
    return {};
  }
  const DnsBehaviour behaviour = behaviour_of(question->key, question->type);
  Reply reply;
  if (known != nodes_.end()) reply.delay = known->second.delay;
  if (behaviour == DnsBehaviour::silent) return reply;
  if (behaviour == DnsBehaviour::garbage) {
    reply.octets = wire_u16(question->id) + std::string(40, '\xff');
    return reply;
  }
  reply.octets = answer(*question, tcp, behaviour);
  return reply;
}

}  // namespace mtasts::fakes
