// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::mx {

inline constexpr Stage kStage = Stage::mx;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;

inline constexpr FindingRow kRows[] = {
    {"mx-servfail", kStage, C, C, ChannelKind::dns, "", "RFC 5321 §5.1",
     "The MX lookup fails with a DNS error, so senders defer mail.",
     "Fix the zone or its DNSSEC signatures.", kDigMx},
    {"mx-timeout", kStage, C, C, ChannelKind::dns, "", "RFC 5321 §5.1",
     "The MX lookup received no response in time, so senders defer mail.",
     "Make sure that every authoritative server for the domain responds.", kDigMx},
    {"mx-nxdomain", kStage, C, C, kNone, "", "RFC 5321 §5.1",
     "The domain does not exist in DNS, so mail cannot be delivered.",
     "Register or delegate the domain, or remove it from the settings.", kDigMx},
    {"mx-none", kStage, C, C, kNone, "", "RFC 5321 §5.1",
     "The domain has neither MX nor address records, so mail cannot be delivered.",
     "Publish MX records, or a null MX (RFC 7505) if the domain accepts no mail.", kDigMx},
    {"mx-not-covered", kStage, C, W, kNone, "validation-failure", "RFC 8461 §4.1",
     "No MX host matches an mx pattern of the policy; in mode enforce senders deliver no mail.",
     "Add mx lines for the current MX hosts to the policy, then publish a new id.", kDigMx},
    {"mx-partial-coverage", kStage, C, W, kNone, "validation-failure", "RFC 8461 §4.1",
     "An MX host matches no mx pattern of the policy; in mode enforce senders do not deliver to "
     "it.",
     "Add an mx line for the host to the policy, then publish a new id.", kDigMx},
    {"mx-host-servfail", kStage, C, W, ChannelKind::dns, "", "RFC 5321 §5.1",
     "The address lookup of an MX host fails with a DNS error.",
     "Fix the zone of the MX host or its DNSSEC signatures.", kDigHost},
    {"mx-host-timeout", kStage, C, W, ChannelKind::dns, "", "RFC 5321 §5.1",
     "The address lookup of an MX host received no response in time.",
     "Make sure that every authoritative server for the MX host's zone responds.", kDigHost},
    {"mx-no-address", kStage, C, C, kNone, "", "RFC 5321 §5.1",
     "An MX host has no address, so mail cannot be delivered to it.",
     "Publish its A or AAAA record, or remove the MX record.", kDigHost},
    {"mx-ip-literal", kStage, C, C, kNone, "", "RFC 5321 §5.1, RFC 1035 §3.3.9",
     "An MX record contains an IP address instead of a host name.",
     "Give the server a host name and use that name in the MX record.", kDigMx},
    {"mx-null-with-others", kStage, W, W, kNone, "", "RFC 7505 §3",
     "A null MX is published together with other MX records, which contradict it.",
     "Remove the null MX, or all the others.", kDigMx},
    {"mx-reserved-address", kStage, W, W, kNone, "", "RFC 6890",
     "An MX host has an address that cannot be reached from the internet.",
     "Publish the public address and remove this one.", kDigHost},
    {"mx-cname", kStage, W, W, kNone, "", "RFC 2181 §10.3",
     "An MX record points to a CNAME, which RFC 2181 forbids; some senders do not deliver to it.",
     "Point the MX record at the canonical host name, and cover that name in the policy.",
     kDigHost},
    {"mx-underscore", kStage, W, W, kNone, "", "RFC 1123 §2.1, RFC 8461 §3.2",
     "An MX host name contains a character that is not allowed in host names; no policy can list "
     "it and no CA issues a certificate for it.",
     "Rename the host, using only letters, digits and hyphens.", kDigMx},
    {"mx-missing-implicit", kStage, I, I, kNone, "", "RFC 5321 §5.1",
     "There are no MX records; senders use the domain's own address as its implicit MX.",
     "Publish an MX record to make this explicit.", kDigMx},
    {"mx-null", kStage, I, I, kNone, "", "RFC 7505",
     "A null MX declares that the domain accepts no mail.",
     "No action is needed if this is intended; such a domain does not need MTA-STS.", kDigMx},
    {"mx-trailing-duplicate", kStage, I, I, kNone, "", "RFC 5321 §5.1",
     "The same MX host is listed more than once.", "Remove the duplicate MX record.", kDigMx},
    {"mx-unchecked", kStage, U, U, kNone, "", "RFC 8461 §4.1",
     "MX hosts or addresses that the agent did not contact: it does not use their family, there "
     "are too many, or the check ended early.",
     "Give the agent connectivity for both address families.", kDigMx},
};

}  // namespace mtasts::verdict::rows::mx
