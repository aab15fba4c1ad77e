// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The shape of a mail before it is parsed: an upper bound of the parts, nested messages and header
// fields that a MIME parser would build objects for, from one pass over its lines. A mail of 15 MB
// can hold millions of each. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mtasts::intake {

inline constexpr size_t kMostBoundaryLines = 2000;  // lines that begin with "--"
inline constexpr size_t kMostContentTypes = 500;
inline constexpr size_t kMailHeaderLimit_bytes = 1024 * 1024;  // of all parts together
inline constexpr size_t kMostHeaderLines = 10000;

// Empty: the mail can be parsed. Otherwise one sentence without a full stop.
std::string excess_of_mail(std::string_view mail);

// The first line is a header field: a name of printable ASCII (RFC 5322 §2.2) and a colon.
bool begins_with_header(std::string_view text);

}  // namespace mtasts::intake
