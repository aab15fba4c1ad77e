// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The addresses of the policy host, weighed against each other: a sender may pick any of them
// (RFC 8461 §3.3). Where none is good, the faults of all count as the fault of the host. Where one
// is good, a bad one is a warning that names its address.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "base/printable.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/policy_rules.h"
#include "verdict/domain/unchecked.h"

namespace mtasts::verdict {
namespace {

using protocol::HttpsAttempt;
using protocol::HttpsStatus;

FindingCode code_of(HttpsStatus status) {
  switch (status) {
    case HttpsStatus::refused:
      return "sts-host-connect-refused";
    case HttpsStatus::connect_timeout:
    case HttpsStatus::unreachable:
      return "sts-host-timeout";
    case HttpsStatus::tls_failed:
      return "sts-tls-handshake-failed";
    case HttpsStatus::tls_version_old:
      return "sts-tls-version-old";
    case HttpsStatus::malformed:
      return "sts-http-malformed";
    case HttpsStatus::truncated:
      return "sts-http-truncated";
    case HttpsStatus::too_large:
      return "sts-http-too-large";
    case HttpsStatus::not_allowed:
      return "sts-host-placeholder-address";
    case HttpsStatus::tls_timeout:
    case HttpsStatus::response_timeout:
    case HttpsStatus::cancelled:
    case HttpsStatus::responded:
      break;
  }
  return "sts-http-timeout";
}

std::string failure_text(const HttpsAttempt& attempt) {
  if (attempt.status == HttpsStatus::not_allowed)
    return fmt::format("{} is a {} address", attempt.address.text(),
                       name_of(attempt.address.scope()));
  std::string text =
      fmt::format("{} on {}", protocol::name_of(attempt.status), attempt.address.text());
  bool more = !attempt.detail.empty() &&
              !equals_ignoring_case(attempt.detail, protocol::name_of(attempt.status));
  if (more) text += fmt::format(": {}", printable(attempt.detail, 200));
  return sentence(std::move(text));
}

// What was found at one address.
struct AddressFindings {
  const HttpsAttempt* attempt = nullptr;
  std::vector<UngradedFinding> findings;

  // The finding because of which senders get no policy here; null: they get one.
  const UngradedFinding* failure() const {
    for (const UngradedFinding& finding : findings)
      if (finding.unobserved || (finding.row->otherwise == Severity::critical &&
                                 grade(finding, Regime::otherwise) == Severity::critical))
        return &finding;
    return nullptr;
  }
  bool has(const FindingRow& row) const {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const UngradedFinding& finding) { return finding.row == &row; });
  }
};

// The faults of a body other than the one that counts, which judge_policy_syntax() judges.
void judge_other_body(RuleContext& context, const HttpsAttempt& attempt) {
  for (const PolicyReading& reading : context.readings) {
    if (reading.attempt != &attempt || !context.reading.read) continue;
    if (attempt.body == context.reading.attempt->body) continue;
    auto faults = faults_with_cause(reading.policy.faults, attempt, context.evidence.policy.host);
    std::erase_if(faults, [](const protocol::SyntaxFault& fault) {
      return fault.fault_class == protocol::FaultClass::advice;
    });
    FindingDetails where;
    where.host = context.evidence.policy.host;
    where.address = attempt.address;
    context.add_faults(faults, FaultySource::policy, where);
  }
}

AddressFindings findings_of(RuleContext& context, const HttpsAttempt& attempt) {
  AddressFindings found;
  found.attempt = &attempt;
  size_t before = context.findings.so_far().size();
  judge_policy_certificate(context, attempt);
  if (attempt.status == HttpsStatus::responded) {
    judge_policy_answer(context, attempt);
    judge_other_body(context, attempt);
  } else {
    context.add(code_of(attempt.status),
                {.message = failure_text(attempt),
                 .fix = policy_failure_fix(attempt, context.evidence.policy.host),
                 .host = context.evidence.policy.host,
                 .address = attempt.address,
                 .unobserved = attempt.status == HttpsStatus::cancelled,
                 .may_be_local = protocol::may_be_local(attempt)});
  }
  found.findings = context.findings.split_off(before);
  return found;
}

// Some sender gets a policy at this address.
bool is_good(const RuleContext& context, const AddressFindings& found) {
  if (found.failure() != nullptr) return false;
  return std::any_of(context.readings.begin(), context.readings.end(),
                     [&](const PolicyReading& reading) {
                       return reading.attempt == found.attempt && reading.is_accepted();
                     });
}

// The family responds nowhere while the other one does: one finding for the family.
std::optional<AddressFamily> dead_family(const std::vector<AddressFindings>& all) {
  bool tried[2] = {}, responds[2] = {};
  for (const AddressFindings& found : all) {
    auto family = static_cast<size_t>(found.attempt->address.family());
    tried[family] = true;
    responds[family] |= found.attempt->status == HttpsStatus::responded;
  }
  for (AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    auto index = static_cast<size_t>(family);
    if (tried[index] && !responds[index] && responds[1 - index]) return family;
  }
  return std::nullopt;
}

void add_dead_address(RuleContext& context, const AddressFindings& found) {
  const HttpsAttempt& attempt = *found.attempt;
  bool v6 = attempt.address.family() == AddressFamily::ipv6;
  context.add(v6 ? FindingCode("sts-host-ipv6-fail") : "sts-host-ipv4-fail",
              {.message = failure_text(attempt),
               .host = context.evidence.policy.host,
               .address = attempt.address,
               .address_in_subject = false,
               .unobserved = attempt.status == HttpsStatus::cancelled,
               .may_be_local = protocol::may_be_local(attempt)});
}

// An unusable address next to others of the same family: some senders try it first.
void add_placeholder(RuleContext& context, const HttpsAttempt& attempt) {
  context.add("sts-host-placeholder-address", {.message = failure_text(attempt),
                                               .host = context.evidence.policy.host,
                                               .address = attempt.address,
                                               .severity = Severity::warning});
}

bool has_contacted(const std::vector<AddressFindings>& all, AddressFamily family) {
  return std::any_of(all.begin(), all.end(), [&](const AddressFindings& found) {
    return found.attempt->address.family() == family &&
           found.attempt->status != HttpsStatus::not_allowed;
  });
}

void add_failing_address(RuleContext& context, const AddressFindings& found) {
  UngradedFinding finding = *found.failure();
  finding.row = &row_of("sts-host-address-fails");
  finding.severity.reset();
  finding.subject = subject_of(context.evidence.policy.host, found.attempt->address);
  context.findings.add(std::move(finding));
}

// Every address has it: it is a fault of the host, with the host as its subject.
void add_of_host(RuleContext& context, UngradedFinding finding) {
  finding.subject = subject_of(context.evidence.policy.host, std::nullopt);
  context.findings.add(std::move(finding));
}

// Beside a good address: what only some addresses have is a warning at most.
void add_of_address(RuleContext& context, const std::vector<AddressFindings>& all,
                    const HttpsAttempt& attempt, UngradedFinding finding) {
  bool everywhere = std::all_of(all.begin(), all.end(), [&](const AddressFindings& found) {
    return found.failure() != nullptr || found.has(*finding.row);
  });
  if (everywhere) {
    add_of_host(context, std::move(finding));
    return;
  }
  if (grade(finding, Regime::enforce) == Severity::critical) finding.severity = Severity::warning;
  finding.subject = subject_of(context.evidence.policy.host, attempt.address);
  context.findings.add(std::move(finding));
}

// What the findings of one address are weighed against.
struct Pool {
  std::vector<AddressFindings> all;
  bool some_good = false;
  std::optional<AddressFamily> dead;
};

void add_one(RuleContext& context, const Pool& pool, const AddressFindings& found) {
  const HttpsAttempt& attempt = *found.attempt;
  bool placeholder = attempt.status == HttpsStatus::not_allowed;
  if (placeholder && has_contacted(pool.all, attempt.address.family())) {
    add_placeholder(context, attempt);
    return;
  }
  if (pool.dead == attempt.address.family()) {
    add_dead_address(context, found);
    return;
  }
  if (pool.some_good && found.failure() != nullptr) {
    add_failing_address(context, found);
    return;
  }
  for (const UngradedFinding& finding : found.findings) {
    if (pool.some_good)
      add_of_address(context, pool.all, attempt, finding);
    else
      add_of_host(context, finding);
  }
}

std::string policy_text(const PolicyReading& reading) {
  const protocol::StsPolicy& policy = reading.policy;
  return fmt::format("mode {}, max_age {}, mx {}",
                     policy.mode ? protocol::name_of(*policy.mode) : "missing",
                     policy.max_age_seconds.value_or(0), listed(policy.mx, 4));
}

// The MX hosts that only the policy of this address does not cover.
std::vector<std::string> uncovered_by(const RuleContext& context, const PolicyReading& reading) {
  std::vector<std::string> hosts;
  if (reading.policy.mode == protocol::Mode::none) return hosts;
  for (const MxTarget& target : context.evidence.mx_targets)
    if (!target.host.empty() && covering_pattern(context.reading.policy.mx, target.host) &&
        !covering_pattern(reading.policy.mx, target.host))
      hosts.push_back(target.host);
  return hosts;
}

// Policies that mean the same are one policy, whatever the line ends and unknown fields.
bool same_meaning(const protocol::StsPolicy& one, const protocol::StsPolicy& other) {
  auto patterns = [](const protocol::StsPolicy& policy) {
    return std::set<std::string>(policy.mx.begin(), policy.mx.end());
  };
  return one.mode == other.mode && one.max_age_seconds == other.max_age_seconds &&
         patterns(one) == patterns(other);
}

void judge_differences(RuleContext& context) {
  if (!context.reading.is_usable()) return;
  std::vector<std::string> addresses;
  const PolicyReading* first = nullptr;
  for (const PolicyReading& reading : context.readings) {
    if (!reading.is_usable() || same_meaning(reading.policy, context.reading.policy)) continue;
    if (first == nullptr) first = &reading;
    addresses.push_back(reading.attempt->address.text());
  }
  if (first == nullptr) return;
  std::string message =
      fmt::format("{} serves {}, but {} serves {}", context.reading.attempt->address.text(),
                  policy_text(context.reading), listed(addresses), policy_text(*first));
  std::vector<std::string> uncovered = uncovered_by(context, *first);
  if (!uncovered.empty()) message += fmt::format(", which does not cover {}", listed(uncovered));
  context.add("sts-host-addresses-differ", {.message = std::move(message),
                                            .host = context.evidence.policy.host,
                                            .address = first->attempt->address,
                                            .address_in_subject = false});
}

}  // namespace

void judge_policy_addresses(RuleContext& context) {
  Pool pool;
  for (const HttpsAttempt& attempt : context.evidence.policy.attempts)
    pool.all.push_back(findings_of(context, attempt));
  pool.some_good = std::any_of(pool.all.begin(), pool.all.end(), [&](const AddressFindings& found) {
    return is_good(context, found);
  });
  pool.dead = dead_family(pool.all);
  for (const AddressFindings& found : pool.all) add_one(context, pool, found);
  judge_differences(context);
}

void judge_unchecked_policy_host(RuleContext& context) {
  const PolicyEvidence& policy = context.evidence.policy;
  judge_unchecked_addresses(context, "sts-host-unchecked",
                            {{policy.host, &policy.addresses, !policy.attempts.empty()}});
}

}  // namespace mtasts::verdict
