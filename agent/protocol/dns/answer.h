// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The result of one DNS question, as values: the status kinds that a verdict must distinguish, the
// records as plain data, and further evidence (TTL, AD bit, CNAME chain). RFC 1035, 2308, 4034,
// 6698. Plain values, any thread; no parsing here (message.h does it). "Channel-dependent" statuses
// count against a domain only while the channel is available (base/channel.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "protocol/dns/dnssec.h"

namespace mtasts::protocol {

enum class RecordType : uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  mx = 15,
  txt = 16,
  aaaa = 28,
  ds = 43,
  dnskey = 48,
  tlsa = 52
};
std::string_view name_of(RecordType type);  // "A", "TXT", …
// The same for any number: "NSEC3", "TYPE65280" (RFC 3597 §5).
std::string type_text(uint16_t type);

enum class DnsStatus : uint8_t {
  answered,     // at least one record of the requested type
  nodata,       // the name exists, this type does not (RFC 2308 §2.2); "none" to a sender
  nxdomain,     // the name does not exist; "none" to a sender
  servfail,     // the resolver failed to find out; an error, never "none"
  refused,      // the resolver refuses to answer; a local failure
  timeout,      // no answer in time; channel-dependent
  unreachable,  // no configured resolver could be reached; a local failure
  malformed,    // an answer that cannot be parsed
  referral,     // name servers instead of an answer: not a recursive resolver; a local failure
  denied,       // nodata or nxdomain from a resolver that denies names that exist; a local failure
  cancelled,    // the agent stopped asking (deadline of the check, shutdown); unknown
};
std::string_view name_of(DnsStatus status);  // "NOERROR", "NODATA", "NXDOMAIN", "SERVFAIL", …

// An authoritative result, positive or negative, that conclusions can be drawn from.
bool is_conclusive(DnsStatus status);

// The question was not sent, or was abandoned, or the agent's own resolver refuses, is not
// recursive or denies everything: a local failure, never the domain's fault.
bool is_local_failure(DnsStatus status);

// Nothing came back, for any reason.
bool is_silence(DnsStatus status);

// The name, or the type at this name, does not exist according to the resolver.
bool is_denial(DnsStatus status);

struct MxRecord {
  uint16_t preference = 0;
  std::string host;  // lower case, no trailing dot; "" is the root: a null MX (RFC 7505)
  auto operator<=>(const MxRecord&) const = default;
};

struct DnsAnswer {
  std::string name;  // the name asked; lower case, no trailing dot
  RecordType type = RecordType::txt;
  DnsStatus status = DnsStatus::cancelled;
  std::string detail;  // for display: rcode, extended error, server; may be empty
  // AD bit: the resolver calls the answer secure. Only with NOERROR and NXDOMAIN, never under CD.
  bool authenticated = false;
  std::chrono::seconds ttl{0};           // smallest of the answer section; 0 when it is empty
  std::vector<std::string> cname_chain;  // targets in order, lower case; at most 16
  bool cname_loop = false;               // the chain returned to an earlier name

  std::vector<std::string> texts;    // TXT: the strings of each record joined, raw octets
  std::vector<MxRecord> mx;          // MX, in the order received
  std::vector<IpAddress> addresses;  // A or AAAA
  std::vector<std::string> tlsa;     // TLSA: the data of each record as octets, malformed or not
  std::vector<std::string> names;    // NS or CNAME targets; the primary server of SOA
  std::vector<DsRecord> ds;          // DS
  std::vector<DnsKey> keys;          // DNSKEY

  std::vector<ExtendedError> extended_errors;  // RFC 8914; at most 4
  DnssecFacts dnssec;                          // only of queries for signatures
  std::string zone;  // of a denial: the zone that says so, the owner of its SOA record

  bool operator==(const DnsAnswer&) const = default;
};

}  // namespace mtasts::protocol
