// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::dane {

inline constexpr Stage kStage = Stage::dane;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;
inline constexpr std::string_view kDnssec = "dnssec-invalid";
inline constexpr std::string_view kTlsa = "tlsa-invalid";
inline constexpr std::string_view kValidation = "validation-failure";
inline constexpr std::string_view kRequired = "dane-required";

inline constexpr CommandTemplate kDigTlsa =
    "dig {dns}+dnssec +noall +answer +comments -q {tlsa} TLSA";
// The answer with validation, then what is behind it.
inline constexpr CommandTemplate kDigTlsaBehind =
    "dig {dns}+dnssec +noall +answer +comments -q {tlsa} TLSA +nocdflag -q {tlsa} TLSA +cdflag";
// RRSIG records hold the dates; with CD they are shown even where they have ended.
inline constexpr CommandTemplate kDigSignature =
    "dig {dns}+dnssec +cdflag +noall +answer +comments -q {signed} {type}";
inline constexpr CommandTemplate kDigAddresses =
    "dig {dns}+dnssec +noall +answer +comments -q {name} A -q {name} AAAA";
inline constexpr CommandTemplate kDigMxSecurity =
    "dig {dns}+dnssec +noall +answer +comments MX {domain}";
inline constexpr CommandTemplate kDigDelegation =
    "dig {dns}+noall +answer +comments -q {zone} DS -q {zone} DNSKEY";
inline constexpr CommandTemplate kDigDenial =
    "dig {dns}+dnssec +noall +authority +comments -q {tlsa} TLSA";
inline constexpr CommandTemplate kDigValidating = "dig {dns}+dnssec +noall +comments . SOA";
inline constexpr CommandTemplate kDaneTls =
    "openssl s_client -starttls smtp -connect {connect} -servername {tlsa_base} "
    "-dane_tlsa_domain {tlsa_base} -dane_ee_no_namechecks {tlsa_rrdata}</dev/null";

inline constexpr FindingRow kRows[] = {
    {"dane-tlsa-bogus", kStage, C, C, kNone, kDnssec, "RFC 7672 §2.1.2, §2.2",
     "The TLSA records do not pass DNSSEC validation, so senders with DANE deliver nothing to this "
     "host.",
     "Sign the zone again, and make sure that the DS records at its parent are of its keys.",
     kDigTlsaBehind},
    {"dane-tlsa-servfail", kStage, C, C, ChannelKind::dns, kDnssec, "RFC 7672 §2.1.2, §2.2",
     "The TLSA lookup fails although the host's addresses are signed, so senders with DANE deliver "
     "nothing to this host.",
     "Make sure that every authoritative server of the zone answers for TLSA, also that the "
     "records "
     "do not exist, and that the zone's signatures are valid.",
     kDigTlsaBehind},
    {"dane-denial-bogus", kStage, C, C, kNone, kDnssec, "RFC 7672 §2.1.2, RFC 4035 §5.4",
     "There are no TLSA records, but the proof of that does not pass DNSSEC validation, so senders "
     "with DANE deliver nothing to this host.",
     "Sign the zone again, including its NSEC or NSEC3 records; where a load balancer answers for "
     "the zone, make it deny names correctly.",
     kDigTlsaBehind},
    {"dane-signature-ended", kStage, C, C, kNone, kDnssec, "RFC 4035 §5.3.1, RFC 7671 §13",
     "A DNSSEC signature has ended: most resolvers no longer accept the answer, so mail waits, and "
     "the others will follow.",
     "Sign the zone again, and have it re-signed by a job that is monitored.", kDigSignature},
    {"dane-mismatch", kStage, C, C, kNone, kValidation, "RFC 7672 §3.1, RFC 7671 §8",
     "No TLSA record matches the certificate that the server presents, so senders with DANE "
     "deliver "
     "nothing to it.",
     "Publish the record of the key in use, or install the key of the record again.", kDaneTls},
    {"dane-ta-not-in-chain", kStage, C, C, kNone, kValidation, "RFC 7672 §3.1.2",
     "The TLSA records name trust anchors, but the server sends the certificate of none of them, "
     "so "
     "senders with DANE deliver nothing to it.",
     "Have the server send the trust anchor's certificate as well, even if it is a self-signed "
     "root, or publish the record of the issuer it does send.",
     kDaneTls},
    {"dane-ta-name-mismatch", kStage, C, C, kNone, "certificate-host-mismatch", "RFC 7672 §3.2.2",
     "The certificate is issued by the trust anchor of the TLSA records, but for another name, so "
     "senders with DANE deliver nothing to the host.",
     "Use a certificate that lists the name of the MX host, or publish a record of usage 3, for "
     "which names do not matter.",
     kDaneTls},
    {"dane-ta-expired", kStage, C, C, kNone, "certificate-expired", "RFC 7672 §3.1.2",
     "The certificate is issued by the trust anchor of the TLSA records, but it, or one between "
     "the two, is not valid now, so senders with DANE deliver nothing to the host.",
     "Renew the certificate and reload the mail server.", kDaneTls},
    {"dane-starttls-missing", kStage, C, C, ChannelKind::smtp, "starttls-not-supported",
     "RFC 7672 §2.2",
     "There are TLSA records, but the server offers no STARTTLS, so senders with DANE deliver "
     "nothing to it.",
     "Enable STARTTLS with the certificate of the records, or remove the records until it works.",
     kSmtpTalk},
    {"dane-address-bogus", kStage, W, W, ChannelKind::dns, kDnssec, "RFC 7672 §2.2",
     "The addresses of one family do not pass DNSSEC validation, those of the other do; where both "
     "fail, senders with DANE deliver nothing.",
     "Sign the zone again, and make sure that the DS records at its parent are of its keys.",
     kDigAddresses},
    {"dane-address-insecure", kStage, W, W, kNone, kRequired, "RFC 7672 §2.2.2",
     "There are TLSA records, but the addresses of the MX host are not signed, so no sender uses "
     "the records.",
     "Sign the zone of the MX host and publish its DS record at the parent, or remove the TLSA "
     "records.",
     kDigAddresses},
    {"dane-tlsa-insecure", kStage, W, W, kNone, kRequired, "RFC 7672 §2.2",
     "The TLSA records are not signed although the host's addresses are, so no sender uses them.",
     "Put the records into a signed zone; where they are an alias, sign the zone of its target.",
     kDigTlsa},
    {"dane-tlsa-unusable-all", kStage, W, W, kNone, kTlsa, "RFC 7672 §2.2, §3.1.3",
     "No TLSA record is usable for mail, so senders with DANE require TLS but accept any "
     "certificate.",
     "Publish a record \"3 1 1\" with the SHA-256 digest of the server's public key.", kDigTlsa},
    {"dane-tlsa-malformed", kStage, W, W, kNone, kTlsa, "RFC 7671 §4, RFC 6698 §2.1",
     "A TLSA record is malformed or has unknown parameters, so senders skip it.",
     "Correct the record or remove it.", kDigTlsa},
    {"dane-pkix-usage", kStage, W, W, kNone, kTlsa, "RFC 7672 §3.1.3",
     "A TLSA record has usage 0 or 1, which are not for mail, so senders skip it.",
     "Replace it by a record \"3 1 1\", or for a trust anchor \"2 1 1\".", kDigTlsa},
    {"dane-combination-mismatch", kStage, W, W, kNone, "", "RFC 7671 §8.1, §8.4",
     "The certificate matches one TLSA record, but for another usage and selector every record is "
     "stale; a sender that supports only those, or the loss of the matching record, stops mail.",
     "Publish for every usage and selector a record of the certificate in use.", kDaneTls},
    {"dane-ta-retired-issuer", kStage, W, W, kNone, "", "RFC 7671 §5.2",
     "A TLSA record of usage 2 names an issuer that its authority has retired, so it matches "
     "nothing and only seems to protect the next renewal.",
     "Remove it, and publish the issuers in use.", kDigTlsa},
    {"dane-ta-issuer-set-partial", kStage, W, W, kNone, "", "RFC 7671 §5.2, §8.1",
     "The TLSA records name some issuers of an authority that picks among several at each renewal: "
     "when it picks another one, senders with DANE deliver nothing.",
     "Publish a record for every issuer that the authority may pick, or one of usage 3 and keep "
     "the "
     "key at renewal.",
     kDigTlsa},
    {"dane-too-many-records", kStage, W, W, kNone, "", "RFC 7671 §10.1.1",
     "There are more than 12 TLSA records; some senders, Microsoft 365 among them, fail with that "
     "many.",
     "Remove the records of keys and issuers that are no longer in use.", kDigTlsa},
    {"dane-rrsig-expiring", kStage, W, W, kNone, "", "RFC 7671 §13, RFC 4035 §5.3.1",
     "A DNSSEC signature ends soon and has not been renewed in time; when it ends, mail waits.",
     "Find out why the zone is not signed again, and sign it.", kDigSignature},
    {"dane-ds-mismatch", kStage, W, W, kNone, kDnssec, "RFC 4035 §5.2",
     "No DS record at the parent is of a key of the zone, so nothing in the zone validates.",
     "Publish the DS record of the zone's present key at the parent, or remove the DS records.",
     kDigDelegation},
    {"dane-sts-conflict", kStage, W, W, kNone, "", "RFC 8461 §2",
     "Senders with DANE and senders with MTA-STS decide differently about this host: what one "
     "group delivers, the other does not.",
     "Make TLSA records, policy and certificate agree; the findings of the side that fails say "
     "how.",
     kDigTlsa},
    {"dane-nsec3-iterations", kStage, W, W, kNone, "", "RFC 9276 §3.2",
     "The zone denies names with more NSEC3 iterations than resolvers take, so behind some of them "
     "the missing TLSA record is an error, and mail waits.",
     "Set the NSEC3 iterations of the zone to 0.", kDigDenial},
    {"dane-wildcard-insecure", kStage, W, W, kNone, "", "RFC 5155 §6, RFC 9276 §3.2",
     "The TLSA record comes from a wildcard whose proof most resolvers take for insecure, so most "
     "senders do not use DANE.",
     "Publish the TLSA record at its own name, and sign the zone without opt-out and with 0 NSEC3 "
     "iterations.",
     kDigTlsa},
    {"dane-ta-pins-leaf", kStage, W, W, kNone, kValidation, "RFC 7672 §3.1.2",
     "A TLSA record of usage 2 has the server's own certificate, which is no trust anchor: Postfix "
     "and others refuse it.",
     "Publish the same key with usage 3: \"3 1 1\".", kDaneTls},
    {"dane-senders-differ", kStage, W, W, kNone, "", "RFC 7672 §3, RFC 7671 §9",
     "Senders with DANE decide differently about these TLSA records.",
     "Publish a record \"3 1 1\" of the key in use, which every sender takes.", kDaneTls},
    {"dane-mx-insecure", kStage, I, I, kNone, kRequired, "RFC 7672 §2.2.1",
     "The MX records are not signed, so the TLSA records of the MX hosts protect less: somebody "
     "who "
     "forges the MX records gets the mail, but a mismatch stops it all the same.",
     "Sign the domain's zone and publish its DS record at the parent.", kDigMxSecurity},
    {"dane-tlsa-missing", kStage, I, I, kNone, kRequired, "RFC 7672 §2.2",
     "MX records and addresses are signed, but there are no TLSA records, so senders do not use "
     "DANE.",
     "Publish a record \"3 1 1\" if the keys of the server are under control; DANE is optional.",
     kDigTlsa},
    {"dane-full-matching", kStage, I, I, kNone, "", "RFC 7671 §10.1.1",
     "A TLSA record holds a whole certificate or key (matching type 0), which makes answers large.",
     "Publish its SHA-256 digest instead (matching type 1).", kDigTlsa},
    {"dane-weak-set", kStage, I, I, kNone, "", "RFC 7671 §5.1, §9, RFC 6698 §2.1.3",
     "The TLSA records use a digest that not every sender has, or pin the certificate where the "
     "key "
     "would outlast its renewal.",
     "Publish \"3 1 1\": the key, with SHA-256.", kDigTlsa},
    {"dane-no-rollover", kStage, I, I, kNone, "", "RFC 7671 §8.1, RFC 7672 §4",
     "There is no TLSA record for the next key, so a new key stops mail until caches have the new "
     "record.",
     "Publish the record of the next key at least two TTLs before it is used, or one of the issuer "
     "(\"2 1 1\").",
     kDigTlsa},
    {"probe-not-validating", kStage, U, U, kNone, "", "RFC 7672 §2.1.1, RFC 4035 §4.9.3",
     "The agent's resolver does not validate DNSSEC, or is not believed, so DANE cannot be judged.",
     "Run a full validating resolver beside the agent (Unbound, BIND, Knot Resolver or PowerDNS "
     "Recursor; in Kubernetes the chart's Unbound) and name it in [dns] servers; systemd-resolved "
     "and forwarders are no replacement.",
     kDigValidating},
};

}  // namespace mtasts::verdict::rows::dane
