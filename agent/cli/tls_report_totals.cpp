// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/tls_report_totals.h"

#include <algorithm>
#include <functional>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/tlsrpt/report_name.h"
#include "reports/no_dane_rule.h"
#include "reports/report_digest.h"

namespace mtasts::cli {
namespace {

using protocol::ReportPolicyType;

std::string name_text(std::string_view text) {
  auto name = DomainName::parse(trim(text));
  if (name) return name->text();
  std::string lower = ascii_lower(trim(text));
  if (lower.ends_with('.')) lower.pop_back();
  return lower;
}

// RFC 8460 §5.6: the JSON wins; what is missing there is told by mail and file name.
std::string domain_of_envelope(const reports::ReportEnvelope& envelope) {
  if (!envelope.report_domain.empty()) return name_text(envelope.report_domain);
  if (!envelope.subject_domain.empty()) return name_text(envelope.subject_domain);
  auto file_name = protocol::parse_report_file_name(envelope.file_name);
  return file_name ? name_text(file_name->domain) : std::string();
}

// The domain of the other policies where they agree.
std::string common_domain(const protocol::TlsReport& report) {
  std::string common;
  for (const protocol::ReportPolicy& policy : report.policies) {
    const std::string domain = name_text(policy.domain);
    if (domain.empty() || domain == common) continue;
    if (!common.empty()) return {};
    common = domain;
  }
  return common;
}

void read_sts_policy(const protocol::ReportPolicy& policy, OfflinePolicy& read) {
  std::string text;
  for (const std::string& line : policy.policy_strings) text += line + "\r\n";
  if (policy.type == ReportPolicyType::sts && !text.empty()) {
    protocol::StsPolicy parsed = protocol::parse_sts_policy(text);
    if (parsed.mode) read.mode = protocol::name_of(*parsed.mode);
    read.mx = std::move(parsed.mx);
  }
  if (!policy.mx_hosts.empty()) read.mx = policy.mx_hosts;
}

// The sts entries of a report: the rule of each domain, and who has which pattern.
struct StsEntries {
  std::map<std::string, reports::NoDaneRule> rules;                 // by domain
  std::map<std::string, std::set<std::string>, std::less<>> users;  // domains by pattern

  void add(const protocol::ReportPolicy& policy, const OfflinePolicy& read) {
    rules.try_emplace(read.domain, read.domain).first->second.add(policy);
    for (const std::string& pattern : read.mx) {
      std::string lower = ascii_lower(pattern);
      if (protocol::is_mx_pattern(lower)) users[std::move(lower)].insert(read.domain);
    }
  }

  // There are no configured domains here: an MX host is what a policy of the report lists.
  bool is_no_dane(const protocol::ReportPolicy& policy, const std::string& name) const {
    // RFC 8461 §4.1: a wildcard stands for one label.
    const size_t dot = name.find('.');
    const std::string wildcard = dot == std::string::npos ? "" : "*" + name.substr(dot);
    for (const std::string& pattern : {name, wildcard}) {
      auto found = users.find(pattern);
      if (found == users.end()) continue;
      for (const std::string& domain : found->second)
        if (rules.at(domain).applies_to(policy, name, true)) return true;
    }
    return false;
  }
};

void mark_mx_hosts(OfflineReport& read) {
  StsEntries sts;
  for (size_t i = 0; i < read.policies.size(); ++i)
    if (read.report.policies[i].type == ReportPolicyType::sts)
      sts.add(read.report.policies[i], read.policies[i]);
  for (size_t i = 0; i < read.policies.size(); ++i)
    if (read.report.policies[i].type == ReportPolicyType::no_policy_found)
      read.policies[i].about_mx_host =
          sts.is_no_dane(read.report.policies[i], read.policies[i].domain);
}

// Two senders may use the same organization and id: contact-info, else whatever names the sender,
// tells them apart.
std::string key_of(const OfflineReport& read) {
  const protocol::TlsReport& report = read.report;
  Sha256 key;
  reports::add_field(key, report.contact.empty() ? read.organization : report.contact);
  reports::add_field(key, report.report_id);
  for (const std::optional<Time>& time : {report.begin, report.end})
    reports::add_field(key, time ? rfc3339(*time) : "");
  key.add(reports::policies_digest(report));
  return hex(key.finish());
}

std::string first_of(std::initializer_list<std::string> names) {
  for (const std::string& name : names)
    if (!name.empty()) return name;
  return {};
}

}  // namespace

OfflineReport offline_report(std::string file, size_t message, protocol::TlsReport report,
                             intake::UnpackedReport origin) {
  OfflineReport read;
  read.file = std::move(file);
  read.message = message;
  read.report = std::move(report);
  read.remarks = std::move(origin.remarks);
  const reports::ReportEnvelope& envelope = origin.envelope;
  auto file_name = protocol::parse_report_file_name(envelope.file_name);
  read.organization =
      first_of({read.report.organization, read.report.contact, envelope.report_submitter,
                envelope.subject_submitter, file_name ? file_name->sender : std::string(),
                envelope.from_domain});
  const std::string fallback = first_of({common_domain(read.report), domain_of_envelope(envelope)});
  for (const protocol::ReportPolicy& policy : read.report.policies) {
    OfflinePolicy one;
    one.domain = policy.domain.empty() ? fallback : name_text(policy.domain);
    read_sts_policy(policy, one);
    read.policies.push_back(std::move(one));
  }
  mark_mx_hosts(read);
  return read;
}

reports::SessionCounts counts_of(const protocol::ReportPolicy& policy) {
  return {policy.successful, policy.failed};
}

bool ReportTotals::add(const OfflineReport& read) {
  if (!seen_.insert(key_of(read)).second) {
    ++duplicates_;
    return false;
  }
  for (size_t i = 0; i < read.policies.size(); ++i) {
    if (read.policies[i].about_mx_host) continue;
    const protocol::ReportPolicy& policy = read.report.policies[i];
    domains_[read.policies[i].domain][static_cast<size_t>(policy.type)] += counts_of(policy);
  }
  return true;
}

std::map<std::string, reports::SessionCounts> ReportTotals::domains() const {
  std::map<std::string, reports::SessionCounts> all;
  for (const auto& [domain, counts] : domains_) all[domain] = reports::worst_counts(counts);
  return all;
}

reports::Band ReportTotals::worst_band() const {
  reports::Band worst = reports::Band::normal;
  for (const auto& [domain, counts] : domains()) worst = std::max(worst, reports::band_of(counts));
  return worst;
}

}  // namespace mtasts::cli
