// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::syntax {

inline constexpr std::string_view kInvalid = "sts-policy-invalid";
inline constexpr Stage kStage = Stage::policy_syntax;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;

inline constexpr FindingRow kRows[] = {
    {"sts-policy-unchecked", kStage, U, U, kNone, "", "RFC 8461 §3.2",
     "The agent could not fetch the policy, so nothing is known about its text.",
     "Follow the finding of stage policy_fetch or record that says why.", kCurlPolicy},
    {"sts-policy-html", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "An HTML page is served instead of the policy file.",
     "Serve the plain policy text at this path; the web site's catch-all page responds now.",
     kCurlPolicyBytes},
    {"sts-policy-empty", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "The policy file is empty.", "Write the policy into the file.", kCurlPolicyBytes},
    {"sts-policy-bom", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "The file begins with a byte order mark, which makes its first field invalid.",
     "Save the file without a byte order mark.", kCurlPolicyBytes},
    {"sts-policy-syntax", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "A line does not follow the grammar, so senders that check it reject the policy.",
     "Write each line as \"name: value\".", kCurlPolicyBytes},
    {"sts-policy-invisible-character", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "A line contains an invisible character, such as a no-break space, so senders reject the "
     "policy.",
     "Retype the line instead of copying it.", kCurlPolicyBytes},
    {"sts-policy-leading-space", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "A line begins with whitespace, so senders that check the grammar reject the policy.",
     "Remove the whitespace at the start of the line.", kCurlPolicyBytes},
    {"sts-policy-space-before-colon", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "There is whitespace before a colon, so senders that check the grammar reject the policy.",
     "Remove the whitespace before the colon.", kCurlPolicyBytes},
    {"sts-policy-key-case", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "A field name is not in lower case; field names are case-sensitive.",
     "Write the field name in lower case.", kCurlPolicyBytes},
    {"sts-policy-blank-line", kStage, W, W, kNone, kInvalid, "RFC 8461 §3.2",
     "The file contains an empty line, so senders that check the grammar reject the policy.",
     "Remove the empty line.", kCurlPolicyBytes},
    {"sts-policy-version-missing", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "The policy has no version, so senders reject it.", "Add the line version: STSv1 at the top.",
     kCurlPolicyBytes},
    {"sts-policy-version-invalid", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "The policy's version is not STSv1, so senders reject it.", "Write version: STSv1.",
     kCurlPolicyBytes},
    {"sts-policy-mode-missing", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "The policy has no mode, so senders reject it.",
     "Add the line mode: testing (or enforce, or none).", kCurlPolicyBytes},
    {"sts-policy-mode-invalid", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "The mode is not enforce, testing or none, so senders reject the policy.",
     "Write mode: testing until reports show no failures, then mode: enforce.", kCurlPolicyBytes},
    {"sts-policy-max-age-missing", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "The policy has no max_age, so senders reject it.", "Add a line such as max_age: 604800.",
     kCurlPolicyBytes},
    {"sts-policy-max-age-invalid", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "max_age is not a plain number of seconds of at most 10 digits.",
     "Write max_age as seconds in digits only, such as max_age: 604800.", kCurlPolicyBytes},
    {"sts-policy-max-age-over-limit", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "max_age exceeds 31557600 seconds, the maximum allowed.",
     "Reduce max_age to 2592000 (30 days), which every tested sender keeps, or at least below "
     "31557600.",
     kCurlPolicyBytes},
    {"sts-policy-mx-missing", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2",
     "The policy has no mx line, although its mode requires one.",
     "Add one mx line for every MX host that has an address.", kCurlPolicyBytes},
    {"sts-policy-mx-invalid", kStage, C, C, kNone, kInvalid, "RFC 8461 §3.2, §4.1",
     "An mx line contains no valid pattern, or one that is no host name; senders that check it "
     "reject the policy.",
     "Write one host name, or *.name, per mx line.", kCurlPolicyBytes},
    {"sts-policy-wildcard-depth", kStage, C, C, kNone, "validation-failure", "RFC 8461 §4.1",
     "A wildcard matches exactly one label, but an MX host has more labels in its place.",
     "List the MX hosts by name, each with its own mx line, then publish a new id.", kDigMx},
    {"sts-policy-mx-too-broad", kStage, W, W, kNone, "", "RFC 8461 §4.1, §10.4",
     "An mx pattern matches host names that belong to others, so each of them may receive the "
     "domain's mail with a valid certificate of its own.",
     "List the MX hosts by name, or use a wildcard for a domain of which every host is yours or "
     "your provider's.",
     kCurlPolicyBytes},
    {"sts-mode-weaker-than-expected", kStage, W, W, kNone, "", "RFC 8461 §5",
     "The published mode is weaker than the one that the settings expect for this domain.",
     "If there are no other findings, publish a policy of the expected mode, then a new id; "
     "otherwise change expected_mode in the settings.",
     kCurlPolicy},
    {"sts-policy-max-age-zero", kStage, W, W, kNone, "", "RFC 8461 §3.2",
     "max_age is 0, so senders do not cache the policy.", "Raise max_age to at least 604800.",
     kCurlPolicyBytes},
    {"sts-policy-max-age-too-short", kStage, W, W, kNone, "", "RFC 8461 §3.2",
     "max_age is below 86400 seconds; Google ignores such a policy.",
     "Raise max_age to at least 604800.", kCurlPolicyBytes},
    {"sts-policy-max-age-short", kStage, I, I, kNone, "", "RFC 8461 §10.2",
     "max_age is below two weeks, so an attacker can wait until cached policies expire.",
     "Raise max_age to 1209600 or more once the policy is stable.", kCurlPolicyBytes},
    {"sts-policy-max-age-too-long", kStage, I, I, kNone, "", "RFC 8461 §3.2",
     "max_age is over two weeks while the mode is testing, so a policy change may take long to "
     "reach senders, or over the 30 days that every tested sender keeps.",
     "Keep max_age between 604800 and 1209600 while testing, and at most 2592000 in mode enforce.",
     kCurlPolicyBytes},
    {"sts-mode-testing", kStage, I, I, kNone, "", "RFC 8461 §5",
     "The mode is testing: senders report failures but still deliver.",
     "Once reports show no failures for two to four weeks, set mode: enforce, then publish a new "
     "id.",
     kCurlPolicy},
    {"sts-mode-none", kStage, I, I, kNone, "", "RFC 8461 §8.3",
     "The mode is none: MTA-STS is disabled.",
     "Set mode: testing, then publish a new id; or remove MTA-STS in the safe order: "
     "mtasts-exporter plan remove <domain>.",
     kCurlPolicy},
    {"sts-policy-version-not-first", kStage, I, I, kNone, "", "RFC 8461 §3.2",
     "The version field is not on the first line; the RFC allows it, and every tested sender "
     "takes it.",
     "Move the version line to the top.", kCurlPolicyBytes},
    {"sts-policy-no-final-eol", kStage, I, I, kNone, "", "RFC 8461 §3.2",
     "The last line has no line terminator; the RFC allows it, and every tested sender takes it.",
     "End the last line with CRLF.", kCurlPolicyBytes},
    {"sts-policy-bare-lf", kStage, I, I, kNone, "", "RFC 8461 §3.2, erratum 6253",
     "Lines end in LF only; the RFC allows it, and every tested sender takes it, but old "
     "validators ask for CRLF.",
     "End each line with CRLF.", kCurlPolicyBytes},
    {"sts-policy-duplicate-field", kStage, W, W, kNone, "", "RFC 8461 §3.2",
     "A field appears twice: some senders take the first one, some the last one, and some refuse "
     "the policy.",
     "Keep the one line that is meant, then publish a new id.", kCurlPolicyBytes},
    {"sts-policy-key-typo", kStage, W, W, kNone, "", "RFC 8461 §3.2",
     "An unknown field, which senders ignore, is spelt almost like a known one.",
     "Correct the name of the field, or remove the line.", kCurlPolicyBytes},
    {"sts-policy-unknown-field", kStage, I, I, kNone, "", "RFC 8461 §3.2",
     "The policy has an unknown field, which senders ignore unless its value misleads them.",
     "Remove the line unless it is intended.", kCurlPolicyBytes},
    {"sts-policy-mx-duplicate", kStage, I, I, kNone, "", "RFC 8461 §3.2",
     "An mx pattern appears twice.", "Remove the duplicate line.", kCurlPolicyBytes},
    {"sts-policy-mx-unused", kStage, I, I, kNone, "", "RFC 8461 §4.1",
     "An mx pattern matches no current MX host.",
     "Remove the line, unless it prepares an MX move, covers a standby host, or names a host whose "
     "MX record is faulty.",
     kDigMx},
};

}  // namespace mtasts::verdict::rows::syntax
