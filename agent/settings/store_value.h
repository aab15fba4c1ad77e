// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Values on their way into a Draft: each checks its range or form, stores, or complains. Wherever
// they were written (TOML or environment), they come through here. One thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "settings/key_table.h"

namespace mtasts::settings {

void store_duration(Draft& draft, const KeyRow& row, const DurationKey& key, const Written& value);
void store_integer(Draft& draft, const KeyRow& row, const IntegerKey& key, const Place& place,
                   int64_t value);
void store_boolean(Draft& draft, const KeyRow& row, const BooleanKey& key, const Place& place,
                   bool value);
void store_text(Draft& draft, const KeyRow& row, const TextKey& key, const Written& value);
void store_list(Draft& draft, const KeyRow& row, const ListKey& key, const Place& place,
                const std::vector<Written>& values);

// "must be an integer such as 443, not a string"
void complain_of_type(Draft& draft, const KeyRow& row, const Place& place, std::string_view found);

}  // namespace mtasts::settings
