// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DaneEvidence: what a probe of an MX host observed in DNS that a sender with DANE would base its
// decision on (RFC 7672 §2), in the order in which it asks: MX (of a domain, in Evidence), A and
// AAAA with their aliases, TLSA. Only observations; rules_dane*.cpp say what they mean. The served
// certificates are in protocol::SmtpAttempt. Plain values, any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/dns/answer.h"

namespace mtasts::verdict {

// What is known of the agent's resolver. An AD bit counts only from a resolver that is believed,
// i.e. is on a trusted path (RFC 4035 §4.9.3, RFC 7672 §2.1.1).
enum class Validation : uint8_t {
  unknown,       // not asked, or the question was not answered
  not_believed,  // [dns] trust_ad, or resolv.conf: its AD bit may have been set on the way
  absent,        // believed, but it did not set AD on a name that is signed: it does not validate
  proven,        // it set AD on such a name
};

// The security of one answer (RFC 4033 §5; RFC 7672 §2.1.1). A status other than NOERROR and
// NXDOMAIN is never secure or insecure, whatever AD says.
enum class DnsSecurity : uint8_t {
  not_asked,      // an earlier answer made the question needless, or it was not reached in time
  undetermined,   // answered, but the resolver is not known to validate
  secure,         // AD, for an answer or a denial
  insecure,       // no AD: provably unsigned, or below an unsigned delegation
  bogus,          // SERVFAIL, and the same question with CD is answered: validation failed
  servfail,       // SERVFAIL with CD as well, or CD not asked: bogus, or an outage of its servers
  no_response,    // timeout; channel-dependent
  unusable,       // an answer that cannot be parsed, or a status that means nothing (FORMERR, …)
  local_failure,  // the agent's own: refused, unreachable, referral, denied, cancelled
};

// An error at which a sender with DANE sets the host aside (RFC 7672 §2.1.2, §2.2).
inline bool stops_dane(DnsSecurity security) {
  return security == DnsSecurity::bogus || security == DnsSecurity::servfail ||
         security == DnsSecurity::no_response || security == DnsSecurity::unusable;
}

// The validity of an RRSIG of the answer (RFC 4034 §3.1.5), of any section that the answer's
// security rests on. One entry per owner and covered type: where several signatures cover an
// RRset, the one that ends last, because one valid signature is enough (RFC 4035 §5.3.3).
struct SignatureDates {
  std::string owner;   // lower case, no trailing dot
  std::string type;    // the type covered: "TLSA", "MX", "NSEC3", …
  std::string signer;  // the zone
  Time inception{};
  Time expiration{};
  // What the RRSIG's Original TTL exceeds the TTL received: how long the answer may have been in a
  // cache since it was signed or transferred.
  std::chrono::seconds age_in_cache{0};
  bool operator==(const SignatureDates&) const = default;
};

// How a denial, or a wildcard answer, is proven (RFC 5155).
struct DenialProof {
  std::optional<uint16_t> nsec3_iterations;  // the largest seen; empty: no NSEC3
  bool opt_out = false;                      // an NSEC3 that covers the name has the flag
  bool operator==(const DenialProof&) const = default;
};

// One question and how secure its answer is.
struct SecuredLookup {
  std::string name;  // the name asked; lower case, no trailing dot
  protocol::RecordType type = protocol::RecordType::a;
  protocol::DnsStatus status = protocol::DnsStatus::cancelled;
  // Of the whole answer: with aliases, all of them and the final records (RFC 7672 §2.2.2).
  DnsSecurity security = DnsSecurity::not_asked;
  // Of the same question with CD, asked only behind a SERVFAIL; empty: not asked, or no answer to
  // it either. A denial here under `bogus` is a denial that does not validate.
  std::optional<protocol::DnsStatus> unvalidated;
  std::optional<uint16_t> extended_error;  // EDE code (RFC 8914); only raises suspicion
  std::string extended_text;               // its text, printable and bounded
  std::chrono::seconds ttl{0};             // smallest of the answer; 0: no records
  std::vector<std::string> aliases;        // CNAME targets in order; at most 16
  std::vector<SignatureDates> signatures;  // at most 16
  DenialProof denial;                      // for a denial or a wildcard answer
  bool from_wildcard = false;  // an RRSIG has fewer labels than its owner (RFC 4035 §5.3.4)

  bool operator==(const SecuredLookup&) const = default;
};

// Most TLSA records of one name that are kept; senders take about 12.
inline constexpr size_t kMostTlsaRecords = 100;
// Most octets kept of one; a certificate or key as a whole (matching type 0) may have some
// thousands.
inline constexpr size_t kMostTlsaOctets = 8192;

struct TlsaEvidence {
  std::string base;      // the TLSA base domain (RFC 7672 §2.2.3)
  SecuredLookup lookup;  // of _25._tcp.<base>
  // RDATA as received, malformed or not; at most kMostTlsaRecords, each of at most kMostTlsaOctets.
  std::vector<std::string> records;
  size_t left_out = 0;  // records beyond these limits

  bool operator==(const TlsaEvidence&) const = default;
};

// DS records of a zone's parent against DNSKEY records of the zone (RFC 4035 §5.2).
struct DelegationEvidence {
  enum class Match : uint8_t {
    unknown,    // one of them could not be looked up
    no_ds,      // an unsigned delegation
    no_dnskey,  // DS records, but the zone has no keys
    none,       // no DS record matches a key of the zone: everything below is bogus
    some,       // at least one matches; others may be for the next key
    all,
  };
  std::string zone;
  Match match = Match::unknown;
  std::vector<uint16_t> ds_key_tags;      // at most 16
  std::vector<uint16_t> dnskey_key_tags;  // of keys with the SEP bit, or of all if none has it
  bool operator==(const DelegationEvidence&) const = default;
};

// Of one MX host, whichever domains use it.
struct DaneEvidence {
  Validation validation = Validation::unknown;
  std::string validation_detail;  // one clause for people: what was asked and what came back

  SecuredLookup a, aaaa;
  std::string expanded;  // where aliases of the host name end; empty: it is no alias
  // The CNAME record of the host name itself, asked on its own where the chain as a whole is not
  // secure: a signed alias to an unsigned target (RFC 7672 §2.2.2). Else not_asked.
  DnsSecurity first_alias = DnsSecurity::not_asked;

  // In the order asked: below the expanded name if the chain is secure, then, if no secure records
  // are there, below the host name itself (RFC 7672 §2.2.3). Asked also where no address is secure,
  // and where the resolver does not validate: whether there are records at all tells a host that
  // nobody wanted DANE for from one whose records nobody uses.
  std::vector<TlsaEvidence> tlsa;
  // For zones of the lookups above that failed or are insecure although records are there.
  std::vector<DelegationEvidence> delegations;

  bool operator==(const DaneEvidence&) const = default;
};

// Of one domain: the answers that lead to its MX hosts.
struct MxDaneEvidence {
  Validation validation = Validation::unknown;
  SecuredLookup mx;  // MX of the domain; for an implicit MX its denial
  std::vector<DelegationEvidence> delegations;

  bool operator==(const MxDaneEvidence&) const = default;
};

}  // namespace mtasts::verdict
