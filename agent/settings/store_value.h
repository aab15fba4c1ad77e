// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stores values in a SettingsBuilder: each function checks range or form, then stores the value or
// reports an error. Used for TOML and the environment alike. One thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "settings/key_table.h"

namespace mtasts::settings {

void store_duration(SettingsBuilder& builder, const KeyRow& row, const DurationKey& key,
                    const SourceText& value);
void store_integer(SettingsBuilder& builder, const KeyRow& row, const IntegerKey& key,
                   const Place& place, int64_t value);
void store_boolean(SettingsBuilder& builder, const KeyRow& row, const BooleanKey& key,
                   const Place& place, bool value);
void store_text(SettingsBuilder& builder, const KeyRow& row, const TextKey& key,
                const SourceText& value);
void store_list(SettingsBuilder& builder, const KeyRow& row, const ListKey& key, const Place& place,
                const std::vector<SourceText>& values);
void store_texts(SettingsBuilder& builder, const KeyRow& row, const TextTableKey& key,
                 const Place& place, const std::vector<NamedText>& values);

// "must be an integer such as 443, not a string"
void complain_of_type(SettingsBuilder& builder, const KeyRow& row, const Place& place,
                      std::string_view found);

}  // namespace mtasts::settings
