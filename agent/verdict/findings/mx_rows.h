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
     "Correct MX records that name wrong hosts, add mx lines for the right ones to the policy, "
     "then publish a new id.",
     kDigMx},
    {"mx-partial-coverage", kStage, C, W, kNone, "validation-failure", "RFC 8461 §4.1",
     "An MX host matches no mx pattern of the policy; in mode enforce senders do not deliver to "
     "it.",
     "If the MX record names the right host, add an mx line for it to the policy, then publish a "
     "new id.",
     kDigMx},
    {"mx-host-servfail", kStage, C, W, ChannelKind::dns, "", "RFC 5321 §5.1",
     "The address lookup of an MX host fails with a DNS error.",
     "Fix the zone of the MX host or its DNSSEC signatures.", kDigHost},
    {"mx-host-timeout", kStage, C, W, ChannelKind::dns, "", "RFC 5321 §5.1",
     "The address lookup of an MX host received no response in time.",
     "Make sure that every authoritative server for the MX host's zone responds.", kDigHost},
    {"mx-no-address", kStage, C, C, kNone, "", "RFC 5321 §5.1",
     "An MX host has no address, so mail cannot be delivered to it.",
     "Publish its A or AAAA record, or correct the name in the MX record.", kDigHost},
    {"mx-name-doubled", kStage, C, C, kNone, "", "RFC 1035 §5.1",
     "The domain was appended to a complete MX host name, because its final dot is missing in the "
     "zone; no mail is delivered to such a name.",
     "Write the host name with a final dot in the MX record.", kDigMx},
    {"mx-name-local", kStage, C, C, kNone, "", "RFC 5321 §2.3.5, RFC 6761 §6.3",
     "An MX record names localhost, a name without a dot, or a name of a local network, which "
     "means "
     "nothing to other hosts.",
     "Write the complete public name of the mail server in the MX record.", kDigMx},
    {"mx-ip-literal", kStage, C, C, kNone, "", "RFC 5321 §5.1, RFC 1035 §3.3.9",
     "An MX record contains an IP address instead of a host name.",
     "Give the server a host name, list it in the policy, then use that name in the MX record.",
     kDigMx},
    {"mx-null-with-others", kStage, W, W, kNone, "", "RFC 7505 §3",
     "A null MX is published together with other MX records, which contradict it.",
     "Remove the null MX, or all the others.", kDigMx},
    {"mx-reserved-address", kStage, W, W, kNone, "", "RFC 6890",
     "An MX host has an address that cannot be reached from the internet.",
     "Publish the public address and remove this one.", kDigHost},
    {"mx-cname", kStage, W, W, kNone, "", "RFC 2181 §10.3",
     "An MX record points to a CNAME, which RFC 2181 forbids.",
     "Add the canonical host name to the policy and its certificate and publish a new id, then "
     "point the MX record at it.",
     kDigHost},
    {"mx-underscore", kStage, W, W, kNone, "", "RFC 1123 §2.1, RFC 8461 §3.2",
     "An MX host name contains a character that is not allowed in host names; no policy can list "
     "it and no CA issues a certificate for it.",
     "Give the host a name of letters, digits and hyphens with a certificate and an mx line, then "
     "use it in the MX record.",
     kDigMx},
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
