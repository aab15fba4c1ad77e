// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/check_config.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/exit_status.h"
#include "settings/settings.h"

namespace mtasts::cli {

int run_check_config(const std::filesystem::path& file, std::ostream& out, std::ostream& err) {
  auto loaded = settings::load_settings(file, settings::process_environment());
  for (const settings::SettingsError& error : loaded.errors) err << error.text() << '\n';
  if (!loaded.ok()) return kExitConfiguration;
  size_t count = loaded.settings.domains.size();
  size_t hosted = 0;
  for (const settings::HostedPolicySettings& policy : loaded.settings.policy_host.policies)
    hosted += policy.domains.size();
  out << fmt::format("{}: ok, {} domain{}", file.string(), count, count == 1 ? "" : "s");
  if (hosted > 0)
    out << fmt::format(", policies served for {} domain{}", hosted, hosted == 1 ? "" : "s");
  out << '\n';
  return kExitOk;
}

}  // namespace mtasts::cli
