// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HostDane: what a sender with DANE makes of one MX host (RFC 7672 §2.2): whether TLSA records
// apply, which, and whether what each address serves matches them. Made once per probe. Pure
// values, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "protocol/tlsa/served_chain.h"
#include "protocol/tlsa/tlsa_record.h"
#include "verdict/evidence.h"
#include "verdict/report.h"

namespace mtasts::verdict {

enum class DaneState : uint8_t {
  not_asked,    // no evidence
  unvalidated,  // the resolver does not validate: nothing can be said about security
  unknown,      // a lookup failed on the agent's side, or did not end
  none,         // no TLSA records, or no address to look below
  insecure,     // TLSA records, but they or the addresses are insecure
  stopped,      // a lookup fails in a way that makes senders with DANE wait
  applies,      // secure TLSA records
};

struct AddressDane {
  IpAddress address;
  DaneStatus status = DaneStatus::unknown;
  protocol::DaneResult result;
  bool compared = false;     // a certificate was presented and compared
  bool without_tls = false;  // conclusively no STARTTLS, or TLS fails
};

struct HostDane {
  DaneState state = DaneState::not_asked;
  // The lookup that decides: whose records apply, are insecure or cannot be had. Null: none.
  // Belongs to the evidence of the host.
  const TlsaEvidence* tlsa = nullptr;
  std::vector<protocol::Tlsa> records;  // parsed, parallel to tlsa->records
  // Applies through the signed alias of an unsigned target; not all senders do that.
  bool through_alias = false;
  bool addresses_secure = false;       // of some family
  std::vector<AddressDane> addresses;  // parallel to the attempts of the evidence

  bool has_records() const { return !records.empty(); }
  bool has_usable() const;
  bool any(DaneStatus status) const;
  // Senders with DANE do not deliver to any address that was observed.
  bool fails() const;
};

// `now`: for the dates of certificates.
HostDane read_dane(const MxHostEvidence& host, Time now);

// The same for the facts: status of each address and records that match.
void report_dane(const HostDane& dane, MxHostReport& report);

}  // namespace mtasts::verdict
