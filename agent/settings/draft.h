// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Draft: settings while they are read, with what only the reading needs: places, complaints and
// domains not merged yet. One thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "settings/complaints.h"
#include "settings/fingerprint.h"
#include "settings/settings.h"

namespace mtasts::settings {

// A text value as written, and where.
struct Written {
  Place place;
  std::string text;
};

// One [[domain]] table.
struct DomainTable {
  Place place;
  std::map<std::string, Written> labels;
  Written name;
  bool named = false;
  std::optional<protocol::Mode> expected_mode;
};

inline constexpr size_t kMostDomains = 1'000'000;

struct Draft {
  Settings settings;
  Complaints complaints;
  Fingerprint fingerprint;
  std::filesystem::path directory;  // of the settings file: relative patterns begin here

  std::vector<Written> domains;                   // `domains`, after overrides
  std::vector<Written> domain_files;              // patterns, after overrides
  std::vector<DomainTable> tables;                // [[domain]], in the file's order
  std::map<std::string, Place, std::less<>> set;  // "[check] interval" -> where it was set last
  std::set<std::string, std::less<>> refused;     // written, but of the wrong type or out of range
};

}  // namespace mtasts::settings
