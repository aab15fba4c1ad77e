// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/report_owner.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/tlsrpt/report_name.h"

namespace mtasts::reports {
namespace {

constexpr size_t kLongestName_bytes = 253;  // RFC 1035 §2.3.4
constexpr size_t kMostNamed = 100;
constexpr size_t kMostPatterns = 1000;
constexpr size_t kMostHostsAsked = 1000;  // of one report

void add_once(std::vector<std::string>& names, std::string name) {
  if (names.size() < kMostNamed && std::find(names.begin(), names.end(), name) == names.end())
    names.push_back(std::move(name));
}

// Domains that a report-id may end with: "2026-11-20T00:00:00Z_example.org" (Google),
// "133526718584528772+example.org" (Microsoft), "20261120.example.org@sender.example" (mox).
std::vector<std::string_view> names_in_id(std::string_view id) {
  id = trim(id, "<> ");
  std::vector<std::string_view> names;
  for (std::string_view separators : {"_", "+", "!"})
    if (size_t at = id.find_last_of(separators); at != std::string_view::npos)
      names.push_back(id.substr(at + 1));
  std::string_view left = id.substr(0, id.find('@'));
  if (size_t dot = left.find('.'); left.size() < id.size() && dot != std::string_view::npos)
    names.push_back(left.substr(dot + 1));
  return names;
}

}  // namespace

std::string plain_name(std::string_view name) {
  name = trim(name);
  if (name.size() > 4 * kLongestName_bytes) return {};
  if (!all_of(name, is_ascii)) {
    auto parsed = DomainName::parse(name);
    return parsed ? parsed->text() : std::string();
  }
  if (name.ends_with('.')) name.remove_suffix(1);
  bool odd = !all_of(name, [](char c) { return c > 0x20 && c < 0x7F; });
  return odd || name.size() > kLongestName_bytes ? std::string() : ascii_lower(name);
}

ReportOwner::ReportOwner(const protocol::TlsReport& report, const ReportEnvelope& envelope,
                         const OwnNames& own)
    : own_(own) {
  collect_named(report);
  collect_hints(report, envelope);
}

void ReportOwner::collect_named(const protocol::TlsReport& report) {
  for (const protocol::ReportPolicy& policy : report.policies) {
    std::string domain = plain_name(policy.domain);
    if (domain.empty() || !own_.is_configured(domain)) continue;
    add_once(named_, domain);
    for (const std::string& pattern : policy.mx_hosts)
      if (patterns_.size() < kMostPatterns) patterns_.emplace_back(plain_name(pattern), domain);
  }
}

void ReportOwner::add_hint(Names& hints, std::string_view name) const {
  std::string plain = plain_name(name);
  if (plain.empty()) return;
  if (own_.is_configured(plain)) return add_once(hints, plain);
  for (const std::string& domain : users_of(plain)) add_once(hints, domain);
}

void ReportOwner::collect_hints(const protocol::TlsReport& report, const ReportEnvelope& envelope) {
  auto file = protocol::parse_report_file_name(envelope.file_name);
  std::string file_domain = file ? file->domain : std::string();
  std::vector<std::string_view> went_to = {envelope.report_domain, envelope.subject_domain,
                                           file_domain};
  for (std::string_view name : names_in_id(report.report_id)) went_to.push_back(name);
  for (std::string_view name : went_to) {
    std::string plain = plain_name(name);
    if (own_.is_configured(plain)) break;
    if (!is_own_mx(plain)) continue;
    went_to_ = plain;
    break;
  }
  add_hint(header_hints_, envelope.report_domain);
  add_hint(header_hints_, envelope.subject_domain);
  add_hint(later_hints_, file_domain);
  for (const std::string& id : {report.report_id, envelope.subject_report_id})
    for (std::string_view name : names_in_id(id)) add_hint(later_hints_, name);
}

bool ReportOwner::is_own_mx(std::string_view host) const {
  return !host.empty() && !users_of(std::string(host)).empty();
}

const ReportOwner::Names& ReportOwner::users_of(const std::string& host) const {
  static const Names kNone;
  auto known = users_.find(host);
  if (known != users_.end()) return known->second;
  if (users_.size() >= kMostHostsAsked) return kNone;
  return users_.emplace(host, own_.domains_of_mx(host)).first->second;
}

// Also a host that is none of ours by DNS now, but that the report lists beside our domain.
ReportOwner::Names ReportOwner::domains_of_host(const std::string& host) const {
  Names domains = users_of(host);
  if (!domains.empty()) return domains;
  for (const auto& [pattern, domain] : patterns_)
    if (protocol::mx_pattern_matches(pattern, host)) add_once(domains, domain);
  return domains;
}

bool ReportOwner::is_mx_host_of(const std::string& host, const std::string& domain) const {
  if (host.empty()) return false;
  const Names domains = domains_of_host(host);
  return std::find(domains.begin(), domains.end(), domain) != domains.end();
}

ReportOwner::Names ReportOwner::hints_of_mx_hosts(const protocol::ReportPolicy& policy) const {
  Names hints;
  for (size_t i = 0; i < std::min(policy.mx_hosts.size(), kMostNamed); ++i)
    add_hint(hints, policy.mx_hosts[i]);
  return hints;
}

std::vector<std::string> ReportOwner::owners_of(const protocol::ReportPolicy& policy) const {
  std::string domain = plain_name(policy.domain);
  if (!domain.empty() && own_.is_configured(domain)) return {domain};
  const bool named = !trim(policy.domain).empty();
  Names candidates = domain.empty() ? Names() : domains_of_host(domain);
  // About somebody else, but sent for an MX host of ours: the sessions were with that host.
  if (named && candidates.empty() && !went_to_.empty()) candidates = users_of(went_to_);
  if (named && candidates.empty()) return {};

  const Names mx_hints = hints_of_mx_hosts(policy);
  for (const Names* hints : {&named_, &header_hints_, &mx_hints, &later_hints_}) {
    Names chosen;
    for (const std::string& hint : *hints)
      if (!named || std::find(candidates.begin(), candidates.end(), hint) != candidates.end())
        chosen.push_back(hint);
    // About an MX host: each domain that the hint tells. Otherwise one domain is meant.
    if (!chosen.empty() && (named || chosen.size() == 1)) return chosen;
  }
  if (!named)
    for (const Names* hints : {&header_hints_, &named_, &mx_hints, &later_hints_})
      if (!hints->empty()) return {hints->front()};
  return candidates;
}

}  // namespace mtasts::reports
