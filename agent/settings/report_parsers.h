// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Value parsers of [reports] and the sections below it; rows of the key table refer to them. One
// thread.
#pragma once

#include <vector>

#include "settings/settings_builder.h"

namespace mtasts::settings {

void take_authserv_id(SettingsBuilder& builder, const SourceText& value);
void take_reports_listen(SettingsBuilder& builder, const Place& place,
                         const std::vector<SourceText>& values);
void take_reports_path(SettingsBuilder& builder, const SourceText& value);
void take_mailbox_url(SettingsBuilder& builder, const SourceText& value);
void take_mailbox_user(SettingsBuilder& builder, const SourceText& value);
void take_mailbox_processed(SettingsBuilder& builder, const SourceText& value);

// The names of files and folders; a relative one is relative to the settings file.
void take_reports_cert_file(SettingsBuilder& builder, const SourceText& value);
void take_reports_key_file(SettingsBuilder& builder, const SourceText& value);
void take_submit_token_file(SettingsBuilder& builder, const SourceText& value);
void take_mailbox_password_file(SettingsBuilder& builder, const SourceText& value);
void take_mailbox_token_file(SettingsBuilder& builder, const SourceText& value);
void take_mailbox_ca_file(SettingsBuilder& builder, const SourceText& value);
void take_maildir_path(SettingsBuilder& builder, const SourceText& value);

}  // namespace mtasts::settings
