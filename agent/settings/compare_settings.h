// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// compare_settings(): the rules between two or more settings, applied after all were read. One
// thread.
#pragma once

#include "settings/settings_builder.h"

namespace mtasts::settings {

void compare_settings(SettingsBuilder& builder);

}  // namespace mtasts::settings
