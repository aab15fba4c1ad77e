// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/history_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "base/domain_name.h"
#include "base/printable.h"
#include "cli/command_input.h"
#include "cli/console_text.h"
#include "cli/exit_status.h"
#include "cli/plan_text.h"
#include "present/history_json.h"
#include "settings/settings.h"

namespace mtasts::cli {
namespace {

constexpr const char* kName = "mtasts-exporter history: ";
constexpr size_t kShownValue = 400;  // maximum octets shown of an old or new value

std::string_view words_of(std::string_view what) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"record_id", "record id"},
      {"policy_mode", "policy mode"},
      {"policy_max_age", "policy max_age"},
      {"policy_mx", "policy mx lines"},
      {"policy_body", "policy text"},
      {"mx_set", "MX hosts"},
      {"mx_coverage", "MX coverage"},
      {"mx_provider", "MX provider"},
      {"policy_certificate", "policy host certificate"},
      {"mx_certificate", "MX certificate"},
      {"certificate_issuer", "certificate issuer"}};
  for (const auto& [name, words] : kWords)
    if (name == what) return words;
  return what;
}

std::string counted(uint64_t count, std::string_view thing) {
  return fmt::format("{} change{} of the {}", count, count == 1 ? "" : "s", thing);
}

std::string change_text(const verdict::Change& change, bool colour, size_t width) {
  constexpr size_t kIndent = 4;
  std::string head(words_of(change.what));
  if (!change.subject.empty()) head += " of " + change.subject;
  Wrap wrap;
  wrap.width = width;
  wrap.first_indent = wrap.indent = kIndent + 2;
  std::string values = fmt::format("{} → {}", printable(change.from, kShownValue),
                                   printable(change.to, kShownValue));
  return fmt::format("  {}  {}\n{:{}}{}\n", styled(minute_text(change.at), Style::dim, colour),
                     styled(printable(head, kShownValue), Style::bold, colour), "", kIndent + 2,
                     wrapped(values, wrap));
}

std::string timeline_text(const state::Timeline& timeline, bool colour, size_t width) {
  if (timeline.changes.empty()) return "\n  No changes recorded.\n";
  std::string text = "\n  " + styled("Changes, newest first", Style::bold, colour) + "\n";
  for (const verdict::Change& change : timeline.changes) text += change_text(change, colour, width);
  if (timeline.cut) text += "  Older changes are not shown; use --limit to show more.\n";
  return text;
}

int print_history(const HistoryOptions& options, const DomainName& domain,
                  state::StateReading reading, std::ostream& out, std::ostream& err) {
  const verdict::History* history =
      reading.remembered.empty() ? nullptr : reading.remembered.front().report->history.get();
  state::Timeline& timeline = reading.timeline;
  if (history == nullptr && timeline.changes.empty()) {
    err << kName << "no history of " << domain.text()
        << "; the agent records the configured domains from their first check\n";
    return kExitUnavailable;
  }
  if (timeline.changes.size() > options.limit) {
    timeline.changes.resize(options.limit);
    timeline.cut = true;
  }
  Time now = system_now();
  if (options.json)
    out << present::history_json(domain.text(), timeline, history, now) << "\n";
  else
    out << history_text(domain.text(), timeline, history, now,
                        wants_colour(is_terminal(STDOUT_FILENO), colour_environment()),
                        terminal_width(STDOUT_FILENO));
  out.flush();
  return kExitOk;
}

}  // namespace

std::string history_text(const std::string& domain, const state::Timeline& timeline,
                         const verdict::History* history, Time now, bool colour, size_t width) {
  std::string text = styled(shown_domain(domain), Style::bold, colour) + ": ";
  if (history == nullptr) {
    text += "only the list of changes remains\n";
  } else {
    Wrap wrap;
    wrap.width = width;
    wrap.first_indent = wrap.indent = 2;
    std::string counts = fmt::format("{}, {}, {}.", counted(history->record.changes, "record"),
                                     counted(history->policy.changes, "policy"),
                                     counted(history->mx.changes, "MX hosts"));
    text += fmt::format("recorded since {}\n  {}\n", minute_text(history->began),
                        wrapped(counts, wrap));
    std::string held = held_list(held_policies(*history, now), colour, width);
    text += held.empty() ? "  No sender can hold a policy other than the one last served.\n" : held;
  }
  return text + timeline_text(timeline, colour, width);
}

int run_history(const HistoryOptions& options, std::ostream& out, std::ostream& err) {
  auto domain = domain_argument(kName, options.domain, err);
  if (!domain) return kExitUsage;
  auto settings = command_settings(options.config, err);
  if (!settings) return kExitConfiguration;
  if (!has_state_file(kName, *settings, err)) return kExitUnavailable;
  auto reading = state::read_state(settings->state.path, domain->text());
  if (reading) return print_history(options, *domain, std::move(*reading), out, err);
  report_unreadable_state(kName, reading.failure(), err);
  return kExitUnavailable;
}

}  // namespace mtasts::cli
