// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Prints, as one JSON object, what the agent's tables say of metrics, settings, stages and
// severities. docs_test.py makes the tables of docs/ from it. Reads no file and opens no socket.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "base/time.h"
#include "present/metrics_table.h"
#include "protocol/senders/senders.h"
#include "settings/key_table.h"
#include "settings/settings.h"
#include "verdict/findings/finding.h"

namespace mtasts {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of_scope(present::MetricScope scope) {
  switch (scope) {
    case present::MetricScope::domain:
      return "domain";
    case present::MetricScope::host:
      return "host";
    case present::MetricScope::agent:
      return "agent";
    case present::MetricScope::hosted:
      return "hosted";
    case present::MetricScope::probe:
      return "probe";
  }
  return "";
}

Json senders() {
  Json rows = Json::array();
  for (const protocol::SenderRow& row : protocol::senders_table())
    rows.push_back(
        {{"name", row.name}, {"about", row.about}, {"uses_policies", row.uses_policies}});
  return rows;
}

Json differences() {
  Json rows = Json::array();
  for (const protocol::DifferenceRow& row : protocol::differences_table())
    rows.push_back({{"code", row.code.text()},
                    {"input", row.input},
                    {"effect", protocol::effect_text(row.difference)}});
  return rows;
}

Json metrics() {
  Json rows = Json::array();
  for (const present::Metric& metric : present::metrics_table())
    rows.push_back({{"name", metric.name},
                    {"type", present::name_of(metric.type)},
                    {"scope", name_of_scope(metric.scope)},
                    {"labels", metric.labels},
                    {"help", metric.help},
                    {"lean", metric.from == present::MetricSet::lean}});
  return rows;
}

// "MTASTS_CHECK_INTERVAL"; empty for the keys of [[domain]] and [[policy]].
std::string variable_of(const settings::KeyRow& row) {
  if (settings::is_table_list(row.section)) return "";
  std::string name = "MTASTS_";
  if (!row.section.empty()) name.append(row.section).append("_");
  name.append(row.key);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '.') c = '_';
  }
  return name;
}

// Whether the variable overrides a setting: what does goes into the hash of the settings.
bool is_read(const std::string& variable) {
  auto without = settings::parse_settings("", "", {});
  return settings::parse_settings("", "", {{variable, "1"}}).settings.hash != without.settings.hash;
}

Json row_json(const settings::KeyRow& row) {
  Json json = {{"section", row.section},
               {"key", row.key},
               {"form", row.form},
               {"variable", variable_of(row)}};
  settings::Settings standard;
  if (const auto* duration = std::get_if<settings::DurationKey>(&row.kind)) {
    json["kind"] = "duration";
    json["default"] = duration_text(duration->field(standard));
    json["least"] = duration_text(duration->least);
    json["most"] = duration_text(duration->most);
  } else if (const auto* integer = std::get_if<settings::IntegerKey>(&row.kind)) {
    json["kind"] = "integer";
    json["least"] = integer->least;
    json["most"] = integer->most;
  } else if (const auto* boolean = std::get_if<settings::BooleanKey>(&row.kind)) {
    json["kind"] = "boolean";
    json["default"] = boolean->field(standard);
  } else if (std::holds_alternative<settings::TextKey>(row.kind)) {
    json["kind"] = "string";
  } else if (std::holds_alternative<settings::ListKey>(row.kind)) {
    json["kind"] = "list";
  } else {
    json["kind"] = "table";
  }
  return json;
}

int print_tables() {
  Json settings = Json::array();
  for (const settings::KeyRow& row : settings::key_table()) {
    std::string variable = variable_of(row);
    if (!variable.empty() && !is_read(variable)) {
      std::cerr << variable << " does not override " << settings::title_of(row) << "\n";
      return 1;
    }
    settings.push_back(row_json(row));
  }
  Json stages = Json::array();
  for (verdict::Stage stage : verdict::kStages) stages.push_back(name_of(stage));
  Json severities = Json::array();
  for (verdict::Severity severity : verdict::kSeverities) severities.push_back(name_of(severity));
  Json tables = {{"metrics", metrics()},
                 {"settings", std::move(settings)},
                 {"senders", senders()},
                 {"senders tested", protocol::kSendersTested},
                 {"differences", differences()},
                 {"stages", std::move(stages)},
                 {"severities", std::move(severities)}};
  std::cout << tables.dump(1) << "\n";
  return 0;
}

}  // namespace
}  // namespace mtasts

int main() { return mtasts::print_tables(); }
