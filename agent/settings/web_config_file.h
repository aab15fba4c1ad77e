// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The web configuration file that Prometheus and its exporters share (the "web configuration" of
// exporter-toolkit): YAML with tls_server_config, http_server_config, basic_auth_users and
// rate_limit. Whatever it says is done, or is an error with its place: a key on which security may
// depend is never left out in silence. One thread.
#pragma once

#include "settings/settings_builder.h"

namespace mtasts::settings {

// Fills settings.web from the file [web] config_file, which was set at `place`; adds it to
// settings.files.
void read_web_config_file(SettingsBuilder& builder, const Place& place);

// The same from text; `path` names it in errors and is the base of relative names.
void parse_web_config(SettingsBuilder& builder, std::string_view yaml,
                      const std::filesystem::path& path);

}  // namespace mtasts::settings
