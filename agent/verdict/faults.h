// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Faults: what alerts are about. A fault is a finding of severity critical or warning, with the
// alert it belongs to. It is seen now, or it was seen earlier: then the last conclusive look at the
// same thing saw it, and it cannot be observed just now. A report holds what was seen earlier for
// kHeldFor, so that losing sight of a fault does not end its alert. The same holds for the dates of
// certificates. Pure values and functions; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/finding_code.h"
#include "protocol/x509/certificate.h"
#include "verdict/findings/finding.h"
#include "verdict/report.h"

namespace mtasts::verdict {

// What of an MX host a fault is about. Each part is observed, or not, on its own.
enum class HostPart : uint8_t {
  names,        // its name and its addresses in DNS
  connection,   // whether it accepts connections
  starttls,     // the session up to the TLS handshake
  certificate,  // what it presents
  dane,         // its TLSA records, and whether what it presents matches them
};

struct AlertRow {
  std::string_view alert;        // "MtastsPolicyInvalid"
  std::optional<HostPart> part;  // empty: the alert is about the domain, else about an MX host
  std::span<const FindingCode> codes;
};

std::span<const AlertRow> alerts_table();
// Null: the finding is information, or about the agent's own sight.
const AlertRow* alert_of(FindingCode code);

inline constexpr auto kHeldFor = std::chrono::hours(6);

struct Fault {
  const FindingRow* row = nullptr;  // never null
  const AlertRow* alert = nullptr;  // never null
  Severity severity = Severity::warning;
  std::string_view subject;  // as in Finding; lives as long as the report
  bool is_seen_now = true;   // false: seen earlier
  bool is_over = false;      // no longer a fault: it was held until this check
  Time seen_at{};            // the start of the check that last saw it with this severity

  bool is_about_host() const { return alert->part.has_value(); }
};

// All faults of a report, each code and subject once. The severity is that of the finding, or
// worse: critical where no other MX host of a domain in mode enforce takes the mail, and where the
// policy cannot be observed but was in mode enforce when it last could.
std::vector<Fault> faults_of(const Report& report);

// The mode of the domain's policy is enforce, or was when it could last be observed.
bool is_enforced(const Report& report);

// When the first certificate of a chain ends.
struct CertificateDates {
  protocol::CertificateTime expiry{};
  // Of the leaf. Empty: an intermediate ends first, whose lifetime says nothing about a renewal.
  std::optional<protocol::CertificateTime> not_before;

  bool operator==(const CertificateDates&) const = default;
};
CertificateDates dates_of(const protocol::PeerChain& chain);
// Of the address whose chain ends first; empty: no address presented a certificate.
std::optional<CertificateDates> dates_of(const MxHostReport& facts);

// Takes over into `report` what `before`, the previous report of the same domain, had seen or held
// and `report` could not observe.
void hold_unseen(const Report& before, Report& report);

}  // namespace mtasts::verdict
