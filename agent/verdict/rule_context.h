// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RuleContext: what the rules of one domain check work with, and where they write: the evidence,
// how record and policy were read, the findings so far. It adds up stages and outcome at the end.
// For the verdict room; one check, one thread.
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
#include "verdict/findings/finding_collector.h"
#include "verdict/history/history.h"
#include "verdict/report.h"
#include "verdict/text.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// How a policy was read, for all rules that follow.
struct PolicyReading {
  const protocol::HttpsAttempt* attempt = nullptr;  // the one that was read; null: none responded
  bool read = false;                                // status 200, so the body was parsed
  protocol::StsPolicy policy;                       // of use when read
};

// The text that syntax faults were found in.
enum class FaultySource : uint8_t { record, policy };

class RuleContext {
 public:
  // All must outlive this.
  RuleContext(const Evidence& evidence, const Thresholds& thresholds, Time now);

  const Evidence& evidence;
  const Thresholds& thresholds;
  const Time now;

  // Filled by judge() before the rules run.
  protocol::StsRecordSet records;
  PolicyReading reading;
  bool takes_part = false;  // there is a record, or it was not observed that there is none

  // Which severities hold: those of a policy in mode enforce that at least some senders accept, or
  // the others.
  Regime regime() const;
  // Patterns that the live MX must match: a readable policy whose mode is not none.
  bool has_patterns() const;

  FindingCollector findings;
  void add(FindingCode code, FindingDetails details) { findings.add(code, std::move(details)); }
  void add_faults(const std::vector<protocol::SyntaxFault>& faults, FaultySource source);
  void not_applicable(Stage stage);
  // Nothing was concluded about the stage, though no single finding says so.
  void not_observed(Stage stage);

  // Stages, outcome and order of the findings. Once, at the end.
  void conclude(Report& report);

 private:
  std::array<bool, kStages.size()> not_applicable_{};
  std::array<bool, kStages.size()> not_observed_{};
};

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

// The attempt failed on a channel that was not available, or was not finished.
bool is_unobserved(const RuleContext& context, const protocol::HttpsAttempt& attempt);

}  // namespace mtasts::verdict
