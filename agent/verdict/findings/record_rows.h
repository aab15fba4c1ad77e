// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::record {

inline constexpr std::string_view kFetch = "sts-policy-fetch-error";
inline constexpr Stage kStage = Stage::record;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;

inline constexpr CommandTemplate kDigUnusedName =
    "dig {dns}+noall +answer +comments TXT _unused-name.{domain}";
inline constexpr CommandTemplate kDigTxtHost = "dig {dns}+noall +answer +comments -q {name} TXT";
inline constexpr CommandTemplate kDigAuthority =
    "dig @{host} +norecurse +noall +answer +comments TXT _mta-sts.{domain}";
inline constexpr CommandTemplate kDigBoth =
    "dig {dns}+noall +answer +comments _mta-sts.{domain} TXT {policy_host} A {policy_host} AAAA";

inline constexpr FindingRow kRows[] = {
    {"sts-txt-missing", kStage, W, W, kNone, kFetch, "RFC 8461 §3.1",
     "There is no MTA-STS record, so senders do not fetch a policy; those with a cached policy "
     "cannot refresh it.",
     "Publish a TXT record at _mta-sts.<domain> such as \"v=STSv1; id=20260101000000;\" once the "
     "policy file is served.",
     kDigRecord},
    {"sts-txt-nxdomain", kStage, I, I, kNone, kFetch, "RFC 8461 §3.1",
     "The name _mta-sts.<domain> does not exist.",
     "Create the name with its TXT record in the domain's zone.", kDigRecord},
    {"sts-txt-servfail", kStage, W, W, ChannelKind::dns, kFetch, "RFC 8461 §3.1",
     "The record lookup fails with a DNS error, which is not the same as a missing record: senders "
     "cannot refresh their policy.",
     "Fix the zone or its DNSSEC signatures; query each authoritative server for the record.",
     kDigRecord},
    {"sts-txt-timeout", kStage, W, W, ChannelKind::dns, kFetch, "RFC 8461 §3.1",
     "The record lookup received no response in time.",
     "Make sure that every authoritative server for the domain responds on UDP and TCP port 53.",
     kDigRecord},
    {"sts-txt-multiple", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "More than one record has the version v=STSv1, so senders must act as if there were none.",
     "Delete all but the current one of these TXT records.", kDigRecord},
    {"sts-txt-version-invalid", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The record does not begin with exactly v=STSv1, so senders ignore it.",
     "Begin the record with v=STSv1 and a semicolon.", kDigRecord},
    {"sts-txt-version-case", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The version is written in the wrong letter case; it is case-sensitive, so senders that "
     "follow the RFC ignore the record.",
     "Write the version exactly as v=STSv1.", kDigRecord},
    {"sts-txt-id-missing", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The record has no id, so it is invalid and senders assume that there is no policy.",
     "Add an id of 1 to 32 letters and digits, such as the time of the last policy change.",
     kDigRecord},
    {"sts-txt-id-invalid", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The id contains characters other than letters and digits, so senders that check it assume "
     "that there is no policy.",
     "Use only letters and digits in the id.", kDigRecord},
    {"sts-txt-id-too-long", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The id is longer than 32 characters, so senders that check it assume that there is no "
     "policy.",
     "Shorten the id to at most 32 letters and digits.", kDigRecord},
    {"sts-txt-syntax", kStage, C, C, kNone, kFetch, "RFC 8461 §3.1",
     "The record does not follow the grammar, so senders that check it assume that there is no "
     "policy.",
     "Rewrite the record as v=STSv1; id=<letters and digits>; .", kDigRecord},
    {"sts-txt-space-before-semicolon", kStage, W, W, kNone, "", "RFC 8461 §3.1, erratum 6285",
     "There is whitespace before the first semicolon, or a tab beside one; the grammar allows "
     "both, but the record does not begin with \"v=STSv1;\", and not every sender takes a tab.",
     "Write v=STSv1; without whitespace before the semicolon, and blanks instead of tabs.",
     kDigRecord},
    {"sts-txt-trailing-space", kStage, W, W, kNone, "", "RFC 8461 §3.1",
     "The record ends in whitespace without a semicolon, or in a tab; senders that follow the "
     "grammar reject it.",
     "Remove the whitespace at the end of the record.", kDigRecord},
    {"sts-txt-duplicate-field", kStage, W, W, kNone, "", "RFC 8461 §3.1",
     "A field appears twice: some senders read the first one, some the last one, and some see no "
     "record.",
     "Keep one of the two fields.", kDigRecord},
    {"sts-txt-unknown-field", kStage, I, I, kNone, "", "RFC 8461 §3.1",
     "The record has an unknown field, which senders ignore.",
     "Remove the field unless it is intended.", kDigRecord},
    {"sts-txt-unrelated-records", kStage, I, I, kNone, "", "RFC 8461 §3.1",
     "There are other TXT records at the same name; most senders discard them, but some then see "
     "no policy.",
     "Move them to the names they belong to, or narrow the wildcard that produces them.",
     kDigRecord},
    {"sts-txt-cname-dangling", kStage, C, C, kNone, kFetch, "RFC 8461 §8.2",
     "The record is delegated by a CNAME whose target has no TXT record, so there is no policy.",
     "Point the CNAME at the name that your provider specifies, or remove it.", kDigRecord},
    {"sts-txt-cname-loop", kStage, C, C, kNone, kFetch, "RFC 8461 §8.2",
     "The CNAME chain at the record's name forms a loop, so there is no policy.",
     "Break the loop: point the CNAME at the name that your provider specifies.", kDigRecord},
    {"sts-txt-wildcard", kStage, W, W, kNone, "", "RFC 8461 §3.4, RFC 4592 §2.2",
     "A wildcard TXT record publishes an MTA-STS record at every name below the domain that has no "
     "records of its own, so senders also look for a policy of each subdomain.",
     "Publish the record at _mta-sts.<domain> itself, and remove it from the wildcard.",
     kDigUnusedName},
    {"sts-txt-wrong-location", kStage, W, W, kNone, "", "RFC 8461 §3.1",
     "A valid MTA-STS record is published at a name where no sender looks for it.",
     "Move the TXT record to _mta-sts.<domain>.", kDigTxtHost},
    {"sts-txt-ttl-high", kStage, I, I, kNone, "", "RFC 8461 §8.1",
     "The record's TTL is longer than a day, so a new id, and with it a rollback, reaches some "
     "senders only after that time.",
     "Lower the TTL of _mta-sts.<domain> to between 300 and 3600 seconds.", kDigRecord},
    {"sts-txt-ns-inconsistent", kStage, W, W, kNone, "", "RFC 1034 §4.3.5",
     "The domain's authoritative name servers give different answers for the record, so what a "
     "sender sees depends on the server that its resolver asks.",
     "Make sure that every name server of the zone is configured for it and has its latest "
     "version.",
     kDigAuthority},
    {"sts-delegation-half", kStage, W, W, kNone, kFetch, "RFC 8461 §8.2",
     "Only one of _mta-sts and mta-sts leads to the provider that hosts the other, so senders do "
     "not get the policy that belongs to the record.",
     "Point both _mta-sts.<domain> and mta-sts.<domain> at the names that the provider specifies, "
     "or at none of them.",
     kDigBoth},
    {"sts-hosted-id-differs", kStage, W, W, kNone, "", "RFC 8461 §3.1, §8.1",
     "The agent serves the domain's policy, but the record has the id of another one, so senders "
     "that hold an earlier policy do not fetch this one.",
     "Publish the record with the id of the policy that the agent serves.", kDigRecord},
    {"sts-policy-without-record", kStage, W, W, kNone, "", "RFC 8461 §3.1",
     "A valid policy is served, but senders never fetch it because the TXT record is missing.",
     "Publish the TXT record once the policy covers every MX host, or remove MTA-STS in the safe "
     "order: mtasts-exporter plan remove <domain>.",
     kCurlPolicy},
    {"sts-record-without-policy", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The record announces a policy, but there is no policy host to fetch it from; senders may "
     "still apply a policy that they hold.",
     "Serve the policy file; to remove MTA-STS, serve a policy of mode none and then follow "
     "mtasts-exporter plan remove <domain>.",
     kCurlPolicy},
    {"probe-dns-unreachable", kStage, U, U, kNone, "", "",
     "The agent's own resolver does not answer, refuses, or cannot resolve any name, so nothing "
     "that failed in DNS says anything about the domain.",
     "Repair the resolver that the agent uses, or set another one in [dns] servers.", kDigResolver},
    {"probe-dns-denies", kStage, U, U, kNone, "", "",
     "The agent's own resolver denies names that exist, so its denials say nothing about the "
     "domain.",
     "Make the resolver resolve public names, or set another one in [dns] servers.", kDigResolver},
    {"probe-dns-outage", kStage, U, U, kNone, "", "",
     "Most domains began to fail alike in DNS at the same time, and no canary shows that the "
     "agent's own DNS works, so the failures are not counted against the domains.",
     "Repair the resolver that the agent uses, or set another one in [dns] servers.", kDigResolver},
};

}  // namespace mtasts::verdict::rows::record
