// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/toml_reader.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "settings/key_depth.h"
#include "settings/key_table.h"
#include "settings/store_value.h"

namespace mtasts::settings {
namespace {

constexpr size_t kLongestShown_bytes = 300;

Place place_of(size_t file, const toml::source_region& source) {
  return {file, static_cast<int>(source.begin.line), static_cast<int>(source.begin.column)};
}

std::string_view type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

std::string label_fault(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  bool well_formed = !name.empty() && letter(name.front()) &&
                     std::all_of(name.begin(), name.end(),
                                 [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  if (!well_formed)
    return "is not a valid label name; use letters, digits and _, and do not begin with a digit";
  if (name == "domain") return "is set by the exporter itself; choose another name";
  if (name.starts_with("__")) return "begins with __, which is reserved by Prometheus";
  return {};
}

// The library's message, with the fix for common mistakes.
std::string syntax_error(std::string_view description) {
  constexpr std::string_view kOpening = "Error ";
  if (description.starts_with(kOpening)) description.remove_prefix(kOpening.size());
  std::string message =
      fmt::format("invalid TOML: {}", printable(description, kLongestShown_bytes));
  if (description.find("redefine") != std::string_view::npos)
    return message + "; keep one and remove the other";
  return message + "; strings and durations need quotes, lists need brackets";
}

class Reader {
 public:
  Reader(SettingsBuilder& builder, size_t file) : draft_(builder), file_(file) {}

  void read_file(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (const KeyRow* row = find_key("", key.str()))
        read_value(*row, node);
      else if (key.str() == kDomainSection)
        read_domain_tables(node);
      else if (key.str() == kPolicySection)
        read_policy_tables(node);
      else if (is_section(key.str()) && !is_below_another(key.str()))
        read_section(std::string(key.str()), node);
      else
        complain(key.source(), unknown_key("", key.str()));
    }
  }

 private:
  void complain(const toml::source_region& source, std::string message) {
    draft_.errors.add(place_of(file_, source), std::move(message));
  }

  void read_section(const std::string& name, const toml::node& node) {
    const toml::table* section = node.as_table();
    if (section == nullptr)
      return complain(node.source(),
                      fmt::format("{0} is a section, not {1}; write its keys below a line [{0}]",
                                  name, type_of(node)));
    read_keys(name, *section);
  }

  void read_keys(std::string_view section, const toml::table& table) {
    for (const auto& [key, node] : table) {
      if (const KeyRow* row = find_key(section, key.str()))
        read_value(*row, node);
      else if (const std::string below = fmt::format("{}.{}", section, key.str());
               is_section(below))
        read_section(below, node);
      else
        complain(key.source(), unknown_key(section, key.str()));
    }
  }

  // `open` begins a table of the builder, `missing` complains of what the table lacks.
  template <typename Open, typename Missing>
  void read_tables(std::string_view section, const toml::node& node, Open open, Missing missing) {
    const toml::array* tables = node.as_array();
    if (tables == nullptr)
      return complain(node.source(),
                      fmt::format("[[{}]] needs two brackets, for a list of tables; this is {}",
                                  section, type_of(node)));
    for (const toml::node& element : *tables) {
      const toml::table* table = element.as_table();
      if (table == nullptr) {
        const bool is_name = section == kDomainSection;
        complain(element.source(), fmt::format("{0} accepts [[{0}]] tables only{1}", section,
                                               is_name ? "; list plain names in domains" : ""));
        continue;
      }
      open(place_of(file_, element.source()));
      read_keys(section, *table);
      missing(*table);
    }
  }

  void read_domain_tables(const toml::node& node) {
    const auto open = [this](const Place& place) { draft_.tables.emplace_back().place = place; };
    const auto missing = [this](const toml::table& table) {
      if (!table.contains("name"))
        complain(table.source(), "[[domain]] has no name; add name = \"example.com\"");
    };
    read_tables(kDomainSection, node, open, missing);
  }

  void read_policy_tables(const toml::node& node) {
    const auto open = [this](const Place& place) { draft_.policies.emplace_back().place = place; };
    const auto missing = [this](const toml::table& table) {
      if (!table.contains("domains") && !table.contains("domain_files"))
        complain(table.source(), "[[policy]] has no domains; add domains = [\"example.com\"]");
      if (!table.contains("mx"))
        complain(table.source(),
                 "[[policy]] has no mx; add mx = [\"mx1.example.com\"], with the names of the MX "
                 "records");
    };
    read_tables(kPolicySection, node, open, missing);
  }

  void read_value(const KeyRow& row, const toml::node& node) {
    Place place = place_of(file_, node.source());
    auto wrong_type = [&] { complain_of_type(draft_, row, place, type_of(node)); };
    if (const auto* duration = std::get_if<DurationKey>(&row.kind)) {
      if (!node.is_string()) return wrong_type();
      store_duration(draft_, row, *duration, {place, node.as_string()->get()});
    } else if (const auto* integer = std::get_if<IntegerKey>(&row.kind)) {
      if (!node.is_integer()) return wrong_type();
      store_integer(draft_, row, *integer, place, node.as_integer()->get());
    } else if (const auto* boolean = std::get_if<BooleanKey>(&row.kind)) {
      if (!node.is_boolean()) return wrong_type();
      store_boolean(draft_, row, *boolean, place, node.as_boolean()->get());
    } else if (const auto* text = std::get_if<TextKey>(&row.kind)) {
      if (text->or_boolean && node.is_boolean())
        return store_text(draft_, row, *text, {place, node.as_boolean()->get() ? "true" : "false"});
      if (!node.is_string()) return wrong_type();
      store_text(draft_, row, *text, {place, node.as_string()->get()});
    } else if (const auto* list = std::get_if<ListKey>(&row.kind)) {
      read_list(row, *list, place, node);
    } else if (std::holds_alternative<LabelsKey>(row.kind)) {
      if (!node.is_table()) return wrong_type();
      read_labels(row, *node.as_table());
    } else if (const auto* texts = std::get_if<TextTableKey>(&row.kind)) {
      if (!node.is_table()) return wrong_type();
      read_texts(row, *texts, place, *node.as_table());
    }
  }

  void read_list(const KeyRow& row, const ListKey& list, const Place& place,
                 const toml::node& node) {
    if (node.is_string()) {
      const std::string& text = node.as_string()->get();
      if (std::find(list.words.begin(), list.words.end(), text) != list.words.end())
        return store_list(draft_, row, list, place, {{place, text}});
      std::string found = list.words.empty() ? "a string" : "\"" + printable(text, 60) + "\"";
      return complain_of_type(draft_, row, place, found);
    }
    const toml::array* elements = node.as_array();
    if (elements == nullptr) return complain_of_type(draft_, row, place, type_of(node));
    std::vector<SourceText> values;
    values.reserve(elements->size());
    bool all_strings = true;
    for (const toml::node& element : *elements) {
      if (const auto* text = element.as_string()) {
        values.push_back({place_of(file_, element.source()), text->get()});
        continue;
      }
      all_strings = false;
      complain(element.source(), fmt::format("{} must be {}; this one is {}", title_of(row),
                                             row.form, type_of(element)));
    }
    if (all_strings) store_list(draft_, row, list, place, values);
  }

  void read_texts(const KeyRow& row, const TextTableKey& key, const Place& place,
                  const toml::table& table) {
    std::vector<NamedText> values;
    bool all_strings = true;
    for (const auto& [name, node] : table) {
      if (const auto* text = node.as_string()) {
        values.push_back({{place_of(file_, name.source()), std::string(name.str())},
                          {place_of(file_, node.source()), text->get()}});
        continue;
      }
      all_strings = false;
      complain(node.source(), fmt::format("{}: \"{}\" must be a string, not {}", title_of(row),
                                          printable(name.str(), 60), type_of(node)));
    }
    if (all_strings) store_texts(draft_, row, key, place, values);
  }

  void read_labels(const KeyRow& row, const toml::table& table) {
    for (const auto& [key, node] : table) {
      if (std::string fault = label_fault(key.str()); !fault.empty()) {
        complain(key.source(),
                 fmt::format("{}: \"{}\" {}", title_of(row), printable(key.str(), 60), fault));
      } else if (!node.is_string()) {
        complain(node.source(), fmt::format("{}: {} must be a string, not {}", title_of(row),
                                            key.str(), type_of(node)));
      } else {
        draft_.tables.back().labels[std::string(key.str())] = {place_of(file_, node.source()),
                                                               node.as_string()->get()};
      }
    }
  }

  SettingsBuilder& draft_;
  size_t file_;
};

}  // namespace

void read_toml(SettingsBuilder& builder, size_t file, std::string_view text) {
  if (auto deep = find_deep_key(text)) {
    builder.errors.add(
        {file, deep->line, deep->column},
        fmt::format("a key has more than {} parts; no setting has that many", kMostKeyParts));
    return;
  }
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    builder.errors.add(place_of(file, error.source()), syntax_error(error.description()));
    return;
  }
  Reader(builder, file).read_file(root);
}

}  // namespace mtasts::settings
