// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <string>

#include "base/shell_command.h"
#include "present/page.h"
#include "verdict/rollout.h"

namespace mtasts::present {
namespace {

using verdict::RolloutPhase;

std::string_view phase_text(RolloutPhase phase) {
  switch (phase) {
    case RolloutPhase::none:
      return "MTA-STS is not in use";
    case RolloutPhase::testing_day:
      return "Mode testing with a max_age below a week";
    case RolloutPhase::testing_week:
      return "Mode testing with a max_age of a week or more";
    case RolloutPhase::enforce_week:
      return "Mode enforce with a max_age below 30 days";
    case RolloutPhase::enforce_month:
      return "Mode enforce with a max_age of 30 days or more";
    case RolloutPhase::enforce_year:
      return "Mode enforce with a max_age of about a year";
  }
  return "";
}

std::string next_text(const verdict::Rollout& rollout) {
  if (!rollout.next) return "There is no further step.";
  const verdict::NextStep& next = *rollout.next;
  std::string text =
      fmt::format("The next step is {}{}", verdict::policy_text(next.mode, next.max_age_seconds),
                  next.optional ? ", which is optional" : "");
  if (rollout.ready) return text + ": nothing speaks against it.";
  if (next.earliest) return text + fmt::format(", from {} on.", date_text(*next.earliest));
  return text + ".";
}

std::string obstacles(const verdict::Rollout& rollout) {
  std::string list;
  for (const verdict::Obstacle& one : rollout.obstacles)
    list += fmt::format("<li{}>{} {}</li>", one.blocks ? "" : " class=\"dim\"", html_text(one.text),
                        html_text(one.action));
  return list.empty() ? list : "<ul>" + list + "</ul>\n";
}

std::string commands(const std::string& domain, const verdict::Rollout& rollout) {
  auto line = [&](CommandTemplate form) {
    const std::string text = shell_command(form, {{"domain", CommandValue::host(domain)}});
    return text.empty() ? text : text + "\n";
  };
  std::string text = line("mtasts-exporter plan enforce {domain}");
  if (rollout.phase == RolloutPhase::none)
    text = line("mtasts-exporter generate all {domain} --out mta-sts");
  else if (verdict::mode_of(rollout.phase) == protocol::Mode::enforce)
    text += line("mtasts-exporter plan rollback {domain}");
  return "<pre>" + html_lines(text, kLongestText) + "</pre>\n";
}

}  // namespace

std::string rollout_section(const std::string& domain, const verdict::Rollout& rollout) {
  std::string since = rollout.since == kNever || rollout.phase == RolloutPhase::none
                          ? ""
                          : fmt::format(" since {}", date_text(rollout.since));
  return fmt::format("<h2>Rollout</h2>\n<p>{}{}. {}</p>\n", phase_text(rollout.phase), since,
                     html_text(next_text(rollout))) +
         obstacles(rollout) + commands(domain, rollout);
}

}  // namespace mtasts::present
