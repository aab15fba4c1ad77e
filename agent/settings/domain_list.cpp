// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/domain_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/printable.h"
#include "settings/file_patterns.h"
#include "settings/input_file.h"

namespace mtasts::settings {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_full(Draft& draft, const Place& place, const std::vector<DomainEntry>& entries) {
  if (entries.size() < kMostDomains) return false;
  draft.complaints.add(place, fmt::format("more than {} domains; divide them among several agents, "
                                          "each with a settings file of its own",
                                          kMostDomains));
  return true;
}

// False when no more names are taken.
bool add_name(Draft& draft, std::string_view title, const Place& place, std::string_view text,
              std::vector<DomainEntry>& entries) {
  if (is_full(draft, place, entries)) return false;
  auto name = DomainName::parse(text);
  if (name)
    entries.push_back({std::move(*name), {}, std::nullopt});
  else
    draft.complaints.add(place, fmt::format("{}{}", title, name.failure().detail));
  return true;
}

void add_tables(Draft& draft, std::vector<DomainEntry>& entries) {
  std::map<std::string, Place> seen;
  for (DomainTable& table : draft.tables) {
    if (!table.named) continue;
    if (is_full(draft, table.place, entries)) return;
    auto name = DomainName::parse(table.name.text);
    if (!name) {
      draft.complaints.add(table.name.place,
                           fmt::format("[[domain]] name: {}", name.failure().detail));
      continue;
    }
    auto [first, fresh] = seen.emplace(name->text(), table.name.place);
    if (!fresh) {
      draft.complaints.add(
          table.name.place,
          fmt::format("[[domain]] name: \"{}\" has a [[domain]] table at line {} already; merge "
                      "the two",
                      name->display(), first->second.line));
      continue;
    }
    DomainEntry entry{std::move(*name), {}, table.expected_mode};
    for (auto& [label, value] : table.labels) entry.labels[label] = std::move(value.text);
    entries.push_back(std::move(entry));
  }
}

void add_file(Draft& draft, const Written& pattern, const std::filesystem::path& path,
              std::vector<DomainEntry>& entries) {
  auto content = read_input_file(path);
  draft.settings.files.push_back(path);
  if (!content) {
    draft.complaints.add(pattern.place,
                         fmt::format("domain_files: \"{}\" {}", printable(path.string(), 200),
                                     content.failure().detail));
    return;
  }
  draft.fingerprint.add(*content);
  size_t file = draft.complaints.add_file(path.string());
  read_domain_list(draft, file, *content, entries);
}

void add_files(Draft& draft, std::vector<DomainEntry>& entries) {
  std::set<std::filesystem::path> read_before;
  for (const Written& pattern : draft.domain_files) {
    auto matches = files_matching(draft.directory, pattern.text);
    if (!matches) {
      draft.complaints.add(pattern.place,
                           fmt::format("domain_files: {}", matches.failure().detail));
      continue;
    }
    auto& directories = draft.settings.directories;
    for (auto& directory : matches->directories)
      if (std::find(directories.begin(), directories.end(), directory) == directories.end())
        directories.push_back(std::move(directory));
    for (const auto& path : matches->files)
      if (read_before.insert(path).second) add_file(draft, pattern, path, entries);
  }
}

}  // namespace

void read_domain_list(Draft& draft, size_t file, std::string_view text,
                      std::vector<DomainEntry>& entries) {
  size_t mark = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  text.remove_prefix(mark);
  for (int line = 1; !text.empty(); ++line) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    content = content.substr(0, content.find('#'));
    size_t begin = content.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) continue;
    content = content.substr(begin, content.find_last_not_of(" \t\r") + 1 - begin);
    if (!add_name(draft, "", {file, line, static_cast<int>(begin) + 1}, content, entries)) return;
  }
}

void gather_domains(Draft& draft) {
  std::vector<DomainEntry> entries;
  add_tables(draft, entries);
  draft.tables = {};
  entries.reserve(entries.size() + draft.domains.size());
  for (const Written& value : draft.domains)
    if (!add_name(draft, "domains: ", value.place, value.text, entries)) break;
  draft.domains = {};
  add_files(draft, entries);

  // Stable: of two entries with one name the table, which came first, stays.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  auto same = [](const auto& a, const auto& b) { return a.name == b.name; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  entries.shrink_to_fit();
  draft.settings.domains = std::move(entries);
}

}  // namespace mtasts::settings
