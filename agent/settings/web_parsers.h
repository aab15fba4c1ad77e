// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// [web.tls], [web.basic_auth] and [web] anonymous_role: value parsers that rows of the key table
// refer to, and what follows from all of them together. One thread.
#pragma once

#include <vector>

#include "settings/settings_builder.h"

namespace mtasts::settings {

void take_anonymous_role(SettingsBuilder& builder, const SourceText& value);
void take_client_allowed_sans(SettingsBuilder& builder, const Place& place,
                              const std::vector<SourceText>& values);
void take_web_users(SettingsBuilder& builder, const std::vector<NamedText>& values);
void take_web_roles(SettingsBuilder& builder, const std::vector<NamedText>& values);

// The same for any file; `title` names the key in errors.
void set_allowed_sans(SettingsBuilder& builder, std::string_view title, const Place& place,
                      const std::vector<SourceText>& values);

// A user of a web configuration file or of the settings; `title` names where, for errors.
void add_web_user(SettingsBuilder& builder, std::string_view title, const NamedText& user);

// Reads [web] config_file if there is one, and completes settings.web.
void gather_web(SettingsBuilder& builder);

}  // namespace mtasts::settings
