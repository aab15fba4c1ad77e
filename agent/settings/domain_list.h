// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Domains from all places into one sorted list without duplicates: `domains`, [[domain]] tables and
// the files of `domain_files` (one name a line, # comments, blank lines and CRLF tolerated).
// A [[domain]] table wins over a plain name. Files are read one after the other, never all at once.
// Bounded: kMostDomains names, kInputFileLimit_bytes a file. One thread.
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
