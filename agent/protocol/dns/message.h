// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DNS messages as octets: the query we send and the decoder of what comes back (RFC 1035 §4, RFC
// 2308, RFC 6698, RFC 6891, RFC 8914). Pure, any thread, no I/O. Every octet of a response is taken
// for hostile: lengths are checked before use, compression pointers only go backwards, names end at
// 255 octets, chains at 16 CNAMEs, record sets at 200 records. A fault in the answer section is
// DnsStatus::malformed; a fault behind it only costs the extras (SOA, EDE). We decode names
// ourselves: c-ares sets no limit of 255 and its parsers show neither TTL, AD nor TLSA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/dns/answer.h"

namespace mtasts::protocol {

// RFC 8461 §8.2 has senders follow CNAMEs without naming a limit; resolvers stop at 8 to 16.
inline constexpr size_t kCnameLimit = 16;
// A mail domain has a handful; a longer set is an attack on whoever reads it.
inline constexpr size_t kRecordLimit = 200;
// What the OPT record of our queries says (DNS flag day 2020).
inline constexpr uint16_t kUdpSize_bytes = 1232;

struct DnsResponse {
  DnsAnswer answer;  // as far as this one message goes
  // The chain ends at a name about which the message says nothing, not even that it is empty:
  // ask for that name (the last of answer.cname_chain).
  bool target_open = false;
  // A loop or more than 16 CNAMEs, which we call SERVFAIL as resolvers do.
  bool chain_broken = false;
};

// A query for one question with RD, AD (RFC 6840 §5.7) and an OPT record as its last 11 octets.
// Nothing when the name cannot be one: empty label, label over 63 or name over 255 octets.
// `name` may hold \DDD and \X escapes; "." and "" are the root.
std::optional<std::string> encode_query(std::string_view name, RecordType type, uint16_t id,
                                        bool with_edns = true);

// FORMERR without OPT: the server does not know EDNS (RFC 6891 §7), ask again without.
bool rejects_edns(std::string_view message);

// SERVFAIL or REFUSED: this server could not, or would not, find out; another one may.
bool leaves_it_to_others(std::string_view message);

// What the message says about the question we asked. The id is the transport's business.
DnsResponse decode_response(std::string_view message, std::string_view name, RecordType type);

// A name as answers hold it: lower case, no trailing dot, odd octets as \DDD, the root as "".
// Nothing when it cannot be a name.
std::optional<std::string> canonical_name(std::string_view name);

// Appends the targets of `chain` to the chain of `answer`. The fault, when it came back to a name
// it had (cname_loop is set then) or has more than 16 CNAMEs; the rest is left out.
std::optional<std::string> extend_chain(DnsAnswer& answer, const std::vector<std::string>& chain);

}  // namespace mtasts::protocol
