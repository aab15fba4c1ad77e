// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/command_input.h"

#include <ostream>

#include "base/log.h"
#include "state/state.h"

namespace mtasts::cli {

std::optional<DomainName> domain_argument(std::string_view command, const std::string& domain,
                                          std::ostream& err) {
  auto name = DomainName::parse(domain);
  if (name) return *name;
  err << command << name.failure().detail << "\n";
  return std::nullopt;
}

std::optional<settings::Settings> command_settings(const std::optional<std::string>& config,
                                                   std::ostream& err) {
  settings::LoadedSettings loaded =
      settings::load_settings(config.value_or(""), settings::process_environment());
  for (const auto& error : loaded.errors) err << error.text() << "\n";
  if (!loaded.ok()) return std::nullopt;
  configure_log(LogLevel::error, loaded.settings.log.format);
  return std::move(loaded.settings);
}

bool has_state_file(std::string_view command, const settings::Settings& settings,
                    std::ostream& err) {
  if (settings.state.path != ":memory:") return true;
  err << command << "the state is kept in memory only; set [state] path to a file\n";
  return false;
}

Result<verdict::HistoryPtr> recorded_history(const settings::Settings& settings,
                                             const DomainName& domain) {
  auto reading = state::read_state(settings.state.path, domain.text());
  if (!reading) return reading.failure();
  for (const state::Remembered& remembered : reading->remembered)
    if (remembered.report->history != nullptr) return remembered.report->history;
  return verdict::HistoryPtr();
}

void report_unreadable_state(std::string_view command, const Failure& failure, std::ostream& err) {
  err << command << failure.detail;
  if (failure.kind == FailureKind::not_found) err << "; run `mtasts-exporter serve` first";
  err << "\n";
}

}  // namespace mtasts::cli
