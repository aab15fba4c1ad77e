// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::mx {

inline constexpr Stage kStage = Stage::mx;
inline constexpr Channel kNone = Channel::none;

inline constexpr FindingRow kRows[] = {
    {"mx-servfail", kStage, C, C, Channel::dns, "", "RFC 5321 §5.1",
     "The name servers fail for the domain's MX records, so mail waits.",
     "Repair the zone or its DNSSEC signatures.", kDigMx},
    {"mx-timeout", kStage, C, C, Channel::dns, "", "RFC 5321 §5.1",
     "The MX lookup got no answer in time, so mail waits.",
     "See that every authoritative server of the domain answers.", kDigMx},
    {"mx-nxdomain", kStage, C, C, kNone, "", "RFC 5321 §5.1",
     "The domain does not exist in DNS, so nobody can deliver mail.",
     "Register or delegate the domain, or take it out of the settings.", kDigMx},
    {"mx-none", kStage, C, C, kNone, "", "RFC 5321 §5.1",
     "The domain has neither MX records nor addresses, so nobody can deliver mail.",
     "Publish MX records, or a null MX (RFC 7505) if it takes no mail.", kDigMx},
    {"mx-not-covered", kStage, C, W, kNone, "validation-failure", "RFC 8461 §4.1",
     "No mx pattern of the policy matches any MX host; in mode enforce senders deliver nothing.",
     "Add mx lines for the live MX hosts to the policy, then publish a new id.", kDigMx},
    {"mx-partial-coverage", kStage, C, W, kNone, "validation-failure", "RFC 8461 §4.1",
     "Some MX host matches no mx pattern; in mode enforce senders do not deliver to it.",
     "Add an mx line for the host to the policy, then publish a new id.", kDigMx},
    {"mx-host-servfail", kStage, C, W, Channel::dns, "", "RFC 5321 §5.1",
     "The name servers fail for the addresses of an MX host.", "Repair the zone of the MX host.",
     kDigHost},
    {"mx-host-timeout", kStage, C, W, Channel::dns, "", "RFC 5321 §5.1",
     "The address lookup of an MX host got no answer in time.",
     "See that every authoritative server of the MX host's zone answers.", kDigHost},
    {"mx-no-address", kStage, C, C, kNone, "", "RFC 5321 §5.1",
     "An MX host has no address, so nobody can deliver to it.",
     "Publish its A or AAAA record, or remove the MX record.", kDigHost},
    {"mx-ip-literal", kStage, C, C, kNone, "", "RFC 5321 §5.1, RFC 1035 §3.3.9",
     "An MX record holds an IP address where a host name must stand.",
     "Give the server a host name and put that into the MX record.", kDigMx},
    {"mx-null-with-others", kStage, W, W, kNone, "", "RFC 7505 §3",
     "A null MX stands beside other MX records, which makes the set contradictory.",
     "Remove the null MX, or all others.", kDigMx},
    {"mx-reserved-address", kStage, W, W, kNone, "", "RFC 6890",
     "An MX host has an address that cannot be reached from the internet.",
     "Publish the public address, and remove this one.", kDigHost},
    {"mx-cname", kStage, W, W, kNone, "", "RFC 2181 §10.3",
     "An MX record points to a CNAME, which it must not; some senders refuse it.",
     "Point the MX record at the final host name, and cover that name in the policy.", kDigHost},
    {"mx-underscore", kStage, W, W, kNone, "", "RFC 1123 §2.1, RFC 8461 §3.2",
     "An MX host name holds a character that host names may not have; no policy can list it and no "
     "CA will certify it.",
     "Rename the host with letters, digits and hyphens only.", kDigMx},
    {"mx-missing-implicit", kStage, I, I, kNone, "", "RFC 5321 §5.1",
     "There are no MX records; senders use the domain's own address as its MX.",
     "Publish an MX record to say so explicitly.", kDigMx},
    {"mx-null", kStage, I, I, kNone, "", "RFC 7505",
     "A null MX says that the domain takes no mail.",
     "Nothing, if that is meant; MTA-STS has no use for it.", kDigMx},
    {"mx-trailing-duplicate", kStage, I, I, kNone, "", "RFC 5321 §5.1",
     "The same MX host stands more than once.", "Remove the surplus MX record.", kDigMx},
};

}  // namespace mtasts::verdict::rows::mx
