// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Value parsers of [reports] and the sections below it; rows of the key table refer to them. One
// thread.
#pragma once

#include <string>
#include <vector>

#include "settings/settings_builder.h"

namespace mtasts::settings {

void take_authserv_id(SettingsBuilder& builder, const SourceText& value);
void take_reports_listen(SettingsBuilder& builder, const Place& place,
                         const std::vector<SourceText>& values);
void take_reports_path(SettingsBuilder& builder, const SourceText& value);
void take_mailbox_url(SettingsBuilder& builder, const SourceText& value);
void take_mailbox_processed(SettingsBuilder& builder, const SourceText& value);

// The name of a file or folder; a relative one is relative to the settings file.
std::string file_of(const SettingsBuilder& builder, const SourceText& value);

}  // namespace mtasts::settings
