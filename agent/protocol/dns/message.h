// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DNS messages as octets: the encoder of queries and the decoder of responses (RFC 1035 §4, RFC
// 2308, RFC 4034, RFC 6698, RFC 6891, RFC 8914). Pure, any thread, no I/O. Responses are untrusted:
// lengths are checked before use, compression pointers only go backwards, names end at 255 octets,
// chains at 16 CNAMEs, record sets at 200 records, signatures at 32. An error in the answer section
// is DnsStatus::malformed; an error after it only loses the extras (SOA, EDE, denial). Names are
// decoded here because c-ares has no limit of 255 octets and its parsers do not return TTL, AD or
// TLSA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/dns/answer.h"

namespace mtasts::protocol {

// RFC 8461 §8.2 requires senders to follow CNAMEs without a limit; resolvers stop at 8 to 16.
inline constexpr size_t kCnameLimit = 16;
// A mail domain has a handful; a larger set is an attack on the reader.
inline constexpr size_t kRecordLimit = 200;
// The UDP size in the OPT record of queries (DNS flag day 2020).
inline constexpr uint16_t kUdpSize_bytes = 1232;

struct DnsResponse {
  DnsAnswer answer;  // as far as this message goes
  // The chain ends at a name about which the message says nothing, not even that it is empty: query
  // that name (the last of answer.cname_chain).
  bool target_open = false;
  // A loop or more than 16 CNAMEs, reported as SERVFAIL as resolvers do.
  bool chain_broken = false;
  // The TC bit (RFC 2181 §9): over UDP, ask again over TCP; `answer` is malformed then.
  bool truncated = false;
};

// A query for one question with RD, AD (RFC 6840 §5.7) and an OPT record as its last 11 octets.
// Empty when the name is invalid: empty label, label over 63 or name over 255 octets. `name` may
// hold \DDD and \X escapes; "." and "" are the root.
// Without EDNS there is no DO bit.
std::optional<std::string> encode_query(std::string_view name, RecordType type, uint16_t id,
                                        bool with_edns = true, DnssecFlags flags = {});

// FORMERR without OPT: the server does not support EDNS (RFC 6891 §7); repeat the query without it.
bool rejects_edns(std::string_view message);

// SERVFAIL or REFUSED: this server failed or refused; another one may answer.
bool leaves_it_to_others(std::string_view message);

// What the message says about the question. The transport checks the id.
DnsResponse decode_response(std::string_view message, std::string_view name, RecordType type);

// A name in the form used in answers: lower case, no trailing dot, special octets as \DDD, the root
// as "". Empty when the name is invalid.
std::optional<std::string> canonical_name(std::string_view name);

// Appends the targets of `chain` to the chain of `answer`. Returns the error when the chain
// returned to an earlier name (cname_loop is set then) or has more than 16 CNAMEs; the rest is left
// out.
std::optional<std::string> extend_chain(DnsAnswer& answer, const std::vector<std::string>& chain);

}  // namespace mtasts::protocol
