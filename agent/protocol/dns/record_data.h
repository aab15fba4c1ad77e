// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The data of one resource record as values (RFC 1035 §3.3, RFC 4034, RFC 5155, RFC 6698). Internal
// to protocol/dns. Pure, any thread; the reader is bounded to the record's data.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/dns/answer.h"
#include "protocol/dns/name.h"

namespace mtasts::protocol {

// Appends the record to the list of `answer` for its type; false when the data does not match the
// type. `owner` is the record's.
bool read_record_data(DnsReader& reader, const std::string& owner, DnsAnswer& answer);

// False, and nothing appended, when it is malformed or there are 32 already: what is left out of an
// answer must not change what it says.
bool read_signature(DnsReader& reader, const std::string& owner, std::chrono::seconds ttl,
                    DnssecFacts& facts);

// Notes the parameters of an NSEC3 record.
void read_nsec3(DnsReader& reader, DnssecFacts& facts);

// The data of an OPT record: appends its extended errors.
void read_extended_errors(DnsReader& reader, std::vector<ExtendedError>& errors);

}  // namespace mtasts::protocol
