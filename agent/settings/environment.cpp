// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/printable.h"
#include "settings/key_table.h"
#include "settings/nearest_name.h"
#include "settings/store_value.h"

namespace mtasts::settings {
namespace {

constexpr std::string_view kPrefix = "MTASTS_";

// "web.listen" -> "WEB_LISTEN".
std::string variable_part(std::string_view name) {
  std::string part = ascii_upper(name);
  std::replace(part.begin(), part.end(), '.', '_');
  return part;
}

std::string variable_of(const KeyRow& row) {
  std::string name(kPrefix);
  if (!row.section.empty()) name += variable_part(row.section) + '_';
  return name + variable_part(row.key);
}

struct Variable {
  std::string name;
  const KeyRow* row;
};

// Keys that can be overridden, with the names of their variables. [[domain]] and [[policy]] tables
// cannot.
const std::vector<Variable>& variables() {
  static const std::vector<Variable> made = [] {
    std::vector<Variable> all;
    for (const KeyRow& row : key_table())
      if (!is_table_list(row.section)) all.push_back({variable_of(row), &row});
    return all;
  }();
  return made;
}

const KeyRow* row_of(std::string_view name) {
  for (const Variable& variable : variables())
    if (variable.name == name) return variable.row;
  return nullptr;
}

// Kubernetes sets SERVICE_HOST, PORT=tcp://… and more for each Service of the namespace; those of a
// Service named "mtasts-web" must not be taken for settings.
bool is_service_link(std::string_view name, std::string_view value) {
  return name.find("_SERVICE_HOST") != std::string_view::npos ||
         name.find("_SERVICE_PORT") != std::string_view::npos || value.starts_with("tcp://") ||
         value.starts_with("udp://") || value.starts_with("sctp://") ||
         name.find("_TCP_") != std::string_view::npos ||
         name.find("_UDP_") != std::string_view::npos;
}

bool begins_with_section(std::string_view name) {
  name.remove_prefix(kPrefix.size());
  for (std::string_view section : top_level_names()) {
    std::string upper = variable_part(section);
    if (name == upper || name.starts_with(upper + '_')) return true;
  }
  return false;
}

std::vector<SourceText> split_list(const Place& place, std::string_view text) {
  std::vector<SourceText> values;
  while (true) {
    size_t comma = text.find(',');
    std::string_view item = trim(text.substr(0, comma));
    if (!item.empty()) values.push_back({place, std::string(item)});
    if (comma == std::string_view::npos) return values;
    text.remove_prefix(comma + 1);
  }
}

// "name=value,name=value"; what has no "=" is a name without a value.
std::vector<NamedText> split_texts(const Place& place, std::string_view text) {
  std::vector<NamedText> texts;
  for (const SourceText& item : split_list(place, text)) {
    const size_t equals = item.text.find('=');
    const std::string_view rest = equals == std::string::npos
                                      ? std::string_view()
                                      : std::string_view(item.text).substr(equals + 1);
    texts.push_back({{place, std::string(trim(std::string_view(item.text).substr(0, equals)))},
                     {place, std::string(trim(rest))}});
  }
  return texts;
}

bool is_ordinal(const KeyRow& row) { return row.section == "shard" && row.key == "index"; }

// The ordinal of a StatefulSet pod is the end of its name: "mtasts-exporter-3".
std::string_view ordinal_of(std::string_view pod) {
  size_t dash = pod.rfind('-');
  return dash == std::string_view::npos || dash == 0 ? pod : pod.substr(dash + 1);
}

void read_integer(SettingsBuilder& builder, const KeyRow& row, const IntegerKey& key,
                  const Place& place, std::string_view text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return complain_of_type(builder, row, place, fmt::format("\"{}\"", printable(text, 40)));
  store_integer(builder, row, key, place, number);
}

void read_boolean(SettingsBuilder& builder, const KeyRow& row, const BooleanKey& key,
                  const Place& place, std::string_view text) {
  if (text != "true" && text != "false")
    return complain_of_type(builder, row, place, fmt::format("\"{}\"", printable(text, 40)));
  store_boolean(builder, row, key, place, text == "true");
}

void read_variable(SettingsBuilder& builder, const KeyRow& row, const Place& place,
                   const std::string& value) {
  if (const auto* duration = std::get_if<DurationKey>(&row.kind))
    store_duration(builder, row, *duration, {place, value});
  else if (const auto* integer = std::get_if<IntegerKey>(&row.kind))
    read_integer(builder, row, *integer, place, is_ordinal(row) ? ordinal_of(value) : value);
  else if (const auto* boolean = std::get_if<BooleanKey>(&row.kind))
    read_boolean(builder, row, *boolean, place, value);
  else if (const auto* text = std::get_if<TextKey>(&row.kind))
    store_text(builder, row, *text, {place, value});
  else if (const auto* list = std::get_if<ListKey>(&row.kind))
    store_list(builder, row, *list, place, split_list(place, value));
  else if (const auto* texts = std::get_if<TextTableKey>(&row.kind))
    store_texts(builder, row, *texts, place, split_texts(place, value));
}

std::string unknown_variable(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Variable& variable : variables()) names.push_back(variable.name);
  if (auto nearest = nearest_name(name, names))
    return fmt::format("does not match a setting; did you mean {}?", *nearest);
  return "does not match a setting; unset it";
}

}  // namespace

Environment process_environment() {
  Environment found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(kPrefix)) continue;
    found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

void read_environment(SettingsBuilder& builder, const Environment& environment) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kPrefix) || is_service_link(name, value)) continue;
    const KeyRow* row = row_of(name);
    if (row == nullptr && !begins_with_section(name)) continue;
    size_t file =
        builder.errors.add_file(fmt::format("environment variable {}", printable(name, 80)));
    Place place{file, 0, 0};
    if (row == nullptr) {
      builder.errors.add(place, unknown_variable(name));
      continue;
    }
    builder.fingerprint.add(name);
    builder.fingerprint.add(value);
    read_variable(builder, *row, place, value);
  }
}

}  // namespace mtasts::settings
