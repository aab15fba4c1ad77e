// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/tls_report_json.h"

#include <nlohmann/json.hpp>

#include "cli/tls_report_advice.h"
#include "present/json_text.h"

namespace mtasts::cli {
namespace {

using Json = nlohmann::ordered_json;
using present::json_text;
using protocol::ReportFailure;
using protocol::ReportPolicy;

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

Json time_or_null(const std::optional<Time>& time) { return time ? Json(rfc3339(*time)) : Json(); }

Json head_json(const OfflineReport& read) {
  Json json;
  json["file"] = read.file;
  json["organization"] = read.organization;
  json["report_id"] = read.report.report_id;
  json["begin"] = time_or_null(read.report.begin);
  json["end"] = time_or_null(read.report.end);
  json["contact"] = text_or_null(read.report.contact);
  json["deviations"] = Json::array();
  for (const std::string& remark : read.remarks)
    json["deviations"].push_back({{"path", ""}, {"message", remark}});
  for (const protocol::ReportDeviation& one : read.report.deviations)
    json["deviations"].push_back({{"path", one.path}, {"message", one.message}});
  return json;
}

Json policy_json(const ReportPolicy& policy, const OfflinePolicy& read) {
  Json json;
  json["type"] = protocol::name_of(policy.type);
  json["domain"] = text_or_null(read.domain);
  json["mode"] = read.mode ? Json(*read.mode) : Json();
  json["mx"] = read.mx;
  json["successful"] = policy.successful;
  json["failed"] = policy.failed;
  return json;
}

Json failure_json(const ReportPolicy& policy, const OfflinePolicy& read, const ReportFailure& one) {
  const reports::ResultGuide advice = advice_on(policy, read, one);
  Json json;
  json["result_type"] = one.type_text;
  json["sessions"] = one.sessions;
  json["receiving_mx"] = text_or_null(one.receiving_mx_hostname);
  json["receiving_ip"] = text_or_null(one.receiving_ip);
  json["sending_ip"] = text_or_null(one.sending_mta_ip);
  json["reason"] = text_or_null(one.failure_reason_code);
  json["cause"] = advice.cause;
  json["fix"] = advice.fix;
  json["verify"] = advice.verify;
  return json;
}

// The object without its closing brace, so that an array can follow member by member.
std::string open_object(const Json& json, std::string_view array) {
  std::string text = json_text(json);
  text.pop_back();
  return text + ",\"" + std::string(array) + "\":[";
}

}  // namespace

TlsReportJsonWriter::TlsReportJsonWriter(std::ostream& out) : out_(out) {
  out_ << "{\"reports\":[";
}

void TlsReportJsonWriter::add(const OfflineReport& read) {
  out_ << (first_ ? "" : ",") << open_object(head_json(read), "policies");
  first_ = false;
  for (size_t i = 0; i < read.policies.size(); ++i) {
    const ReportPolicy& policy = read.report.policies[i];
    out_ << (i == 0 ? "" : ",") << open_object(policy_json(policy, read.policies[i]), "failures");
    for (size_t j = 0; j < policy.failures.size(); ++j)
      out_ << (j == 0 ? "" : ",")
           << json_text(failure_json(policy, read.policies[i], policy.failures[j]));
    out_ << "]}";
  }
  out_ << "]}";
}

void TlsReportJsonWriter::finish(const ReportTotals& totals, const std::vector<Error>& errors) {
  Json domains = Json::object();
  for (const auto& [domain, counts] : totals.domains()) {
    Json& json = domains[domain];
    json["successful"] = counts.successful;
    json["failed"] = counts.failed;
    const auto ratio = reports::failure_ratio(counts);
    json["ratio"] = ratio ? Json(*ratio) : Json();
    json["band"] = reports::name_of(reports::band_of(counts));
  }
  Json list = Json::array();
  for (const Error& error : errors)
    list.push_back({{"file", error.file}, {"message", error.message}});
  out_ << "],\"domains\":" << json_text(domains) << ",\"errors\":" << json_text(list) << "}\n";
}

}  // namespace mtasts::cli
