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

// `values` of a setting named `title` as patterns of files; an empty one is an error.
std::vector<SourceText> file_patterns_of(SettingsBuilder& builder, std::string_view title,
                                         const std::vector<SourceText>& values);
// The names in all files that match the patterns; the files and directories are added to
// builder.settings.files and .directories. Errors begin with `title`.
void read_domain_files(SettingsBuilder& builder, std::string_view title,
                       const std::vector<SourceText>& patterns, std::vector<DomainEntry>& entries);

// The names of one list file; `file` is the index of its name in builder.errors.
void read_domain_list(SettingsBuilder& builder, size_t file, std::string_view text,
                      std::vector<DomainEntry>& entries);

}  // namespace mtasts::settings
