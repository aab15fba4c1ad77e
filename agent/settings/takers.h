// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Takers: what a text or list setting must look like, key by key; rows of the key table point here.
// Each stores what is right and complains of the rest, with the mend. One thread.
#pragma once

#include <vector>

#include "settings/draft.h"

namespace mtasts::settings {

void take_domains(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_domain_files(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_domain_name(Draft& draft, const Written& value);
void take_expected_mode(Draft& draft, const Written& value);
void take_dns_servers(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_ehlo_name(Draft& draft, const Written& value);
void take_canary_dns(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_canary_https(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_canary_smtp(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_families(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_state_path(Draft& draft, const Written& value);
void take_web_listen(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_external_url(Draft& draft, const Written& value);
void take_telemetry_listen(Draft& draft, const Written& value);
void take_probe_allow(Draft& draft, const Place& place, const std::vector<Written>& values);
void take_log_level(Draft& draft, const Written& value);
void take_log_format(Draft& draft, const Written& value);

}  // namespace mtasts::settings
