// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The question section of a query with one question, as octets (RFC 1035 §4.1.2). A response
// repeats it exactly, letter case included; with letters of random case
// (draft-vixie-dnsext-dns0x20) who forges a response has to guess one more bit for each. Pure,
// apart from the random octets.
#pragma once

#include <string>
#include <string_view>

namespace mtasts::net {

// Empty when the query is no query of one question.
std::string_view question_of(std::string_view query);

// Gives each letter of the name a random case; false: no random octets, nothing is changed.
bool mix_case(std::string& query);

// Whether the message repeats the question of the query, octet by octet.
bool repeats_question(std::string_view message, std::string_view question);

}  // namespace mtasts::net
