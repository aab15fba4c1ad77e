// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// tls_server_config of a web configuration file (web_config_file.h). Its names of versions, cipher
// suites and curves are those of Go. One thread.
#pragma once

#include "settings/web_settings.h"
#include "settings/yaml_tables.h"

namespace mtasts::settings {

void read_web_config_tls(WebTlsSettings& tls, YamlTables& yaml, const YamlNode& node);

}  // namespace mtasts::settings
