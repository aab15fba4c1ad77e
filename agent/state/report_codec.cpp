// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/report_codec.h"

#include <utility>

#include "state/chain_codec.h"
#include "state/fields.h"

namespace mtasts::state {
namespace {

using verdict::AddressStatus;
using verdict::Finding;
using verdict::PolicyStatus;
using verdict::Report;
using verdict::Severity;
using verdict::StageResult;
using verdict::TxtStatus;

std::string cbor(const Json& value) {
  std::string bytes;
  Json::to_cbor(value, bytes);
  return bytes;
}

Json named_json(std::string_view name) { return Json(std::string(name)); }

Json stages_json(const Report& report) {
  Json stages = Json::object();
  for (verdict::Stage stage : verdict::kStages)
    stages[std::string(name_of(stage))] = named_json(name_of(report.stage(stage)));
  return stages;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    if (finding.row == nullptr) continue;
    list.push_back({{"code", named_json(finding.code())},
                    {"severity", named_json(name_of(finding.severity))},
                    {"subject", octets_json(finding.subject)},
                    {"message", octets_json(finding.message)},
                    {"fix", octets_json(finding.fix)},
                    {"verify", octets_json(finding.verify)}});
  }
  return list;
}

std::vector<Finding> findings_of(const Json& list) {
  std::vector<Finding> findings;
  if (!list.is_array()) return findings;
  for (const Json& item : list) {
    Fields fields(item);
    Finding finding;
    finding.row = verdict::find_row(fields.text("code"));
    if (finding.row == nullptr) continue;
    finding.severity = fields.named("severity", Severity::unknown, Severity::unknown);
    finding.subject = fields.text("subject");
    finding.message = fields.text("message");
    finding.fix = fields.text("fix");
    finding.verify = fields.text("verify");
    findings.push_back(std::move(finding));
  }
  return findings;
}

Json policy_json(const verdict::PolicyReport& policy, ChainShelf& chains) {
  Json addresses = Json::array();
  for (const IpAddress& address : policy.addresses) addresses.push_back(address.text());
  return {{"url", octets_json(policy.url)},
          {"status", named_json(name_of(policy.status))},
          {"http_status", optional_json(policy.http_status)},
          {"content_type", optional_octets_json(policy.content_type)},
          {"body", optional_octets_json(policy.body)},
          {"valid", policy.valid},
          {"mode", policy.mode ? named_json(name_of(*policy.mode)) : Json(nullptr)},
          {"max_age", optional_json(policy.max_age_seconds)},
          {"mx", texts_json(policy.mx)},
          {"addresses", std::move(addresses)},
          {"chain", chains.place(policy.chain)}};
}

verdict::PolicyReport policy_of(const Fields& fields, const ChainShelf& chains) {
  verdict::PolicyReport policy;
  policy.url = fields.text("url");
  policy.status = fields.named("status", PolicyStatus::not_fetched, PolicyStatus::not_fetched);
  policy.http_status = fields.optional_number<int>("http_status");
  policy.content_type = fields.optional_text("content_type");
  policy.body = fields.optional_text("body");
  policy.valid = fields.flag("valid");
  policy.mode = protocol::mode_named(fields.text("mode"));
  policy.max_age_seconds = fields.optional_number<uint64_t>("max_age");
  policy.mx = fields.texts("mx");
  for (const std::string& text : fields.texts("addresses"))
    if (auto address = IpAddress::parse(text)) policy.addresses.push_back(*address);
  policy.chain = chains.find(fields.at("chain"));
  return policy;
}

Json mx_json(const std::vector<verdict::MxReport>& list) {
  Json hosts = Json::array();
  for (const verdict::MxReport& mx : list)
    hosts.push_back({{"host", octets_json(mx.host)},
                     {"preference", mx.preference},
                     {"implicit", mx.implicit},
                     {"covered", optional_json(mx.covered)},
                     {"pattern", optional_octets_json(mx.pattern)},
                     {"facts", mx.facts ? octets_json(mx.facts->host) : Json(nullptr)}});
  return hosts;
}

void read_mx(const Json& list, DecodedReport& decoded) {
  if (!list.is_array()) return;
  for (const Json& item : list) {
    Fields fields(item);
    verdict::MxReport mx;
    mx.host = fields.text("host");
    mx.preference = fields.number<uint16_t>("preference");
    mx.implicit = fields.flag("implicit");
    mx.covered = fields.optional_flag("covered");
    mx.pattern = fields.optional_text("pattern");
    decoded.report.mx.push_back(std::move(mx));
    decoded.fact_hosts.push_back(fields.optional_text("facts"));
  }
}

Json address_json(const verdict::MxAddressReport& address, ChainShelf& chains) {
  return {{"address", address.address.text()},
          {"status", named_json(name_of(address.status))},
          {"starttls", optional_json(address.starttls)},
          {"tls_version", octets_json(address.tls_version)},
          {"cipher", octets_json(address.cipher)},
          {"chain", chains.place(address.chain)},
          {"blind", address.unobserved}};
}

}  // namespace

std::string encode_report(const Report& report) {
  ChainShelf chains;
  Json policy = policy_json(report.policy, chains);
  Json root = {{"outcome", named_json(name_of(report.outcome))},
               {"stages", stages_json(report)},
               {"findings", findings_json(report.findings)},
               {"record",
                {{"status", named_json(name_of(report.record.status))},
                 {"texts", texts_json(report.record.texts)},
                 {"id", optional_octets_json(report.record.id)}}},
               {"policy", std::move(policy)},
               {"tlsrpt",
                {{"status", named_json(name_of(report.tlsrpt.status))},
                 {"texts", texts_json(report.tlsrpt.texts)},
                 {"rua", texts_json(report.tlsrpt.rua)}}},
               {"mx", mx_json(report.mx)},
               {"suggested_policy", octets_json(report.suggested_policy)},
               {"provider", octets_json(report.provider)},
               {"chains", chains.json()}};
  return cbor(root);
}

std::optional<DecodedReport> decode_report(std::string_view bytes) {
  Json root = Json::from_cbor(bytes, true, false);
  if (!root.is_object()) return std::nullopt;
  Fields fields(root);
  DecodedReport decoded;
  Report& report = decoded.report;
  ChainShelf chains(fields.at("chains"));
  report.outcome = fields.named("outcome", verdict::Outcome::unknown, verdict::Outcome::unknown);
  Fields stages(fields.at("stages"));
  for (verdict::Stage stage : verdict::kStages)
    report.stages[static_cast<size_t>(stage)] =
        stages.named(std::string(name_of(stage)).c_str(), StageResult::not_applicable,
                     StageResult::not_applicable);
  report.findings = findings_of(fields.at("findings"));
  Fields record(fields.at("record"));
  report.record = {record.named("status", TxtStatus::error, TxtStatus::error),
                   record.texts("texts"), record.optional_text("id")};
  report.policy = policy_of(Fields(fields.at("policy")), chains);
  Fields tlsrpt(fields.at("tlsrpt"));
  report.tlsrpt = {tlsrpt.named("status", TxtStatus::error, TxtStatus::error),
                   tlsrpt.texts("texts"), tlsrpt.texts("rua")};
  read_mx(fields.at("mx"), decoded);
  report.suggested_policy = fields.text("suggested_policy");
  report.provider = fields.text("provider");
  return decoded;
}

std::string encode_facts(const verdict::MxHostReport& facts) {
  ChainShelf chains;
  Json addresses = Json::array();
  for (const verdict::MxAddressReport& address : facts.addresses)
    addresses.push_back(address_json(address, chains));
  Json root = {{"addresses", std::move(addresses)}, {"chains", chains.json()}};
  return cbor(root);
}

std::optional<verdict::MxHostReport> decode_facts(std::string_view bytes) {
  Json root = Json::from_cbor(bytes, true, false);
  if (!root.is_object()) return std::nullopt;
  Fields fields(root);
  ChainShelf chains(fields.at("chains"));
  verdict::MxHostReport facts;
  const Json& list = fields.at("addresses");
  if (!list.is_array()) return facts;
  for (const Json& item : list) {
    Fields each(item);
    verdict::MxAddressReport address;
    if (auto parsed = IpAddress::parse(each.text("address"))) address.address = *parsed;
    address.status = each.named("status", AddressStatus::skipped, AddressStatus::skipped);
    address.starttls = each.optional_flag("starttls");
    address.tls_version = each.text("tls_version");
    address.cipher = each.text("cipher");
    address.chain = chains.find(each.at("chain"));
    address.unobserved = each.flag("blind");
    facts.addresses.push_back(std::move(address));
  }
  return facts;
}

}  // namespace mtasts::state
