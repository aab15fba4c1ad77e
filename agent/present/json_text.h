// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// json_text(): the one way from a JSON value to text that leaves the agent. Printable ASCII alone:
// every other character is \uXXXX (RFC 8259 §7), so that no terminal, pager or editor acts on text
// from the network, whatever its encoding (in an 8-bit one, octets of ordinary letters are
// controls) and whatever later versions of Unicode define. Octets that are not UTF-8 become U+FFFD.
// What a reader decodes is the same as before. Pure, any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mtasts::present {

// One line, without a newline; never an error.
template <typename Json>
std::string json_text(const Json& json) {
  constexpr bool kAsciiAlone = true;
  return json.dump(-1, ' ', kAsciiAlone, Json::error_handler_t::replace);
}

}  // namespace mtasts::present
