// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Texts for the error numbers of DNS responses: RCODEs (RFC 1035 §4.1.1, RFC 2136, RFC 6891) and
// extended DNS error codes (RFC 8914 §4 and later IANA registrations). An unknown number has a text
// too. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mtasts::protocol {

std::string rcode_name(uint16_t rcode);                    // "SERVFAIL", "RCODE 23"
std::string_view extended_error_name(uint16_t info_code);  // "No Reachable Authority"

}  // namespace mtasts::protocol
