// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Overrides from the environment: MTASTS_<SECTION>_<KEY>, as in the key table. Lists are separated
// by commas. A variable that overrides nothing is an error if its name begins with a section. One
// thread.
#pragma once

#include "settings/settings_builder.h"

namespace mtasts::settings {

void read_environment(SettingsBuilder& builder, const Environment& environment);

}  // namespace mtasts::settings
