// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RuleContext: input and output of the rules of one domain check: the evidence, the parsed record
// and policy, and the findings so far. conclude() sets stages and outcome at the end. Internal to
// the verdict room; one check, one thread.
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
#include "verdict/domain/mx_name.h"
#include "verdict/evidence.h"
#include "verdict/findings/finding_collector.h"
#include "verdict/history/history.h"
#include "verdict/report.h"
#include "verdict/text.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// The parsed policy, for all rules that follow.
struct PolicyReading {
  const protocol::HttpsAttempt* attempt = nullptr;  // the one that was parsed; null: none responded
  bool read = false;                                // status 200, so the body was parsed
  protocol::StsPolicy policy;                       // valid only if `read`

  // At least some senders accept the body.
  bool is_accepted() const;
  // And they can fetch it: the certificate is good too.
  bool is_usable() const;
};
// One for each attempt with status 200, in address order.
std::vector<PolicyReading> read_policies(const PolicyEvidence& evidence);
// The one that counts, whatever the order of addresses in DNS: a usable one if possible, and of
// those the one that most addresses serve. Without any, `attempt` is the first that responded.
PolicyReading main_reading(const PolicyEvidence& evidence,
                           const std::vector<PolicyReading>& readings);

// The text in which syntax faults were found.
enum class FaultySource : uint8_t { record, policy };

class RuleContext {
 public:
  // All references must outlive this object.
  RuleContext(const Evidence& evidence, const Thresholds& thresholds, Time now);

  const Evidence& evidence;
  const Thresholds& thresholds;
  const Time now;

  // Filled by judge() before the rules run.
  protocol::StsRecordSet records;
  PolicyReading reading;                // of the response that counts
  std::vector<PolicyReading> readings;  // of every address that responded with status 200
  bool takes_part = false;              // there is a record, or its absence was not observed

  // Which severities apply: those for mode enforce if at least some senders accept such a policy,
  // else the others.
  Regime regime() const;
  // There are patterns that the live MX must match: a readable policy whose mode is not none.
  bool has_patterns() const;

  // What is wrong with the name of an MX record.
  MxName read_mx(const MxTarget& target) const;
  // The names of the MX records that a policy may list.
  std::vector<std::string> listable_hosts() const;

  FindingCollector findings;
  void add(FindingCode code, FindingDetails details) { findings.add(code, std::move(details)); }
  // `where` carries host and address, if only some address has the faults.
  void add_faults(const std::vector<protocol::SyntaxFault>& faults, FaultySource source,
                  const FindingDetails& where = {});
  void not_applicable(Stage stage);
  // The stage of the code's row could not be observed. The finding says why; it is added unless the
  // stage fails, or has a finding that says so already. So no stage is unknown without a reason.
  void not_observed(FindingCode code, FindingDetails details);

  // Sets stages, outcome and the sorted findings. Call once, at the end.
  void conclude(Report& report);

 private:
  std::array<bool, kStages.size()> not_applicable_{};
  std::vector<std::pair<FindingCode, FindingDetails>> not_observed_;

  void add_reasons();
};

// The rules, one function per stage; each may add findings to a related stage if the cause is
// there.
void judge_record(RuleContext& context);
void judge_policy_fetch(RuleContext& context);  // and policy_certificate
void judge_policy_syntax(RuleContext& context);
// `history` includes this check; `seen` is what this check added, possibly nothing.
void judge_change(RuleContext& context, const History& history, const Observation& seen);
void judge_issuer_changes(RuleContext& context, const History& history);  // stage change
void judge_key_changes(RuleContext& context, const History& history, const Observation& seen);
void judge_mx(RuleContext& context);
void judge_smtp(RuleContext& context);  // and mx_certificate
void judge_tlsrpt(RuleContext& context);
void judge_channels(RuleContext& context);  // the agent's own network; any stage

Observation observation_of(const RuleContext& context);

// Port 25 of most MX hosts began to fail alike, this domain's among them; null: no.
const ChannelFault* smtp_outage(const Evidence& evidence);

// The attempt failed on a channel that was not available, or did not finish.
bool is_unobserved(const RuleContext& context, const protocol::HttpsAttempt& attempt);
// Some lookup of the policy host, or some fetch from it, says nothing about it.
bool is_policy_unobserved(const RuleContext& context);

}  // namespace mtasts::verdict
