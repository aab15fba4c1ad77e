// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/generate_json.h"

#include <nlohmann/json.hpp>

#include "present/json_text.h"
#include "verdict/domain/providers.h"

namespace mtasts::cli {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

Json policy_json(const std::string& domain, const publish::GeneratedPolicy& policy) {
  Json json = {
      {"domain", domain}, {"mode", name_of(policy.mode)},   {"max_age", policy.max_age_seconds},
      {"mx", policy.mx},  {"policy", or_null(policy.text)}, {"refusal", or_null(policy.refusal)}};
  json["left_out"] = Json::array();
  for (const publish::LeftOut& one : policy.left_out)
    json["left_out"].push_back({{"host", one.host}, {"fix", one.correction}});
  json["providers"] = Json::array();
  for (const std::string& provider : policy.providers)
    json["providers"].push_back(
        {{"name", provider}, {"hint", or_null(verdict::provider_hint(provider))}});
  json["notes"] = policy.notes;
  return json;
}

void add_records(const Generated& generated, Json& json) {
  json["id"] = generated.id->id;
  json["id_of_policy"] = generated.id->reason.empty();
  json["records"] = Json::array();
  for (const publish::ZoneRecord& record : publish::records_of(generated.records))
    json["records"].push_back({{"name", record.name},
                               {"type", record.type},
                               {"ttl", record.ttl_seconds},
                               {"value", record.value},
                               {"placeholder", record.placeholder}});
  json["zone"] = publish::zone_text(generated.records);
}

Json hosting_json(const Generated::Hosted& hosted) {
  Json files = Json::array();
  for (const publish::GeneratedFile& file : hosted.hosting.files)
    files.push_back({{"path", file.path}, {"content", file.content}});
  return {{"target", name_of(hosted.target)},
          {"files", std::move(files)},
          {"steps", hosted.hosting.steps}};
}

}  // namespace

std::string generated_json(const Generated& generated) {
  Json json = policy_json(generated.domain, generated.policy);
  if (generated.id) add_records(generated, json);
  if (!generated.hosting.empty()) json["hosting"] = Json::array();
  for (const Generated::Hosted& hosted : generated.hosting)
    json["hosting"].push_back(hosting_json(hosted));
  if (generated.output) {
    json["written"] = generated.output->written;
    json["unchanged"] = generated.output->unchanged;
  }
  return present::json_text(json);
}

}  // namespace mtasts::cli
