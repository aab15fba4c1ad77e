// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/reports_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "present/json_text.h"
#include "present/reported_view.h"
#include "reports/result_guide.h"

namespace mtasts::present {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

void add_counts(Json& json, const reports::SessionCounts& counts) {
  auto ratio = reports::failure_ratio(counts);
  json["successful"] = counts.successful;
  json["failed"] = counts.failed;
  json["ratio"] = ratio ? Json(*ratio) : Json(nullptr);
  json["band"] = name_of(reports::band_of(counts));
}

// All types, for the window.
Json policy_types_json(const reports::CountsByType& counts) {
  Json json = Json::object();
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes)
    add_counts(json[std::string(name_of(type))], counts.at(static_cast<size_t>(type)));
  return json;
}

// The types with sessions, for a row of a table.
Json some_policy_types_json(const reports::CountsByType& counts) {
  Json json = Json::array();
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes) {
    const reports::SessionCounts& one = counts.at(static_cast<size_t>(type));
    if (one.total() > 0)
      json.push_back(
          {{"type", name_of(type)}, {"successful", one.successful}, {"failed", one.failed}});
  }
  return json;
}

Json reporter_json(const reports::OrganizationSummary& organization,
                   const reports::DomainSummary& summary) {
  Json json = {{"organization", organization.name}};
  add_counts(json, reports::worst_counts(organization.counts));
  json["policy_types"] = some_policy_types_json(organization.counts);
  json["days"] = days_in_window(organization, summary);
  json["last_day"] = day_text(organization.last_day);
  json["authenticated"] = is_authenticated(organization);
  return json;
}

Json failure_json(const reports::FailureSummary& failure, const reports::ResultGuide& guide) {
  return {{"result_type", name_of(failure.type)},
          {"result_type_text", or_null(failure.type_text)},
          {"receiving_mx", or_null(failure.receiving_mx)},
          {"receiving_ip", or_null(failure.receiving_ip)},
          {"reason", or_null(failure.reason)},
          {"sessions", failed_sessions(failure)},
          {"authenticated_sessions", failure.authenticated_sessions},
          {"organizations", failure.organizations},
          {"organization_count", failure.organization_count},
          {"first_day", day_text(failure.first_day)},
          {"last_day", day_text(failure.last_day)},
          {"cause", guide.cause},
          {"fix", guide.fix},
          {"verify", guide.verify}};
}

Json policy_json(const reports::PolicySummary& policy) {
  return {{"policy", or_null(policy.policy)},
          {"successful", policy.counts.successful},
          {"failed", policy.counts.failed},
          {"organizations", policy.organizations},
          {"organization_count", policy.organization_count},
          {"first_day", day_text(policy.first_day)},
          {"last_day", day_text(policy.last_day)}};
}

Json line_json(const reports::ReportLine& line) {
  Json failures = Json::array();
  for (const reports::FailureRow& row : line.failures)
    failures.push_back({{"policy_type", name_of(row.policy_type)},
                        {"result_type", name_of(row.type)},
                        {"result_type_text", or_null(row.type_text)},
                        {"receiving_mx", or_null(row.receiving_mx)},
                        {"receiving_ip", or_null(row.receiving_ip)},
                        {"sending_network", or_null(row.sending_network)},
                        {"sessions", row.sessions},
                        {"reason", or_null(row.reason)}});
  return {{"day", day_text(line.day)},
          {"organization", line.organization},
          {"reports", line.reports},
          {"report_id", or_null(line.report_id)},
          {"received", rfc3339(line.received)},
          {"authenticity", name_of(line.authenticity)},
          {"policy_types", some_policy_types_json(line.counts)},
          {"failures", std::move(failures)},
          {"failures_dropped", line.failures_dropped}};
}

template <typename Items, typename Convert>
Json array_of(const Items& items, Convert convert) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(convert(item));
  return array;
}

}  // namespace

std::string reports_json(const std::string& domain, const reports::DomainSummary& summary,
                         const reports::ReportListing& listing,
                         const std::vector<std::string>& own_hosts) {
  Json json = {{"domain", domain},
               {"window", {{"from", day_text(summary.from)}, {"to", day_text(summary.to)}}}};
  auto type = reports::worst_type(summary.counts);
  json["policy_type"] = type ? Json(name_of(*type)) : Json(nullptr);
  add_counts(json, reports::worst_counts(summary.counts));
  json["policy_types"] = policy_types_json(summary.counts);
  json["reporters"] = array_of(summary.organizations, [&](const auto& organization) {
    return reporter_json(organization, summary);
  });
  json["reporters_dropped"] = summary.organizations_dropped;
  json["failures"] = array_of(summary.failures, [&](const auto& failure) {
    auto owner = reports::owner_of(failure.receiving_mx, own_hosts);
    return failure_json(failure, reports::result_guide(failure, domain, owner));
  });
  json["failures_dropped"] = summary.failures_dropped;
  json["policies"] = array_of(summary.policies, policy_json);
  json["lines"] = array_of(listing.lines, line_json);
  json["cut"] = listing.cut;
  return json_text(json);
}

std::string rejected_reports_json(const reports::RejectedReports& rejected) {
  Json json = {{"rejected", array_of(rejected, [](const reports::RejectedReport& report) -> Json {
                  return {{"received", rfc3339(report.received)},
                          {"source", report.source},
                          {"from", or_null(report.from)},
                          {"reason", name_of(report.reason)},
                          {"detail", report.detail}};
                })}};
  return json_text(json);
}

}  // namespace mtasts::present
