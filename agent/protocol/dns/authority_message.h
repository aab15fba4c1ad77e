// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DNS messages to and from authoritative servers (RFC 1034 §4.3.1: without recursion). Pure, any
// thread, no I/O. Responses are untrusted, as in message.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/dns/answer.h"

namespace mtasts::protocol {

// What one authoritative server says about one question.
struct AuthorityAnswer {
  DnsAnswer answer;
  bool authoritative = false;  // AA bit
  bool referral = false;       // the servers of a zone below are named instead of an answer
};

// A query without RD. Empty when the name is invalid.
std::optional<std::string> encode_authority_query(std::string_view name, RecordType type,
                                                  uint16_t id);
// A query for the SOA record of a zone, without RD.
std::optional<std::string> encode_soa_query(std::string_view zone, uint16_t id);

AuthorityAnswer decode_authority_response(std::string_view message, std::string_view name,
                                          RecordType type);
// The serial of the zone; empty: the response is not an authoritative one with its SOA record.
std::optional<uint32_t> decode_soa_serial(std::string_view message, std::string_view zone);

// The response was cut to fit into a datagram: ask again over TCP (RFC 7766 §5).
bool is_truncated(std::string_view message);

}  // namespace mtasts::protocol
