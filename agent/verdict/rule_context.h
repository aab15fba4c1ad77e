// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RuleContext: the sheet on which the rules of one check write. It knows the severities in force
// (mode enforce or not), turns what a blind channel shows into "unknown", joins repeated findings,
// and adds up stages and outcome at the end. For the verdict room; one check, one thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sts/sts_policy.h"
#include "protocol/sts/sts_record.h"
#include "protocol/text/syntax_fault.h"
#include "protocol/tlsrpt/tlsrpt_record.h"
#include "verdict/evidence.h"
#include "verdict/history/history.h"
#include "verdict/judge.h"
#include "verdict/report.h"

namespace mtasts::verdict {

// What is special about one finding; what is left empty comes from the table.
struct FindingDetails {
  std::string message;                    // one sentence with the observed value
  std::string fix = {};                   // instead of the row's
  std::string host = {};                  // the host it is about
  std::optional<IpAddress> address = {};  // and the address
  bool address_in_subject = true;         // false: all addresses of the host are alike
  bool blind = false;  // our sight failed: severity unknown whatever the table says
  std::optional<Severity> severity = {};  // instead of the table's (expiry has two)
};

// How a policy was read, for all rules that follow.
struct PolicyReading {
  const protocol::HttpsAttempt* attempt = nullptr;  // the one that was read; null: none responded
  bool read = false;                                // status 200, so the body was parsed
  protocol::StsPolicy policy;                       // of use when read
};

class RuleContext {
 public:
  RuleContext(const Evidence& evidence, const Thresholds& thresholds, Time now);

  const Evidence& evidence;
  const Thresholds& thresholds;
  const Time now;

  // Filled by judge() before the rules run.
  protocol::StsRecordSet records;
  PolicyReading reading;
  bool takes_part = false;  // there is a record, or we could not see that there is none

  // A policy in mode enforce that at least some senders accept.
  bool enforced() const;
  // Patterns that the live MX must match: a readable policy whose mode is not none.
  bool has_patterns() const;

  // `code` must be in the table. The same code for the same subject is joined into one finding.
  void add(std::string_view code, FindingDetails what);
  void add_faults(const std::vector<protocol::SyntaxFault>& faults, std::string_view text_kind);
  void not_applicable(Stage stage);
  // Nothing was concluded about the stage, though no single finding says so.
  void unseen(Stage stage);

  // Stages, outcome and order of the findings. Once, at the end.
  void conclude(Report& report);

 private:
  std::vector<Finding> findings_;
  std::vector<int> repeats_;  // beside findings_: how many more of the same
  std::array<bool, kStages.size()> not_applicable_{};
  std::array<bool, kStages.size()> unseen_{};
};

// The row's command with its placeholders filled.
std::string verify_command(const FindingRow& row, const RuleContext& context,
                           const FindingDetails& what);

// The rules, a stage each; each may add findings of a neighbour stage where the cause lies there.
void judge_record(RuleContext& context);
void judge_policy_fetch(RuleContext& context);  // and policy_certificate
void judge_policy_syntax(RuleContext& context);
// `history` with this check in it; what `seen` adds to it may be nothing.
void judge_change(RuleContext& context, const History& history, const Observation& seen);
void judge_mx(RuleContext& context);
void judge_smtp(RuleContext& context);  // and mx_certificate
void judge_tlsrpt(RuleContext& context);

Observation observation_of(const RuleContext& context);

// A failure that says something of our own line rather than of the policy host.
bool is_blind(const RuleContext& context, const protocol::HttpsAttempt& attempt);

// Which code a certificate's faults get on the policy host and on an MX host.
struct CertificateCodes {
  std::string_view expired, not_yet_valid, host_mismatch, cn_only, untrusted, self_signed,
      incomplete_chain, expiring, weak_key, weak_signature;
};
// Every fault of the chain; `where` carries host and address. True when there was any fault that
// makes senders refuse the certificate.
bool judge_certificate(RuleContext& context, const protocol::PeerChain& chain,
                       const CertificateCodes& codes, const FindingDetails& where);

// How soon the certificate ends: nothing, warning or critical. The leaf by days and by the share of
// its lifetime that is left, what ends before it by days alone.
std::optional<Severity> expiry_severity(const protocol::PeerChain& chain,
                                        const Thresholds& thresholds, Time now);

// "TXT lookup of _mta-sts.example.com gave SERVFAIL (EDE 22 …)".
std::string what_came(const protocol::DnsAnswer& answer);

// With a capital first letter.
std::string sentence(std::string text);

// "mx1.example.com, mx2.example.com and 3 more".
std::string listed(const std::vector<std::string>& names, size_t most = 5);

}  // namespace mtasts::verdict
