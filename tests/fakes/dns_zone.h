// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DnsZone: data and scripted behaviour of the DNS server, and the reply to one query. It answers as
// a recursive resolver would (CNAMEs followed, RFC 1034 §4.3.2; a loop is SERVFAIL) or, with
// set_recursive(false), as an authoritative server that knows nothing about the target of a CNAME.
// No wildcards. Any thread; may be changed while the server runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/dns/answer.h"

namespace mtasts::fakes {

enum class DnsBehaviour {
  normal,
  servfail,
  bogus,  // SERVFAIL unless the query has CD, as a validating resolver does
  refused,
  formerr,
  no_edns,           // FORMERR without OPT to a query with OPT (RFC 6891 §7), else normal
  silent,            // no reply at all
  garbage,           // octets that are not a DNS message
  wrong_id,          // the id of another query
  wrong_question,    // the right id, but another name
  truncated,         // TC over UDP regardless of size; complete over TCP
  truncated_always,  // TC over TCP too
  malformed_rdata,   // a record of the requested type whose data is truncated
  cut,               // a reply that ends in the middle of its answer section
};

class DnsZone {
 public:
  using RecordType = protocol::RecordType;

  // Names in presentation form, any case, no trailing dot. A name exists when it, or a name below
  // it, has a record.
  void add_txt(std::string_view name, std::string_view text, uint32_t ttl_seconds = 300);
  void add_mx(std::string_view name, uint16_t preference, std::string_view host,
              uint32_t ttl_seconds = 300);
  // Adds an A record for IPv4 and an AAAA record for IPv6; throws on invalid text.
  void add_address(std::string_view name, std::string_view address, uint32_t ttl_seconds = 300);
  void add_cname(std::string_view name, std::string_view target, uint32_t ttl_seconds = 300);
  // `rdata`: wire_tlsa() of dns_packet.h, or anything else.
  void add_tlsa(std::string_view name, std::string_view rdata, uint32_t ttl_seconds = 300);
  void add_ns(std::string_view name, std::string_view host, uint32_t ttl_seconds = 300);
  // Any octets as record data.
  void add_raw(std::string_view name, RecordType type, std::string_view rdata,
               uint32_t ttl_seconds = 300);
  // An RRSIG record for that type of the name, told to queries with DO; `rdata` as octets.
  void add_signature(std::string_view name, RecordType covered, std::string_view rdata);
  // Lets the name exist without records.
  void add_empty(std::string_view name);
  void remove(std::string_view name, RecordType type);
  void remove(std::string_view name);  // including its behaviour

  // For all types or for one; the behaviour of a single type takes precedence.
  void behave(std::string_view name, DnsBehaviour behaviour,
              std::optional<RecordType> type = std::nullopt);
  // Delays replies for this name.
  void delay(std::string_view name, std::chrono::milliseconds delay);
  // The next `count` queries for the name get no reply.
  void drop_next(std::string_view name, int count);
  // Replies for this name carry an extended DNS error (RFC 8914).
  void set_extended_error(std::string_view name, uint16_t code, std::string_view text);
  void set_recursive(bool recursive);
  // Off: responses repeat the question in lower case, as some forwarders do.
  void set_keeps_case(bool keeps);
  // On: the AD bit is set in replies to queries that had it (RFC 6840 §5.7).
  void set_authenticated(bool authenticated);
  // Off: a CNAME loop appears in the answer instead of SERVFAIL.
  void set_loop_is_servfail(bool servfail);

  // Queries received, retries included.
  size_t queries() const;
  size_t queries(RecordType type) const;
  size_t queries(std::string_view name, RecordType type) const;
  size_t tcp_queries() const;
  std::string last_query() const;  // octets

  struct Reply {
    std::string octets;  // empty: no reply
    std::chrono::milliseconds delay{0};
  };
  // For the server: counts the query and applies the behaviour.
  Reply reply(std::string_view query, bool tcp);

 private:
  struct Question {
    uint16_t id = 0;
    uint16_t flags = 0;
    std::string name;  // as asked
    std::string key;   // lower case
    std::string wire;  // the question section's octets
    uint16_t type = 0;
    size_t udp_size_bytes = 512;
    bool edns = false;
    bool dnssec_ok = false;  // DO (RFC 3225)
  };
  struct Data {
    std::string rdata;
    uint32_t ttl_seconds = 300;
  };
  struct Node {
    std::map<uint16_t, std::vector<Data>> records;
    std::map<uint16_t, std::string> signatures;   // by the type covered
    std::map<uint16_t, DnsBehaviour> behaviours;  // 0: every type
    std::string cname;
    std::chrono::milliseconds delay{0};
    int drop_next = 0;
    std::string extended_error;
  };
  struct Content;

  static std::optional<Question> parse(std::string_view query);
  Node& node(std::string_view name);
  const Node* find(const std::string& key) const;
  bool exists(const std::string& key) const;
  DnsBehaviour behaviour_of(const std::string& key, uint16_t type) const;
  Content look_up(const Question& question) const;
  std::string answer(const Question& question, bool tcp, DnsBehaviour behaviour) const;

  mutable std::mutex mutex_;
  std::map<std::string, Node> nodes_;
  bool recursive_ = true;
  bool keeps_case_ = true;
  bool authenticated_ = false;
  bool loop_is_servfail_ = true;
  size_t queries_ = 0;
  size_t tcp_queries_ = 0;
  std::map<std::pair<std::string, uint16_t>, size_t> queries_of_;
  std::string last_query_;
};

}  // namespace mtasts::fakes
