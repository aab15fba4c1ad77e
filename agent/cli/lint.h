// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter lint`: a record or policy checked by the RFCs' grammars, offline, with line and
// column (RFC 8461 §3.1 and §3.2, RFC 8460 §3). What needs DNS or the live MX hosts is not looked
// at. The input may be anything; at most kLintLimit_bytes of it are read. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>

#include "base/enum_words.h"

namespace mtasts::cli {

BOOST_DEFINE_FIXED_ENUM_CLASS(LintKind, uint8_t, record, policy, tlsrpt)
inline std::string_view name_of(LintKind kind) { return enumerator_name(kind); }

inline constexpr size_t kLintLimit_bytes = 1024 * 1024;

// A record is the text of one TXT record; one line end after it is not part of it. A policy is
// taken octet by octet. Returns the exit status: 0 valid, 1 valid but some senders differ or there
// is advice, 2 invalid. That a policy is in mode testing or none is no advice about its syntax.
int run_lint(LintKind kind, std::istream& in, bool json, std::ostream& out);

}  // namespace mtasts::cli
