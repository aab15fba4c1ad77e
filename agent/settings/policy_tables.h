// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// [policy_host] and the [[policy]] tables: value parsers that rows of the key table refer to, and
// what follows from all tables together. What is accepted makes a policy that every tested sender
// reads (RFC 8461 §3.2). One thread.
#pragma once

#include <cstddef>
#include <vector>

#include "settings/settings_builder.h"

namespace mtasts::settings {

void take_policy_host_listen(SettingsBuilder& builder, const Place& place,
                             const std::vector<SourceText>& values);
void take_policy_domains(SettingsBuilder& builder, const Place& place,
                         const std::vector<SourceText>& values);
void take_policy_domain_files(SettingsBuilder& builder, const Place& place,
                              const std::vector<SourceText>& values);
void take_policy_mode(SettingsBuilder& builder, const SourceText& value);
void take_policy_mx(SettingsBuilder& builder, const Place& place,
                    const std::vector<SourceText>& values);
void take_policy_max_age(SettingsBuilder& builder, const SourceText& value);

// Fills settings.policy_host.policies, and .files and .directories with what was read for it. A
// domain has one policy; a policy has a domain, and at most
// protocol::kLongestPolicy_bytes.
void gather_policies(SettingsBuilder& builder);

}  // namespace mtasts::settings
