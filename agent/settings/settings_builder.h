// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SettingsBuilder: settings while they are read, with data needed only for reading: places, errors
// and domains not merged yet. One thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "settings/error_list.h"
#include "settings/fingerprint.h"
#include "settings/settings.h"

namespace mtasts::settings {

// A text value as written, with its place.
struct SourceText {
  Place place;
  std::string text;
};

// An entry of a table of strings.
struct NamedText {
  SourceText name;
  SourceText value;
};

// One [[domain]] table.
struct DomainTable {
  Place place;
  std::map<std::string, SourceText> labels;
  SourceText name;
  bool named = false;
  std::optional<protocol::Mode> expected_mode;
};

// One [[policy]] table.
struct PolicyTable {
  Place place;
  std::vector<SourceText> domains;
  std::vector<SourceText> domain_files;  // patterns
  Place files_place;
  bool names_domains = false;  // domains or domain_files was read
  protocol::Mode mode = protocol::Mode::testing;
  std::vector<std::string> mx;
  Place mx_place;
  uint64_t max_age_seconds = HostedPolicySettings{}.max_age_seconds;
};

inline constexpr size_t kMostDomains = 1'000'000;

struct SettingsBuilder {
  Settings settings;
  ErrorList errors;
  Fingerprint fingerprint;
  std::filesystem::path directory;  // of the settings file: base of relative patterns

  std::vector<SourceText> domains;                // `domains`, after overrides
  std::vector<SourceText> domain_files;           // patterns, after overrides
  std::vector<DomainTable> tables;                // [[domain]], in the file's order
  std::vector<PolicyTable> policies;              // [[policy]], in the file's order
  std::vector<NamedText> web_roles;               // [web.basic_auth] roles
  std::map<std::string, Place, std::less<>> set;  // "[check] interval" -> where it was set last
  std::set<std::string, std::less<>> refused;     // written, but of the wrong type or out of range
};

}  // namespace mtasts::settings
