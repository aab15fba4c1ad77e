// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// YamlTables: reads the values of a YAML tree by a table of the known keys; an unknown key and a
// wrong type are errors with their place. One thread.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/settings_builder.h"
#include "settings/yaml_reader.h"

namespace mtasts::settings {

// A key, and the member of Reader that takes its value; never called with null.
template <typename Reader>
struct YamlKey {
  std::string_view name;
  void (Reader::*take)(const YamlNode&);
};

class YamlTables {
 public:
  // `file`: of builder.errors. Names of files are relative to `directory`.
  YamlTables(SettingsBuilder& builder, size_t file, std::filesystem::path directory)
      : builder_(builder), file_(file), directory_(std::move(directory)) {}

  Place place_of(const YamlNode& node) const { return {file_, node.line, node.column}; }
  void complain(const YamlNode& node, std::string message);
  // "headers must be a table, not a list"
  void complain_of_type(const YamlNode& node, std::string_view title, std::string_view form);

  // Null is a table without keys. `title` is empty for the whole file.
  template <typename Reader>
  void read_table(Reader& reader, const YamlNode& node, std::string_view title,
                  const std::vector<YamlKey<Reader>>& keys) {
    if (node.kind == YamlNode::Kind::null) return;
    if (node.kind != YamlNode::Kind::table)
      return complain_of_type(node, title.empty() ? "the file" : title, "a table");
    for (const auto& [key, value] : node.entries) {
      auto known = std::find_if(keys.begin(), keys.end(),
                                [&key = key](const auto& one) { return one.name == key.text; });
      if (known == keys.end()) {
        std::vector<std::string_view> names;
        for (const auto& one : keys) names.push_back(one.name);
        complain_of_key(key, title, names);
      } else if (value.kind != YamlNode::Kind::null) {
        (reader.*known->take)(value);
      }
    }
  }

  // These three return false, and have complained, if the value is of another type.
  bool read_text(const YamlNode& node, std::string_view title, std::string& text);
  bool read_boolean(const YamlNode& node, std::string_view title, bool& value);
  bool read_list(const YamlNode& node, std::string_view title, std::vector<SourceText>& values);
  void read_file_name(const YamlNode& node, std::string_view title, std::string& name);

  SettingsBuilder& builder() { return builder_; }

 private:
  void complain_of_key(const YamlNode& key, std::string_view title,
                       const std::vector<std::string_view>& known);

  SettingsBuilder& builder_;
  const size_t file_;
  const std::filesystem::path directory_;
};

}  // namespace mtasts::settings
