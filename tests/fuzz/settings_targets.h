// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of the readers of settings, environment and domain lists that hold for any text; see
// grammar_targets.h. No file is read: a text that names `domain_files` is left out.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "fuzz/promises.h"
#include "settings/domain_list.h"
#include "settings/endpoint.h"
#include "settings/external_url.h"
#include "settings/key_depth.h"
#include "settings/mailbox_url.h"
#include "settings/settings.h"

namespace mtasts::fuzz {

inline constexpr std::string_view kNoFolder = "/nonexistent-mtasts/settings.toml";

inline bool names_files(std::string_view text) {
  const std::string lower = ascii_lower(text);
  return lower.find("files") != std::string::npos || lower.find("\\u") != std::string::npos;
}

inline void keep_errors(Promises& promises, const settings::LoadedSettings& loaded) {
  const settings::SettingsError* before = nullptr;
  promises.keep(loaded.errors.size() <= settings::ErrorList::kMost + 1, "more errors than allowed");
  for (const settings::SettingsError& error : loaded.errors) {
    promises.keep(is_showable(error.message), "a message not fit to show");
    promises.keep(error.line >= 0 && error.column >= 0, "a negative place");
    if (before != nullptr && error.file == before->file && error.line > 0)
      promises.keep(std::pair(before->line, before->column) <= std::pair(error.line, error.column),
                    "errors out of order");
    before = &error;
  }
}

inline void keep_settings(Promises& promises, const settings::LoadedSettings& loaded) {
  keep_errors(promises, loaded);
  if (!loaded.ok()) return;
  const auto& domains = loaded.settings.domains;
  for (size_t i = 1; i < domains.size(); ++i)
    promises.keep(domains[i - 1].name < domains[i].name, "domains unsorted, or one twice");
  promises.keep(!loaded.settings.hash.empty(), "settings without a hash");
}

inline std::string broken_settings_promise(std::string_view text) {
  if (names_files(text)) return {};
  Promises promises;
  const auto loaded = settings::parse_settings(text, kNoFolder, {});
  keep_settings(promises, loaded);
  const auto again = settings::parse_settings(text, kNoFolder, {});
  promises.keep(
      again.settings.hash == loaded.settings.hash && again.errors.size() == loaded.errors.size(),
      "settings that are read differently again");
  if (settings::find_deep_key(text)) promises.keep(!loaded.ok(), "a deep key is accepted");
  return promises.broken();
}

// Lines NAME=VALUE.
inline std::string broken_environment_promise(std::string_view text) {
  if (names_files(text)) return {};
  settings::Environment environment;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t equals = line.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  Promises promises;
  keep_settings(promises, settings::parse_settings("", kNoFolder, environment));
  return promises.broken();
}

inline void keep_values(Promises& promises, std::string_view text) {
  const auto endpoint = settings::parse_endpoint(text, 53);
  if (!endpoint)
    promises.keep(is_showable(endpoint.failure().detail), "an endpoint's failure not fit to show");
  if (const auto url = settings::parse_external_url(text)) {
    const auto again = settings::parse_external_url(url->text);
    promises.keep(again && again->text == url->text && again->authority == url->authority &&
                      again->path == url->path,
                  "an external URL that reads differently again");
  } else {
    promises.keep(is_showable(url.failure().detail), "a URL's failure not fit to show");
  }
  if (const auto url = settings::parse_mailbox_url(text))
    promises.keep(settings::is_mailbox_folder(url->folder) && !url->host.empty(),
                  "a mailbox without a folder or host");
  else
    promises.keep(is_showable(url.failure().detail), "a mailbox's failure not fit to show");
}

// A list of domains; its first line also as each value that has a grammar of its own.
inline std::string broken_domain_list_promise(std::string_view text) {
  Promises promises;
  settings::SettingsBuilder builder;
  std::vector<settings::DomainEntry> entries;
  settings::read_domain_list(builder, builder.errors.add_file("domains.txt"), text, entries);
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  promises.keep(entries.size() + builder.errors.count() <= lines, "more names than lines");
  for (const settings::DomainEntry& entry : entries) {
    const auto again = DomainName::parse(entry.name.text());
    promises.keep(again && *again == entry.name, "a name that reads differently again");
  }
  settings::LoadedSettings loaded;
  loaded.errors = builder.errors.take();
  keep_errors(promises, loaded);
  keep_values(promises, text.substr(0, std::min(text.find('\n'), size_t{2000})));
  return promises.broken();
}

}  // namespace mtasts::fuzz
