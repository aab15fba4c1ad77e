// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/report_owner.h"

#include <algorithm>

#include "base/domain_name.h"
#include "protocol/tlsrpt/report_name.h"

namespace mtasts::reports {
namespace {

constexpr size_t kMostHostsAsked = 1000;  // of one report
constexpr size_t kMostMxHosts = 100;      // of one policy that are compared

// "2026-11-19T00:00:00Z_example.com", "1335267+example.com".
std::string domain_in_id(std::string_view id) {
  size_t cut = id.find_last_of("_+!");
  return cut == std::string_view::npos ? std::string() : normal_name(id.substr(cut + 1));
}

void add(std::vector<std::string>& names, std::string name) {
  if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
    names.push_back(std::move(name));
}

}  // namespace

std::string normal_name(std::string_view text) {
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  auto name = DomainName::parse(text);
  return name ? name->text() : std::string();
}

ReportOwner::ReportOwner(const protocol::TlsReport& report, const ReportEnvelope& envelope,
                         const OwnNames& own)
    : own_(own) {
  for (const protocol::ReportPolicy& policy : report.policies) {
    if (reported_.size() == kMostMxHosts) break;
    std::string name = normal_name(policy.domain);
    if (!name.empty() && own_.is_configured(name)) add(reported_, std::move(name));
  }
  add(envelope_, normal_name(envelope.report_domain));
  add(envelope_, normal_name(envelope.subject_domain));
  if (auto file = protocol::parse_report_file_name(envelope.file_name))
    add(trailing_, normal_name(file->domain));
  add(trailing_, domain_in_id(report.report_id));
  for (const auto* names : {&envelope_, &trailing_})
    for (const std::string& name : *names)
      if (!own_.is_configured(name) && !users_of(name).empty()) to_our_host_ = true;
}

const std::vector<std::string>& ReportOwner::users_of(const std::string& host) {
  static const std::vector<std::string> kNone;
  auto known = users_.find(host);
  if (known != users_.end()) return known->second;
  if (users_.size() >= kMostHostsAsked) return kNone;
  return users_.emplace(host, own_.domains_of_mx(host)).first->second;
}

// `among` empty: any configured domain fits.
bool ReportOwner::fits(const std::string& domain, const std::vector<std::string>& among) const {
  if (!own_.is_configured(domain)) return false;
  return among.empty() || std::find(among.begin(), among.end(), domain) != among.end();
}

// The one domain that the rest of the report tells; empty: none.
std::string ReportOwner::told(const protocol::ReportPolicy& policy,
                              const std::vector<std::string>& among) {
  for (const std::string& name : reported_)
    if (fits(name, among)) return name;
  for (const std::string& name : envelope_)
    if (fits(name, among)) return name;
  size_t hosts = std::min(policy.mx_hosts.size(), kMostMxHosts);
  for (size_t i = 0; i < hosts; ++i) {
    const std::vector<std::string>& users = users_of(normal_name(policy.mx_hosts[i]));
    if (users.size() == 1 && fits(users.front(), among)) return users.front();
  }
  for (const std::string& name : trailing_)
    if (fits(name, among)) return name;
  return {};
}

ReportOwner::Owned ReportOwner::domains_of(const protocol::ReportPolicy& policy) {
  std::string name = normal_name(policy.domain);
  if (!name.empty() && own_.is_configured(name)) return {{name}, false};
  std::vector<std::string> users = name.empty() ? std::vector<std::string>() : users_of(name);
  bool by_host = !users.empty();
  bool unnamed = policy.domain.empty() || (name.empty() && !by_host);
  if (!by_host && !unnamed && !to_our_host_) return {};
  std::string domain = told(policy, users);
  if (!domain.empty()) return {{std::move(domain)}, by_host};
  if (by_host) return {std::move(users), true};  // nothing tells them apart: it is about each
  if (!to_our_host_) return {};
  // Sent for an MX host of ours, about another's domain: the sessions were with that host.
  for (const auto* names : {&envelope_, &trailing_})
    for (const std::string& host : *names)
      if (!users_of(host).empty()) return {users_of(host), true};
  return {};
}

}  // namespace mtasts::reports
