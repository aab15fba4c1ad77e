// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Merges the domains from all sources into one sorted list without duplicates: `domains`,
// [[domain]] tables and the files of `domain_files` (one name per line; # comments, blank lines and
// CRLF are accepted). A [[domain]] table overrides a plain name. Files are read one at a time.
// Limits: kMostDomains names, kInputFileLimit_bytes per file. One thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "settings/settings_builder.h"

namespace mtasts::settings {

// Fills builder.settings.domains, .files and .directories.
void gather_domains(SettingsBuilder& builder);

// The names of one list file; `file` is the index of its name in builder.errors.
void read_domain_list(SettingsBuilder& builder, size_t file, std::string_view text,
                      std::vector<DomainEntry>& entries);

}  // namespace mtasts::settings
