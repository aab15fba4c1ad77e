// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter lint`: checks a record, policy or TLS report against the grammar of its RFC,
// offline, and reports line and column (RFC 8461 §3.1 and §3.2, RFC 8460 §3). Does not check
// anything that needs DNS or the live MX hosts. The input may be arbitrary; at most
// kLintLimit_bytes of it are read. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>

#include "base/enum_words.h"

namespace mtasts::cli {

BOOST_DEFINE_FIXED_ENUM_CLASS(LintKind, uint8_t, record, policy, tlsrpt, report)
inline std::string_view name_of(LintKind kind) { return enumerator_name(kind); }

// Exit statuses.
inline constexpr int kLintValid = 0;
inline constexpr int kLintDiffers = 1;
inline constexpr int kLintInvalid = 2;

inline constexpr size_t kLintLimit_bytes = 1024 * 1024;

struct LintOptions {
  bool json = false;
  bool strict = false;  // advice gives 1, too
};

// A record is the text of one TXT record, without a trailing newline. A policy is checked octet by
// octet. Returns the exit status: 0 valid, perhaps with advice; 1 valid, but a named sender refuses
// or misreads it, or no sender can use a part of it; 2 outside the grammar. Mode testing or none
// alone is the operator's choice and never gives 1.
int run_lint(LintKind kind, std::istream& in, const LintOptions& options, std::ostream& out);

}  // namespace mtasts::cli
