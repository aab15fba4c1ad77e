// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What commands about one domain begin with: the name, the settings, the state file. Each function
// writes the reason of a failure to `err`, with the command's name in front ("mtasts-exporter
// history: "), and the caller ends with the exit status that is named there.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/domain_name.h"
#include "base/result.h"
#include "settings/settings.h"
#include "verdict/history/history.h"

namespace mtasts::cli {

// Empty: kExitUsage.
std::optional<DomainName> domain_argument(std::string_view command, const std::string& domain,
                                          std::ostream& err);
// The file, or without one the environment alone; errors in them have no command in front. Only
// errors are logged from then on. Empty: kExitConfiguration.
std::optional<settings::Settings> command_settings(const std::optional<std::string>& config,
                                                   std::ostream& err);
// False: the state is in memory, where no other process can read it; kExitUnavailable.
bool has_state_file(std::string_view command, const settings::Settings& settings,
                    std::ostream& err);
// What an agent with these settings, which has a state file, remembers of the domain; null:
// nothing. Fails where the file cannot be read, with kind not_found where there is none.
Result<verdict::HistoryPtr> recorded_history(const settings::Settings& settings,
                                             const DomainName& domain);
// Why the state file could not be read; kExitUnavailable.
void report_unreadable_state(std::string_view command, const Failure& failure, std::ostream& err);

}  // namespace mtasts::cli
