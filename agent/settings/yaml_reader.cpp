// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/yaml_reader.h"

#include <fmt/format.h>
#include <yaml.h>

#include <new>
#include <optional>
#include <utility>

#include "base/printable.h"

namespace mtasts::settings {
namespace {

constexpr int kMostDepth = 8;
constexpr size_t kMostNodes = 10'000;

class Parser {
 public:
  explicit Parser(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Parser() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  std::variant<YamlNode, YamlFault> read() {
    YamlNode root;
    bool begun = false;
    while (next()) {
      if (event_.type == YAML_STREAM_END_EVENT) return root;
      if (event_.type != YAML_DOCUMENT_START_EVENT) continue;
      if (begun) {
        fail("a second document begins here; keep one");
        break;
      }
      begun = true;
      if (!next() || !read_node(root, 0) || !next()) break;
    }
    return *fault_;
  }

 private:
  // False: there is a fault.
  bool next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) != 0) return true;
    event_ = {};
    const yaml_mark_t& mark = parser_.problem_mark;
    const std::string_view problem =
        parser_.problem == nullptr ? "it cannot be read" : parser_.problem;
    fault_ = YamlFault{static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1,
                       fmt::format("invalid YAML: {}", printable(problem, 200))};
    return false;
  }

  bool fail(std::string message) {
    fault_ = YamlFault{static_cast<int>(event_.start_mark.line) + 1,
                       static_cast<int>(event_.start_mark.column) + 1, std::move(message)};
    return false;
  }

  // The event is the first one of the node; afterwards, its last one.
  bool read_node(YamlNode& node, int depth) {
    node.line = static_cast<int>(event_.start_mark.line) + 1;
    node.column = static_cast<int>(event_.start_mark.column) + 1;
    if (depth > kMostDepth) return fail("this is nested too deep");
    if (++nodes_ > kMostNodes) return fail("the file has too many values");
    switch (event_.type) {
      case YAML_SCALAR_EVENT:
        return read_scalar(node);
      case YAML_SEQUENCE_START_EVENT:
        if (is_marked(event_.data.sequence_start.anchor, event_.data.sequence_start.tag))
          return false;
        return read_list(node, depth);
      case YAML_MAPPING_START_EVENT:
        if (is_marked(event_.data.mapping_start.anchor, event_.data.mapping_start.tag))
          return false;
        return read_table(node, depth);
      case YAML_ALIAS_EVENT:
        return fail("aliases (*name) are not accepted; write the value itself");
      default:
        return fail("a value is missing here");
    }
  }

  bool is_marked(const unsigned char* anchor, const unsigned char* tag) {
    if (anchor != nullptr) fail("anchors (&name) are not accepted; remove it");
    if (tag != nullptr) fail("tags (!name) are not accepted; remove it");
    return anchor != nullptr || tag != nullptr;
  }

  bool read_scalar(YamlNode& node) {
    const auto& scalar = event_.data.scalar;
    if (is_marked(scalar.anchor, scalar.tag)) return false;
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    node.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
    const bool is_null =
        !node.quoted && (node.text.empty() || node.text == "~" || node.text == "null" ||
                         node.text == "Null" || node.text == "NULL");
    node.kind = is_null ? YamlNode::Kind::null : YamlNode::Kind::scalar;
    return true;
  }

  bool read_list(YamlNode& node, int depth) {
    node.kind = YamlNode::Kind::list;
    while (next()) {
      if (event_.type == YAML_SEQUENCE_END_EVENT) return true;
      if (!read_node(node.items.emplace_back(), depth + 1)) return false;
    }
    return false;
  }

  bool read_table(YamlNode& node, int depth) {
    node.kind = YamlNode::Kind::table;
    while (next()) {
      if (event_.type == YAML_MAPPING_END_EVENT) return true;
      if (event_.type != YAML_SCALAR_EVENT) return fail("a key must be a plain word");
      YamlNode key;
      if (!read_node(key, depth + 1)) return false;
      for (const auto& [before, value] : node.entries)
        if (before.text == key.text)
          return fail(fmt::format("\"{}\" is there twice, first in line {}; keep one",
                                  printable(key.text, 80), before.line));
      node.entries.push_back({std::move(key), {}});
      if (!next() || !read_node(node.entries.back().value, depth + 1)) return false;
    }
    return false;
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
  size_t nodes_ = 0;
  std::optional<YamlFault> fault_;
};

}  // namespace

std::variant<YamlNode, YamlFault> read_yaml(std::string_view text) { return Parser(text).read(); }

}  // namespace mtasts::settings
