// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/rule_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/printable.h"

namespace mtasts::verdict {
namespace {

constexpr size_t kMostFindings = 500;  // a hostile MX set must not fill memory

Outcome outcome_of(const std::vector<Finding>& findings, bool all_seen) {
  bool seen[kSeverities.size()] = {};
  for (const Finding& finding : findings) seen[static_cast<size_t>(finding.severity)] = true;
  if (seen[static_cast<size_t>(Severity::critical)]) return Outcome::critical;
  if (seen[static_cast<size_t>(Severity::warning)]) return Outcome::warning;
  if (seen[static_cast<size_t>(Severity::unknown)]) return Outcome::unknown;
  return all_seen ? Outcome::ok : Outcome::unknown;
}

std::string subject_of(const FindingDetails& what) {
  if (what.address && what.address_in_subject)
    return fmt::format("{} [{}]", printable(what.host, 253), what.address->text());
  return printable(what.host, 253);
}

// Names in DNS may hold anything, and the command is made to be pasted into a shell.
std::string shell_word(const std::string& text) {
  static constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:/";
  if (!text.empty() && text.front() != '-' && text.find_first_not_of(kSafe) == std::string::npos)
    return text;
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The table's fixes speak of <domain>; a finding speaks of the one it is about.
std::string for_domain(std::string_view fix, const std::string& domain) {
  static constexpr std::string_view kPlace = "<domain>";
  std::string text(fix);
  for (size_t at = 0; (at = text.find(kPlace, at)) != std::string::npos; at += domain.size())
    text.replace(at, kPlace.size(), domain);
  return text;
}

}  // namespace

RuleContext::RuleContext(const Evidence& seen, const Thresholds& limits, Time when)
    : evidence(seen), thresholds(limits), now(when) {}

bool RuleContext::enforced() const {
  if (!reading.read || reading.policy.mode != protocol::Mode::enforce) return false;
  // Where senders differ, some of them enforce.
  const auto& faults = reading.policy.faults;
  return std::none_of(faults.begin(), faults.end(), [](const protocol::SyntaxFault& fault) {
    return fault.fault_class == protocol::FaultClass::error;
  });
}

bool RuleContext::has_patterns() const {
  return reading.read && reading.policy.mode && *reading.policy.mode != protocol::Mode::none &&
         !reading.policy.mx.empty();
}

void RuleContext::add(FindingCode code, FindingDetails what) {
  const FindingRow* row = &row_of(code);
  Severity severity = what.severity.value_or(enforced() ? row->in_enforce : row->otherwise);
  if (what.blind) severity = Severity::unknown;
  std::string subject = subject_of(what);
  for (size_t i = 0; i < findings_.size(); ++i) {
    if (findings_[i].row != row || findings_[i].subject != subject) continue;
    ++repeats_[i];
    findings_[i].severity = std::min(findings_[i].severity, severity);
    return;
  }
  if (findings_.size() >= kMostFindings) return;
  Finding finding;
  finding.row = row;
  finding.severity = severity;
  finding.subject = std::move(subject);
  finding.verify = verify_command(*row, *this, what);
  finding.message = std::move(what.message);
  finding.fix =
      what.fix.empty() ? for_domain(row->fix, evidence.domain.text()) : sentence(what.fix);
  findings_.push_back(std::move(finding));
  repeats_.push_back(0);
}

void RuleContext::add_faults(const std::vector<protocol::SyntaxFault>& faults,
                             std::string_view text_kind) {
  for (const protocol::SyntaxFault& fault : faults) {
    FindingDetails what;
    what.message =
        text_kind == "policy"
            ? fmt::format("Policy line {}, column {}: {}", fault.line, fault.column, fault.message)
            : fmt::format("Record column {}: {}", fault.column, fault.message);
    what.fix = fault.fix;
    add(fault.code, std::move(what));
  }
}

void RuleContext::not_applicable(Stage stage) {
  not_applicable_[static_cast<size_t>(stage)] = true;
}
void RuleContext::unseen(Stage stage) { unseen_[static_cast<size_t>(stage)] = true; }

void RuleContext::conclude(Report& report) {
  for (size_t i = 0; i < findings_.size(); ++i)
    if (repeats_[i] > 0)
      findings_[i].message += fmt::format(" (and {} more of this kind)", repeats_[i]);
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.row->stage, a.severity, a.subject) <
           std::tie(b.row->stage, b.severity, b.subject);
  });
  for (Stage stage : kStages) {
    auto index = static_cast<size_t>(stage);
    bool fails = false;
    bool unknown = unseen_[index];
    for (const Finding& finding : findings_) {
      if (finding.row->stage != stage) continue;
      fails |= finding.severity == Severity::critical || finding.severity == Severity::warning;
      unknown |= finding.severity == Severity::unknown;
    }
    report.stages[index] = fails                    ? StageResult::fail
                           : unknown                ? StageResult::unknown
                           : not_applicable_[index] ? StageResult::not_applicable
                                                    : StageResult::pass;
  }
  // What a deadline left undone has no finding, and is not well for that.
  bool all_seen = std::find(report.stages.begin(), report.stages.end(), StageResult::unknown) ==
                  report.stages.end();
  report.outcome = outcome_of(findings_, all_seen);
  report.findings = std::move(findings_);
  report.findings.shrink_to_fit();
}

std::string verify_command(const FindingRow& row, const RuleContext& context,
                           const FindingDetails& what) {
  bool mail = row.stage == Stage::smtp || row.stage == Stage::mx_certificate;
  const Vantage& vantage = context.thresholds.vantage;
  int port = mail ? vantage.smtp_port : vantage.https_port;
  const std::string& trust = mail ? vantage.smtp_ca_file : vantage.https_ca_file;
  const std::string& domain = context.evidence.domain.text();
  std::string policy_host = "mta-sts." + domain;
  std::string host = what.host.empty() ? policy_host : printable(what.host, 253);
  std::string peer = what.address ? what.address->text() : host;
  std::string bracketed = peer.find(':') != std::string::npos ? "[" + peer + "]" : peer;
  std::string connect_to =
      what.address || port != 443
          ? fmt::format("--connect-to {} ", shell_word(fmt::format("::{}:{}", bracketed, port)))
          : std::string();
  std::string dns;
  if (!vantage.dns_server.empty()) dns = fmt::format("@{} ", vantage.dns_server);
  if (!dns.empty() && vantage.dns_port != 53) dns += fmt::format("-p {} ", vantage.dns_port);
  const std::pair<std::string_view, std::string> values[] = {
      {"dns", dns},
      {"ca_cert", trust.empty() ? trust : fmt::format("--cacert {} ", shell_word(trust))},
      {"ca_file", trust.empty() ? trust : fmt::format("-CAfile {} ", shell_word(trust))},
      {"domain", domain},
      {"policy_host", policy_host},
      {"host", shell_word(host)},
      {"connect", shell_word(fmt::format("{}:{}", bracketed, port))},
      {"connect_to", connect_to},
      {"nc", fmt::format("{} {}", shell_word(peer), port)},
  };
  std::string command;
  std::string_view rest = row.verify;
  while (!rest.empty()) {
    size_t open = std::min(rest.find('{'), rest.size());
    command += rest.substr(0, open);
    rest.remove_prefix(open);
    if (rest.empty()) break;
    size_t close = rest.find('}');
    std::string_view name = rest.substr(1, close - 1);
    for (const auto& [key, value] : values)
      if (key == name) command += value;
    rest.remove_prefix(close + 1);
  }
  return command;
}

std::string example_command(const FindingRow& row) {
  Evidence evidence(*DomainName::parse("example.com"));
  FindingDetails what;
  bool mail =
      row.stage == Stage::mx || row.stage == Stage::smtp || row.stage == Stage::mx_certificate;
  if (mail) what.host = "mx1.example.com";
  return verify_command(row, RuleContext(evidence, Thresholds(), Time()), what);
}

std::string what_came(const protocol::DnsAnswer& answer) {
  std::string text = fmt::format("{} lookup of {} gave {}", protocol::name_of(answer.type),
                                 printable(answer.name, 253), protocol::name_of(answer.status));
  if (!answer.detail.empty()) text += fmt::format(" ({})", printable(answer.detail, 200));
  return text;
}

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string listed(const std::vector<std::string>& names, size_t most) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < most; ++i)
    text += (i == 0 ? "" : ", ") + printable(names[i], 253);
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

}  // namespace mtasts::verdict
