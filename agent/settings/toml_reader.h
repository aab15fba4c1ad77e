// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reads the text of a settings file (TOML 1.0) into a SettingsBuilder according to the key table.
// Unknown keys, wrong types and bad values are errors with their place; only the first syntax error
// is reported, because TOML cannot be parsed beyond it. One thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "settings/settings_builder.h"

namespace mtasts::settings {

// `file` is the index of the text's name in builder.errors.
void read_toml(SettingsBuilder& builder, size_t file, std::string_view text);

}  // namespace mtasts::settings
