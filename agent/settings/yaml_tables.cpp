// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/yaml_tables.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/printable.h"
#include "settings/nearest_name.h"

namespace mtasts::settings {
namespace {

std::string_view type_of(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a single value";
    case YamlNode::Kind::list:
      return "a list";
    default:
      return "a table";
  }
}

// A control character in a name or path is a mistake, and a NUL would cut it off. Line ends are
// part of PEM.
bool is_clean(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           const auto octet = static_cast<unsigned char>(c);
           return (octet < 0x20 && c != '\n' && c != '\r' && c != '\t') || octet == 0x7F;
         });
}

}  // namespace

void YamlTables::complain(const YamlNode& node, std::string message) {
  builder_.errors.add(place_of(node), std::move(message));
}

void YamlTables::complain_of_type(const YamlNode& node, std::string_view title,
                                  std::string_view form) {
  complain(node, fmt::format("{} must be {}, not {}", title, form, type_of(node)));
}

void YamlTables::complain_of_key(const YamlNode& key, std::string_view title,
                                 const std::vector<std::string_view>& known) {
  const std::string where = title.empty() ? "" : fmt::format(" of {}", title);
  const std::string what =
      fmt::format("\"{}\" is no key{} of a web configuration file", printable(key.text, 60), where);
  if (auto nearest = nearest_name(key.text, known))
    return complain(key, fmt::format("{}; did you mean \"{}\"?", what, *nearest));
  complain(key, fmt::format("{}; remove it or use one of {}", what, fmt::join(known, ", ")));
}

bool YamlTables::read_text(const YamlNode& node, std::string_view title, std::string& text) {
  if (node.kind == YamlNode::Kind::null) {
    text.clear();
    return true;
  }
  if (node.kind != YamlNode::Kind::scalar) {
    complain_of_type(node, title, "a string");
    return false;
  }
  if (!is_clean(node.text)) {
    complain(node, fmt::format("{} contains a control character; remove it", title));
    return false;
  }
  text = node.text;
  return true;
}

// YAML 1.1 has many words for both.
bool YamlTables::read_boolean(const YamlNode& node, std::string_view title, bool& value) {
  if (node.kind == YamlNode::Kind::scalar && !node.quoted) {
    const std::string word = ascii_lower(node.text);
    for (std::string_view yes : {"true", "yes", "on", "y"})
      if (word == yes) return value = true, true;
    for (std::string_view no : {"false", "no", "off", "n"})
      if (word == no) return value = false, true;
  }
  complain(node, fmt::format("{} must be true or false", title));
  return false;
}

bool YamlTables::read_list(const YamlNode& node, std::string_view title,
                           std::vector<SourceText>& values) {
  if (node.kind != YamlNode::Kind::list) {
    complain_of_type(node, title, "a list of strings");
    return false;
  }
  bool all = true;
  for (const YamlNode& item : node.items) {
    SourceText value;
    value.place = place_of(item);
    if (item.kind == YamlNode::Kind::scalar && read_text(item, title, value.text)) {
      values.push_back(std::move(value));
      continue;
    }
    if (item.kind != YamlNode::Kind::scalar) complain_of_type(item, title, "a list of strings");
    all = false;
  }
  return all;
}

void YamlTables::read_file_name(const YamlNode& node, std::string_view title, std::string& name) {
  std::string text;
  if (!read_text(node, title, text)) return;
  if (text.find_first_of("\r\n") != std::string::npos)
    return complain(node, fmt::format("{} must be the name of a file", title));
  name = text.empty() || text.front() == '/' || directory_.empty() ? text
                                                                   : (directory_ / text).string();
}

}  // namespace mtasts::settings
