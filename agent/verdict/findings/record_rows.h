// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::record {

inline constexpr std::string_view kFetch = "sts-policy-fetch-error";
inline constexpr Stage kStage = Stage::record;
inline constexpr Channel kNone = Channel::none;

inline constexpr FindingRow kRows[] = {
    {"sts-txt-missing", kStage, W, W, kNone, kFetch, "RFC 8461 §3.1",
     "There is no MTA-STS record, so senders do not look for a policy; those that hold a cached "
     "one "
     "cannot refresh it.",
     "Publish a TXT record at _mta-sts.<domain> such as \"v=STSv1; id=20260101000000;\" once the "
     "policy file is served.",
     kDigRecord},
    {"sts-txt-nxdomain", kStage, I, I, kNone, kFetch, "RFC 8461 §3.1",
     "The name _mta-sts.<domain> does not exist at all.",
     "Create the name with its TXT record in the zone of the domain.", kDigRecord},
    {"sts-txt-servfail", kStage, W, W, Channel::dns, kFetch, "RFC 8461 §3.1",
     "The name servers of the domain fail for the record, which is not the same as having none: "
     "senders cannot refresh their policy.",
     "Repair the zone or its DNSSEC signatures; ask each authoritative server for the record.",
     kDigRecord},
    {"sts-txt-timeout", kStage, W, W, Channel::dns, kFetch, "RFC 8461 §3.1",
     "The record lookup got no answer in time.",
     "See that every authoritative server of the domain answers over UDP and TCP port 53.",
     kDigRecord},
    {"sts-txt-multiple", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "More than one record begins v=STSv1; so senders must act as if there were none.",
     "Delete all but the newest of these TXT records.", kDigRecord},
    {"sts-txt-version-invalid", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The record does not begin with exactly v=STSv1, so senders ignore it.",
     "Begin the record with v=STSv1; .", kDigRecord},
    {"sts-txt-version-case", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The version is written in other letters' case; it is case-sensitive, so senders ignore the "
     "record.",
     "Write the version exactly as v=STSv1.", kDigRecord},
    {"sts-txt-id-missing", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The record has no id, so it is invalid and senders see no policy.",
     "Add an id of 1 to 32 letters and digits, such as the time of the last policy change.",
     kDigRecord},
    {"sts-txt-id-invalid", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The id holds something else than letters and digits, so senders see no policy.",
     "Use only letters and digits in the id.", kDigRecord},
    {"sts-txt-id-too-long", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The id is longer than 32 characters, so senders see no policy.",
     "Shorten the id to at most 32 letters and digits.", kDigRecord},
    {"sts-txt-syntax", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The record is outside the grammar, so senders see no policy.",
     "Rewrite the record as v=STSv1; id=<letters and digits>; .", kDigRecord},
    {"sts-txt-space-before-semicolon", kStage, W, W, kNone, "", "RFC 8461 §3.1, erratum 6285",
     "A blank stands before a semicolon; the grammar allows it, yet senders that filter by "
     "\"v=STSv1;\" discard the record.",
     "Remove the blank before the semicolon.", kDigRecord},
    {"sts-txt-trailing-space", kStage, W, W, kNone, "", "RFC 8461 §3.1",
     "Blanks end the record without a semicolon; some senders refuse that.",
     "Remove the blanks at the end of the record.", kDigRecord},
    {"sts-txt-duplicate-field", kStage, I, I, kNone, "", "RFC 8461 §3.2",
     "A field stands twice; the first one counts, and some senders refuse the record.",
     "Keep one of the two fields.", kDigRecord},
    {"sts-txt-unknown-field", kStage, I, I, kNone, "", "RFC 8461 §3.1",
     "The record has a field that senders do not know and ignore.",
     "Remove the field unless you mean it.", kDigRecord},
    {"sts-txt-unrelated-records", kStage, I, I, kNone, "", "RFC 8461 §3.1",
     "Other TXT records stand at the same name; senders discard them.",
     "Move them to where they belong, or narrow the wildcard that makes them.", kDigRecord},
    {"sts-txt-cname-dangling", kStage, C, C, kNone, kFetch, "RFC 8461 §8.2",
     "The record is delegated by a CNAME whose target has no TXT record, so there is no policy.",
     "Point the CNAME at the name your provider gives, or remove it.", kDigRecord},
    {"sts-txt-cname-loop", kStage, C, C, kNone, kFetch, "RFC 8461 §8.2",
     "The CNAMEs at the record's name lead back to themselves, so there is no policy.",
     "Break the loop: point the CNAME at the name your provider gives.", kDigRecord},
    {"sts-policy-without-record", kStage, W, W, kNone, "", "RFC 8461 §3.1",
     "A valid policy is served, but without the TXT record senders never look for it.",
     "Publish the TXT record, or retire the policy host.", kCurlPolicy},
    {"sts-record-without-policy", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The record announces a policy, but there is no policy host to fetch it from.",
     "Serve the policy file, or remove the TXT record if MTA-STS is not meant.", kCurlPolicy},
};

}  // namespace mtasts::verdict::rows::record
