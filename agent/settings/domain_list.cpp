// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/domain_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/ascii.h"
#include "base/printable.h"
#include "settings/file_patterns.h"
#include "settings/input_file.h"

namespace mtasts::settings {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_full(SettingsBuilder& builder, const Place& place,
             const std::vector<DomainEntry>& entries) {
  if (entries.size() < kMostDomains) return false;
  builder.errors.add(
      place,
      fmt::format(
          "more than {} domains; split them across several agents, each with its own settings file",
          kMostDomains));
  return true;
}

// False when the limit of names is reached.
bool add_name(SettingsBuilder& builder, std::string_view title, const Place& place,
              std::string_view text, std::vector<DomainEntry>& entries) {
  if (is_full(builder, place, entries)) return false;
  auto name = DomainName::parse(text);
  if (name)
    entries.push_back({std::move(*name), {}, std::nullopt});
  else
    builder.errors.add(place, fmt::format("{}{}", title, name.failure().detail));
  return true;
}

void add_tables(SettingsBuilder& builder, std::vector<DomainEntry>& entries) {
  std::map<std::string, Place> seen;
  for (DomainTable& table : builder.tables) {
    if (!table.named) continue;
    if (is_full(builder, table.place, entries)) return;
    auto name = DomainName::parse(table.name.text);
    if (!name) {
      builder.errors.add(table.name.place,
                         fmt::format("[[domain]] name: {}", name.failure().detail));
      continue;
    }
    auto [first, fresh] = seen.emplace(name->text(), table.name.place);
    if (!fresh) {
      builder.errors.add(
          table.name.place,
          fmt::format(
              "[[domain]] name: \"{}\" already has a [[domain]] table at line {}; merge the two",
              name->display(), first->second.line));
      continue;
    }
    DomainEntry entry{std::move(*name), {}, table.expected_mode};
    for (auto& [label, value] : table.labels) entry.labels[label] = std::move(value.text);
    entries.push_back(std::move(entry));
  }
}

void add_file(SettingsBuilder& builder, std::string_view title, const SourceText& pattern,
              const std::filesystem::path& path, std::vector<DomainEntry>& entries) {
  auto content = read_input_file(path);
  builder.settings.files.push_back(path);
  if (!content) {
    builder.errors.add(pattern.place,
                       fmt::format("{}: \"{}\" {}", title, printable(path.string(), 200),
                                   content.failure().detail));
    return;
  }
  builder.fingerprint.add(*content);
  size_t file = builder.errors.add_file(path.string());
  read_domain_list(builder, file, *content, entries);
}

}  // namespace

std::vector<SourceText> file_patterns_of(SettingsBuilder& builder, std::string_view title,
                                         const std::vector<SourceText>& values) {
  std::vector<SourceText> patterns;
  for (const SourceText& value : values) {
    if (!value.text.empty())
      patterns.push_back(value);
    else
      builder.errors.add(value.place,
                         fmt::format("{} contains an empty name; write a file or a pattern such as "
                                     "\"domains.d/*.txt\"",
                                     title));
  }
  return patterns;
}

void read_domain_files(SettingsBuilder& builder, std::string_view title,
                       const std::vector<SourceText>& patterns, std::vector<DomainEntry>& entries) {
  std::set<std::filesystem::path> read_before;
  for (const SourceText& pattern : patterns) {
    auto matches = files_matching(builder.directory, pattern.text);
    if (!matches) {
      builder.errors.add(pattern.place, fmt::format("{}: {}", title, matches.failure().detail));
      continue;
    }
    auto& directories = builder.settings.directories;
    for (auto& directory : matches->directories)
      if (std::find(directories.begin(), directories.end(), directory) == directories.end())
        directories.push_back(std::move(directory));
    for (const auto& path : matches->files)
      if (read_before.insert(path).second) add_file(builder, title, pattern, path, entries);
  }
}

void read_domain_list(SettingsBuilder& builder, size_t file, std::string_view text,
                      std::vector<DomainEntry>& entries) {
  size_t mark = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  text.remove_prefix(mark);
  for (int line = 1; !text.empty(); ++line) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    content = content.substr(0, content.find('#'));
    std::string_view name = trim(content);
    if (name.empty()) continue;
    auto column = static_cast<int>(name.data() - content.data()) + 1;
    if (!add_name(builder, "", {file, line, column}, name, entries)) return;
  }
}

void gather_domains(SettingsBuilder& builder) {
  std::vector<DomainEntry> entries;
  add_tables(builder, entries);
  builder.tables = {};
  entries.reserve(entries.size() + builder.domains.size());
  for (const SourceText& value : builder.domains)
    if (!add_name(builder, "domains: ", value.place, value.text, entries)) break;
  builder.domains = {};
  read_domain_files(builder, "domain_files", builder.domain_files, entries);

  // Stable: of two entries with the same name, the first one, the table, is kept.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  auto same = [](const auto& a, const auto& b) { return a.name == b.name; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  entries.shrink_to_fit();
  builder.settings.domains = std::move(entries);
}

}  // namespace mtasts::settings
