// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Report: what the evidence of one check means. All output (metrics, JSON, page, command line) is
// made from reports alone. state/report_codec.h encodes these structs by their descriptions
// (BOOST_DESCRIBE_STRUCT); the API selects its keys explicitly. Plain value; shared as
// shared_ptr<const Report> between threads.
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_words.h"
#include "base/ip_address.h"
#include "base/time.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/x509/certificate.h"
#include "verdict/findings/finding.h"
#include "verdict/history/history.h"
#include "verdict/rollout.h"

namespace mtasts::verdict {

BOOST_DEFINE_FIXED_ENUM_CLASS(TxtStatus, uint8_t, found, missing, invalid, multiple, error)
inline std::string_view name_of(TxtStatus status) { return enumerator_name(status); }

BOOST_DEFINE_FIXED_ENUM_CLASS(PolicyStatus, uint8_t, fetched, unreachable, tls_failed, http_error,
                              too_large, not_fetched)
inline std::string_view name_of(PolicyStatus status) { return enumerator_name(status); }

BOOST_DEFINE_FIXED_ENUM_CLASS(AddressStatus, uint8_t, ok, refused, timeout, unreachable, tls_failed,
                              smtp_failed, skipped)
inline std::string_view name_of(AddressStatus status) { return enumerator_name(status); }

struct RecordReport {
  TxtStatus status = TxtStatus::error;
  std::vector<std::string> texts;  // raw octets, as published
  std::optional<std::string> id;
};
BOOST_DESCRIBE_STRUCT(RecordReport, (), (status, texts, id))

BOOST_DEFINE_FIXED_ENUM_CLASS(PolicyAddressStatus, uint8_t, ok, refused, timeout, unreachable,
                              tls_failed, http_error, too_large, skipped)
inline std::string_view name_of(PolicyAddressStatus status) { return enumerator_name(status); }

// One address of the policy host, in the latest fetch from it.
struct PolicyAddressReport {
  IpAddress address;
  PolicyAddressStatus status = PolicyAddressStatus::skipped;
  std::optional<int> http_status;
  std::optional<bool> verified;  // the certificate; empty: none observed

  bool operator==(const PolicyAddressReport&) const = default;
};
BOOST_DESCRIBE_STRUCT(PolicyAddressReport, (), (address, status, http_status, verified))

struct PolicyReport {
  std::string url;
  PolicyStatus status = PolicyStatus::not_fetched;
  std::optional<int> http_status;
  std::optional<std::string> content_type;
  std::optional<std::string> body;  // raw octets, at most 64 KiB
  bool valid = false;               // senders would use it: fetched, trusted, syntactically valid
  std::optional<protocol::Mode> mode;  // these three also of an invalid body, if readable
  std::optional<uint64_t> max_age_seconds;
  std::vector<std::string> mx;
  std::vector<IpAddress> addresses;                  // all that DNS names
  std::vector<PolicyAddressReport> address_results;  // by address; those not contacted at the end
  protocol::PeerChainPtr chain;                      // of the worst address; null: none observed
};
BOOST_DESCRIBE_STRUCT(PolicyReport, (),
                      (url, status, http_status, content_type, body, valid, mode, max_age_seconds,
                       mx, addresses, address_results, chain))

struct TlsrptReport {
  TxtStatus status = TxtStatus::error;
  std::vector<std::string> texts;
  std::vector<std::string> rua;
};
BOOST_DESCRIBE_STRUCT(TlsrptReport, (), (status, texts, rua))

// What a sender with DANE makes of an address (RFC 7672 §2.2).
//   none      there are no TLSA records
//   insecure  there are, but they or the addresses are not signed: nobody uses them
//   verified  the served certificate is one of the records
//   failed    it is not, or there is no TLS: mail waits
//   unusable  no record is usable: TLS is required, but any certificate will do
//   bogus     DNSSEC validation or the lookup fails: mail waits
//   unknown   not observed
BOOST_DEFINE_FIXED_ENUM_CLASS(DaneStatus, uint8_t, none, insecure, verified, failed, unusable,
                              bogus, unknown)
inline std::string_view name_of(DaneStatus status) { return enumerator_name(status); }

struct TlsaReport {
  int usage = 0;
  int selector = 0;
  int matching = 0;
  std::string data;             // hexadecimal, lower case
  bool usable = false;          // for mail (RFC 7672 §3.1)
  std::optional<bool> matches;  // what some address serves; empty: no certificate was observed
  bool operator==(const TlsaReport&) const = default;
};
BOOST_DESCRIBE_STRUCT(TlsaReport, (), (usage, selector, matching, data, usable, matches))

// What is kept of the records of a host; senders take about 12.
inline constexpr size_t kMostTlsaReported = 32;
inline constexpr size_t kMostTlsaDigits = 16 * 1024;  // of all their data together

struct MxAddressReport {
  IpAddress address;
  AddressStatus status = AddressStatus::skipped;
  std::optional<bool> starttls;  // empty: not reached
  std::string tls_version;       // empty: none
  std::string cipher;
  protocol::PeerChainPtr chain;  // null: none observed
  bool unobserved = false;  // the status is not conclusive: SMTP was not available, or the server
                            // deferred the agent
  DaneStatus dane = DaneStatus::unknown;
  std::optional<int> tlsa_matched;  // how many records match; empty: not compared
};
BOOST_DESCRIBE_STRUCT(MxAddressReport, (),
                      (address, status, starttls, tls_version, cipher, chain, unobserved, dane,
                       tlsa_matched))

// Whether the address accepts connections; empty: not observed, or not conclusively.
std::optional<bool> is_reachable(const MxAddressReport& address);

// Facts of one MX host, shared by the reports of all domains that use it.
struct MxHostReport {
  std::string host;
  Time probed_at{};
  std::vector<MxAddressReport> addresses;
  std::string tlsa_base;         // the records are at _25._tcp.<tlsa_base>; empty: none were found
  std::vector<TlsaReport> tlsa;  // as published, at most kMostTlsaReported
  int tlsa_count = 0;            // how many there are
};
BOOST_DESCRIBE_STRUCT(MxHostReport, (), (host, probed_at, addresses, tlsa_base, tlsa, tlsa_count))

struct MxReport {
  std::string host;
  uint16_t preference = 0;
  bool implicit = false;
  std::optional<bool> covered;         // empty: there is no policy with mx patterns to cover it
  std::optional<std::string> pattern;  // the first that covers it
  std::shared_ptr<const MxHostReport> facts;  // null: not probed
};
BOOST_DESCRIBE_STRUCT(MxReport, (), (host, preference, implicit, covered, pattern, facts))

// The policy that the agent itself serves for the domain.
struct HostedReport {
  std::string id;
  std::string record;      // the TXT record that announces it: "v=STSv1; id=…"
  bool served = false;     // the policy host, as senders reach it, serves this policy
  bool published = false;  // the domain's record has this id
  bool operator==(const HostedReport&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostedReport, (), (id, record, served, published))

// A fault that this check could not observe, as a check last saw it. See faults.h.
struct HeldFault {
  const FindingRow* row = nullptr;  // never null in a report; lives as long as the program
  Severity severity = Severity::warning;
  std::string subject;  // as in Finding
  Time seen_at{};       // the start of that check
  // It is held no longer: this check saw that it is gone, or it was held for too long.
  bool is_over = false;

  bool operator==(const HeldFault&) const = default;
};
BOOST_DESCRIBE_STRUCT(HeldFault, (), (row, severity, subject, seen_at, is_over))

// The dates of a certificate that this check could not observe, as a check last saw them.
struct HeldCertificate {
  std::string host;                    // an MX host; empty: the policy host
  protocol::CertificateTime expiry{};  // of the first certificate of the chain that ends
  std::optional<protocol::CertificateTime> not_before;  // of the leaf; empty: another ends first
  Time seen_at{};

  bool operator==(const HeldCertificate&) const = default;
};
BOOST_DESCRIBE_STRUCT(HeldCertificate, (), (host, expiry, not_before, seen_at))

struct Report {
  std::string domain;
  Time checked_at{};  // when the check began
  std::chrono::milliseconds duration{0};
  Outcome outcome = Outcome::unknown;
  std::array<StageResult, kStages.size()> stages{};  // index: Stage
  std::vector<Finding> findings;                     // by stage, then severity, then subject
  RecordReport record;
  PolicyReport policy;
  TlsrptReport tlsrpt;
  std::vector<MxReport> mx;
  std::string suggested_policy;        // from the live MX (CRLF lines); empty: nothing to suggest
  std::string provider;                // "Microsoft 365", …; empty: not recognised
  std::optional<HostedReport> hosted;  // empty: the agent serves no policy for the domain
  HistoryPtr history;                  // including this check; null: judged without a history
  std::vector<Change> changes;         // confirmed by this check; for the timeline
  // How far MTA-STS is introduced; empty: judged without a history, or too little was observed.
  std::optional<Rollout> rollout;
  std::vector<HeldFault> held_faults;
  std::vector<HeldCertificate> held_certificates;

  StageResult stage(Stage stage) const { return stages[static_cast<size_t>(stage)]; }
};
BOOST_DESCRIBE_STRUCT(Report, (),
                      (domain, checked_at, duration, outcome, stages, findings, record, policy,
                       tlsrpt, mx, suggested_policy, provider, hosted, history, changes, rollout,
                       held_faults, held_certificates))
using ReportPtr = std::shared_ptr<const Report>;

// Every applicable stage was observed: nothing is left for another check.
bool is_conclusive(const Report& report);
// Another check soon may observe what this one could not. A resolver that does not validate stays
// as it is, so the stage dane alone is no reason.
bool is_worth_repeating(const Report& report);

// Until when a sender that fetched the policy in this check may hold it (RFC 8461 §3.2); empty:
// there was none to hold.
std::optional<Time> held_from_today(const Report& report);
// The same for it and for older policies, in sentences.
std::vector<std::string> sender_cache_sentences(const Report& report);

// Findings of one severity; critical, warning, info, unknown in the order of kSeverities.
std::array<int, kSeverities.size()> count_by_severity(const Report& report);

}  // namespace mtasts::verdict
