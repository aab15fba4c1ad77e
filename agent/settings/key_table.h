// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The table of settings keys (config/example.toml documents them). Reading TOML, reading the
// environment, detecting unknown keys and naming types all use it: a new setting is a field in
// settings.h and a row here. Constant, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "settings/settings_builder.h"

namespace mtasts::settings {

struct DurationKey {
  milliseconds& (*field)(Settings&);
  milliseconds least;
  milliseconds most;
};
struct IntegerKey {
  void (*store)(Settings&, int64_t);
  int64_t least;
  int64_t most;
};
struct BooleanKey {
  bool& (*field)(Settings&);
};
// The value parsers get the text without control characters and report errors themselves.
struct TextKey {
  void (*take)(SettingsBuilder&, const SourceText&);
  bool or_boolean = false;  // true and false may stand without quotes
};
struct ListKey {
  void (*take)(SettingsBuilder&, const Place&, const std::vector<SourceText>&);
  std::vector<std::string_view> words;  // a bare string may replace the list: "configured"
};
struct LabelsKey {};  // of a [[domain]] table
// A table of strings with names of the operator's choice; NAME=VALUE,… in the environment.
struct TextTableKey {
  void (*take)(SettingsBuilder&, const std::vector<NamedText>&);
};

struct KeyRow {
  std::string_view section;  // "" for the top level, "domain" for [[domain]], "reports.https"
  std::string_view key;
  std::string_view form;  // the expected form: `a string such as "15m"`
  std::variant<DurationKey, IntegerKey, BooleanKey, TextKey, ListKey, LabelsKey, TextTableKey> kind;
};

inline constexpr std::string_view kDomainSection = "domain";
inline constexpr std::string_view kPolicySection = "policy";
// Whether the section is a list of tables, [[domain]] or [[policy]]; not in the environment.
bool is_table_list(std::string_view section);

std::span<const KeyRow> key_table();
const KeyRow* find_key(std::string_view section, std::string_view key);  // null: no such key
bool is_section(std::string_view name);
bool is_below_another(std::string_view section);  // "reports.https"
// "https", … of "reports".
std::vector<std::string_view> sections_below(std::string_view section);
std::vector<std::string_view> keys_of(std::string_view section);
// Names at the top level of a file: without "web.tls", with "domain".
std::vector<std::string_view> top_level_names();

// "[check] interval", "domains", "[[domain]] name".
std::string title_of(const KeyRow& row);
std::string title_of(std::string_view section, std::string_view key);

// "[check] intervall is not a setting; did you mean \"interval\"?"
std::string unknown_key(std::string_view section, std::string_view key);

}  // namespace mtasts::settings
