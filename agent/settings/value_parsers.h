// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Value parsers: the required form of each text or list setting; rows of the key table refer to
// them. Each stores valid values and reports errors for the rest, including the fix. One thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "settings/settings_builder.h"

namespace mtasts::settings {

// Endpoints without duplicates; `default_port` 0: each needs a port. Errors begin with `title`.
std::vector<Endpoint> endpoints_of(SettingsBuilder& builder, std::string_view title,
                                   uint16_t default_port, const std::vector<SourceText>& values);

void take_domains(SettingsBuilder& builder, const Place& place,
                  const std::vector<SourceText>& values);
void take_domain_files(SettingsBuilder& builder, const Place& place,
                       const std::vector<SourceText>& values);
void take_domain_name(SettingsBuilder& builder, const SourceText& value);
void take_expected_mode(SettingsBuilder& builder, const SourceText& value);
void take_dns_servers(SettingsBuilder& builder, const Place& place,
                      const std::vector<SourceText>& values);
void take_trust_ad(SettingsBuilder& builder, const SourceText& value);
void take_ehlo_name(SettingsBuilder& builder, const SourceText& value);
void take_canary_dns(SettingsBuilder& builder, const Place& place,
                     const std::vector<SourceText>& values);
void take_canary_https(SettingsBuilder& builder, const Place& place,
                       const std::vector<SourceText>& values);
void take_canary_smtp(SettingsBuilder& builder, const Place& place,
                      const std::vector<SourceText>& values);
void take_families(SettingsBuilder& builder, const Place& place,
                   const std::vector<SourceText>& values);
void take_state_path(SettingsBuilder& builder, const SourceText& value);
void take_web_listen(SettingsBuilder& builder, const Place& place,
                     const std::vector<SourceText>& values);
void take_external_url(SettingsBuilder& builder, const SourceText& value);
void take_web_hosts(SettingsBuilder& builder, const Place& place,
                    const std::vector<SourceText>& values);
void take_metrics_set(SettingsBuilder& builder, const SourceText& value);
void take_metrics_exclude(SettingsBuilder& builder, const Place& place,
                          const std::vector<SourceText>& values);
void take_telemetry_listen(SettingsBuilder& builder, const SourceText& value);
void take_probe_allow(SettingsBuilder& builder, const Place& place,
                      const std::vector<SourceText>& values);
void take_log_level(SettingsBuilder& builder, const SourceText& value);
void take_log_format(SettingsBuilder& builder, const SourceText& value);

}  // namespace mtasts::settings
