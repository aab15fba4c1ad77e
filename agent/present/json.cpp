// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/json.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "present/held_json.h"
#include "present/json_text.h"
#include "present/rollout_json.h"
#include "verdict/findings/reported_by.h"

namespace mtasts::present {
namespace {

using Json = nlohmann::ordered_json;

// Policies that senders may have cached: the current one and earlier ones.
Json sender_cache_json(const verdict::Report& report) {
  auto today = verdict::held_from_today(report);
  std::vector<verdict::HeldPolicy> held;
  if (report.history != nullptr) held = held_policies(*report.history, report.checked_at);
  return {{"today_until", today ? Json(rfc3339(*today)) : Json(nullptr)},
          {"older", held_json(held)}};
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string time_text(protocol::CertificateTime time) { return rfc3339(Time(time)); }

Json certificate_json(const protocol::PeerChainPtr& chain) {
  if (chain == nullptr) return nullptr;
  const protocol::Certificate& leaf = chain->leaf;
  return {{"subject", leaf.subject},
          {"issuer", leaf.issuer},
          {"dns_names", leaf.dns_names},
          {"serial", leaf.serial},
          {"not_before", time_text(leaf.not_before)},
          {"not_after", time_text(leaf.not_after)},
          {"chain_not_after", time_text(chain->chain_not_after)},
          {"fingerprint_sha256", leaf.fingerprint_sha256},
          {"key_type", leaf.key_type},
          {"key_bits", leaf.key_bits},
          {"verified", chain->verified()},
          {"verify_error", or_null(protocol::failure_of(*chain))}};
}

Json stages_json(const verdict::Report& report) {
  Json stages = Json::object();
  for (verdict::Stage stage : verdict::kStages)
    stages[std::string(name_of(stage))] = name_of(report.stage(stage));
  return stages;
}

Json reported_json(const std::optional<verdict::ReportedBy>& reported) {
  if (!reported) return nullptr;
  return {{"organizations", reported->organizations},
          {"organization_count", reported->organization_count},
          {"failed", reported->failed},
          {"sessions", reported->sessions},
          {"since", reported->since},
          {"text", reported_sentence(*reported)}};
}

Json findings_json(const verdict::Report& report) {
  Json findings = Json::array();
  for (const verdict::Finding& finding : report.findings)
    findings.push_back({{"code", finding.code()},
                        {"severity", name_of(finding.severity)},
                        {"stage", name_of(finding.row->stage)},
                        {"subject", finding.subject},
                        {"message", finding.message},
                        {"fix", finding.fix},
                        {"verify", finding.verify},
                        {"rfc", finding.row->rfc},
                        {"tls_rpt_result_type", or_null(finding.row->tls_rpt_result_type)},
                        {"reported", reported_json(finding.reported)}});
  return findings;
}

Json policy_json(const verdict::PolicyReport& policy) {
  Json addresses = Json::array();
  for (const IpAddress& address : policy.addresses) addresses.push_back(address.text());
  Json results = Json::array();
  for (const verdict::PolicyAddressReport& result : policy.address_results)
    results.push_back({{"address", result.address.text()},
                       {"family", name_of(result.address.family())},
                       {"status", name_of(result.status)},
                       {"http_status", or_null(result.http_status)},
                       {"verified", or_null(result.verified)}});
  Json mode = policy.mode ? Json(name_of(*policy.mode)) : Json(nullptr);
  return {{"url", policy.url},
          {"status", name_of(policy.status)},
          {"http_status", or_null(policy.http_status)},
          {"content_type", or_null(policy.content_type)},
          {"body", or_null(policy.body)},
          {"mode", std::move(mode)},
          {"max_age", or_null(policy.max_age_seconds)},
          {"mx", policy.mx},
          {"addresses", std::move(addresses)},
          {"certificate", certificate_json(policy.chain)},
          {"address_results", std::move(results)}};
}

Json address_json(const verdict::MxAddressReport& address) {
  return {
      {"address", address.address.text()},
      {"family", name_of(address.address.family())},
      {"status", name_of(address.status)},
      {"starttls", or_null(address.starttls)},
      {"tls_version", or_null(address.tls_version)},
      {"cipher", or_null(address.cipher)},
      {"certificate", certificate_json(address.chain)},
      {"dane", {{"status", name_of(address.dane)}, {"matched", or_null(address.tlsa_matched)}}}};
}

Json tlsa_json(const verdict::TlsaReport& record) {
  return {{"usage", record.usage},       {"selector", record.selector},
          {"matching", record.matching}, {"data", record.data},
          {"usable", record.usable},     {"matches", or_null(record.matches)}};
}

Json mx_json(const verdict::MxReport& mx) {
  Json addresses = Json::array();
  if (mx.facts != nullptr)
    for (const verdict::MxAddressReport& address : mx.facts->addresses)
      addresses.push_back(address_json(address));
  Json tlsa = Json::array();
  if (mx.facts != nullptr)
    for (const verdict::TlsaReport& record : mx.facts->tlsa) tlsa.push_back(tlsa_json(record));
  return {{"host", mx.host},
          {"preference", mx.preference},
          {"implicit", mx.implicit},
          {"covered", or_null(mx.covered)},
          {"pattern", or_null(mx.pattern)},
          {"addresses", std::move(addresses)},
          {"tlsa", std::move(tlsa)}};
}

Json summary_json(const board::DomainEntry& entry) {
  Json findings = Json::object();
  if (entry.report != nullptr) {
    auto counts = count_by_severity(*entry.report);
    for (size_t i = 0; i < counts.size(); ++i)
      findings[std::string(name_of(verdict::kSeverities[i]))] = counts[i];
  } else {
    for (verdict::Severity severity : verdict::kSeverities)
      findings[std::string(name_of(severity))] = 0;
  }
  bool checked = entry.report != nullptr;
  return {{"domain", entry.name},
          {"outcome", name_of(checked ? entry.report->outcome : verdict::Outcome::unknown)},
          {"checked_at", checked ? Json(rfc3339(entry.report->checked_at)) : Json(nullptr)},
          {"findings", std::move(findings)}};
}

}  // namespace

std::string report_json(const verdict::Report& report) {
  Json json = {{"domain", report.domain},
               {"checked_at", rfc3339(report.checked_at)},
               {"duration_seconds", static_cast<double>(report.duration.count()) / 1000},
               {"outcome", name_of(report.outcome)},
               {"stages", stages_json(report)},
               {"findings", findings_json(report)}};
  json["record"] = {{"status", name_of(report.record.status)},
                    {"texts", report.record.texts},
                    {"id", or_null(report.record.id)}};
  json["policy"] = policy_json(report.policy);
  json["tlsrpt"] = {{"status", name_of(report.tlsrpt.status)},
                    {"texts", report.tlsrpt.texts},
                    {"rua", report.tlsrpt.rua}};
  Json hosts = Json::array();
  for (const verdict::MxReport& mx : report.mx) hosts.push_back(mx_json(mx));
  json["mx"] = std::move(hosts);
  json["sender_cache"] = sender_cache_json(report);
  json["rollout"] = report.rollout ? rollout_json(*report.rollout) : Json(nullptr);
  json["hosted"] = nullptr;
  if (report.hosted)
    json["hosted"] = {{"id", report.hosted->id},
                      {"record", report.hosted->record},
                      {"served", report.hosted->served},
                      {"published", report.hosted->published}};
  return json_text(json);
}

BodySource domains_source(board::Snapshot snapshot) {
  struct Walk {
    board::Snapshot snapshot;
    size_t next = 0;
    bool ended = false;
  };
  auto walk = std::make_shared<Walk>();
  walk->snapshot = std::move(snapshot);
  return [walk](std::string& piece) {
    if (walk->ended) return false;
    const size_t limit = piece.size() + kPiece_bytes;
    const auto& domains = walk->snapshot.domains;
    if (walk->next == 0) piece += "{\"domains\":[";
    while (walk->next < domains.size() && piece.size() < limit) {
      if (walk->next > 0) piece += ',';
      piece += json_text(summary_json(*domains[walk->next++]));
    }
    walk->ended = walk->next == domains.size();
    if (walk->ended) piece += "]}";
    return true;
  };
}

std::string domains_json(const board::Snapshot& snapshot) {
  std::string text;
  BodySource source = domains_source(snapshot);
  while (source(text)) {
  }
  return text;
}

std::string error_json(std::string_view message) { return json_text(Json{{"error", message}}); }

}  // namespace mtasts::present
