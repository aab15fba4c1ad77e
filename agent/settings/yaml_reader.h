// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// read_yaml(): one YAML document as a tree with places, for small configuration files. Bounded in
// depth and size; aliases, tags and a second document are refused, as are doubled keys. Pure, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mtasts::settings {

struct YamlEntry;

struct YamlNode {
  enum class Kind : uint8_t { null, scalar, list, table } kind = Kind::null;
  int line = 0;
  int column = 0;
  std::string text;                // of a scalar
  bool quoted = false;             // the scalar is a string whatever it says
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a table
};

struct YamlEntry {
  YamlNode key;  // a scalar
  YamlNode value;
};

struct YamlFault {
  int line = 0;
  int column = 0;
  std::string message;
};

// An empty document is null.
std::variant<YamlNode, YamlFault> read_yaml(std::string_view text);

}  // namespace mtasts::settings
