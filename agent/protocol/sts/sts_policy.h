// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The MTA-STS policy file (RFC 8461 §3.2). Strict by the ABNF with line and column of every fault,
// lenient where the repair is obvious (a blank line, a space before the colon, a key in capitals):
// the lenient reading lets MX coverage be judged although the fault is reported. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_words.h"
#include "protocol/text/syntax_fault.h"

namespace mtasts::protocol {

// In ascending strictness.
BOOST_DEFINE_FIXED_ENUM_CLASS(Mode, uint8_t, none, testing, enforce)
inline std::string_view name_of(Mode mode) { return enumerator_name(mode); }
inline std::optional<Mode> mode_named(std::string_view name) {
  return enumerator_named<Mode>(name);
}

inline constexpr uint64_t kMaxAgeLimit_seconds = 31557600;  // RFC 8461 §3.2: about one year
// 30 days: the longest max_age that every tested sender keeps.
inline constexpr uint64_t kLongestKeptAge_seconds = 30 * 86400;

struct StsPolicy {
  bool valid = false;        // matches the ABNF, every required field present and valid
  std::optional<Mode> mode;  // also read leniently
  std::optional<uint64_t> max_age_seconds;  // as written, may be over the limit
  std::vector<std::string> mx;      // valid patterns in order, lower case, no duplicates; at
                                    // most kMostMxPatterns
  std::vector<SyntaxFault> faults;  // errors, differs and advice, by position
};

inline constexpr size_t kMostMxPatterns = 1000;

// Whether the Content-Type that came with the policy names a charset; some senders read a body as
// ASCII without it.
enum class PolicyCharset : uint8_t { undeclared, declared };
PolicyCharset charset_of(std::string_view content_type);

// `body` is any text of at most 64 KiB. Findings that need the live MX records
// (sts-policy-mx-unused, sts-policy-wildcard-depth) are not produced here.
StsPolicy parse_sts_policy(std::string_view body,
                           PolicyCharset charset = PolicyCharset::undeclared);

// RFC 5321 §4.1.2 Domain, limited by RFC 1123 §2.1: the last label is never all digits, so that
// IPv4 addresses are excluded. Names in DNS are less restricted, for example "_dmarc".
bool is_rfc1123_host_name(std::string_view name);

// A valid `mx` value: ["*."] Domain of RFC 5321 (letters, digits, hyphens; A-labels). The last
// label may be all digits, so an IPv4 address is one, too.
bool is_mx_pattern(std::string_view pattern);

// RFC 8461 §4.1: equal ignoring case, or `*.` and exactly one label. `host` is the MX record's
// name.
bool mx_pattern_matches(std::string_view pattern, std::string_view host);

// True when `*.suffix` would match only if the wildcard covered more than one label.
bool mx_pattern_is_too_shallow(std::string_view pattern, std::string_view host);

}  // namespace mtasts::protocol
