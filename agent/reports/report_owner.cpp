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
  for (std::string& domain : own_.domains_of_mx(plain)) add_once(hints, std::move(domain));
}

void ReportOwner::collect_hints(const protocol::TlsReport& report, const ReportEnvelope& envelope) {
  auto file = protocol::parse_report_file_name(envelope.file_name);
  std::string file_domain = file ? file->domain : std::string();
  for (const std::string& name : {envelope.report_domain, envelope.subject_domain, file_domain}) {
    std::string plain = plain_name(name);
    if (plain.empty()) continue;
    went_to_mx_host_ = is_own_mx(plain) && !own_.is_configured(plain);
    break;
  }
  add_hint(header_hints_, envelope.report_domain);
  add_hint(header_hints_, envelope.subject_domain);
  add_hint(later_hints_, file_domain);
  for (const std::string& id : {report.report_id, envelope.subject_report_id})
    for (std::string_view name : names_in_id(id)) add_hint(later_hints_, name);
}

bool ReportOwner::is_own_mx(std::string_view host) const {
  return !host.empty() && !own_.domains_of_mx(host).empty();
}

ReportOwner::Names ReportOwner::listed_by_policies(const std::string& host) const {
  Names domains;
  for (const auto& [pattern, domain] : patterns_)
    if (protocol::mx_pattern_matches(pattern, host)) add_once(domains, domain);
  return domains;
}

ReportOwner::Names ReportOwner::domains_of_mx(const std::string& host) const {
  Names domains = own_.domains_of_mx(host);
  return domains.empty() ? listed_by_policies(host) : domains;
}

ReportOwner::Names ReportOwner::owners_of(const protocol::ReportPolicy& policy) const {
  std::string domain = plain_name(policy.domain);
  if (!domain.empty() && own_.is_configured(domain)) return {domain};
  Names candidates = domain.empty() ? Names() : domains_of_mx(domain);
  bool foreign = candidates.empty() && !trim(policy.domain).empty();
  if (foreign && !went_to_mx_host_) return {};

  Names mx_hints;
  if (!foreign)
    for (size_t i = 0; i < std::min(policy.mx_hosts.size(), kMostNamed); ++i)
      add_hint(mx_hints, policy.mx_hosts[i]);
  for (const Names* hints : {&named_, &header_hints_, &mx_hints, &later_hints_}) {
    Names chosen;
    for (const std::string& hint : *hints)
      if (candidates.empty() ||
          std::find(candidates.begin(), candidates.end(), hint) != candidates.end())
        chosen.push_back(hint);
    // Of an MX host, each domain that uses it; of nothing known, only where it is one.
    if (!chosen.empty() && (!candidates.empty() || chosen.size() == 1 || hints == &later_hints_)) {
      if (candidates.empty()) chosen.resize(1);
      return chosen;
    }
  }
  return candidates;
}

}  // namespace mtasts::reports
