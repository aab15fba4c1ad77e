// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/plan_text.h"

#include <fmt/format.h>

#include "base/domain_name.h"
#include "base/printable.h"
#include "cli/console_text.h"

namespace mtasts::cli {
namespace {

using plan::Plan;
using plan::PlanStep;

constexpr size_t kStepIndent = 5;
constexpr size_t kLabelColumn = 8;  // "until" or "check" and blanks
constexpr size_t kBlockIndent = kStepIndent + kLabelColumn;

std::string paragraph(std::string_view text, size_t indent, size_t width) {
  Wrap wrap;
  wrap.width = width;
  wrap.first_indent = wrap.indent = indent;
  return wrapped(text, wrap);
}

std::string labelled(std::string_view label, std::string_view text, size_t width, bool colour) {
  return fmt::format("{:{}}{}{}\n", "", kStepIndent,
                     styled(padded(label, kLabelColumn), Style::dim, colour),
                     paragraph(text, kBlockIndent, width));
}

std::string block(std::string_view text) {
  std::string shown = "\n";
  while (!text.empty()) {
    size_t end = text.find("\r\n");
    shown += fmt::format("{:{}}{}\n", "", kBlockIndent, printable(text.substr(0, end), 512));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return shown + "\n";
}

std::string step_text(const PlanStep& step, size_t number, bool colour, size_t width) {
  std::string text =
      fmt::format("\n{}  {}\n", styled(fmt::format("{:>3}", number), Style::bold, colour),
                  paragraph(step.action, kStepIndent, width));
  if (step.wait_until)
    text += labelled("until", styled(minute_text(*step.wait_until), Style::yellow, colour), width,
                     colour);
  text += labelled("why", step.why, width, colour);
  if (!step.policy.empty()) text += block(step.policy);
  if (!step.settings.empty()) {
    std::string lines;
    for (const std::string& line : step.settings) lines += line + "\r\n";
    text += block(lines);
  }
  // As a line of a zone file, which DNS editors split into its fields. The string of a TXT record
  // may hold 255 octets; this one has fewer than 50.
  if (step.record)
    text += block(fmt::format("{}. IN TXT \"{}\"", step.record->name, step.record->value))
                .substr(step.policy.empty() && step.settings.empty() ? 0 : 1);
  if (!step.verify.empty())
    text += fmt::format("{:{}}{}{}\n", "", kStepIndent,
                        styled(padded("check", kLabelColumn), Style::dim, colour), step.verify);
  return text;
}

std::string heading(std::string_view text, bool colour) {
  return "\n  " + styled(std::string(text), Style::bold, colour) + "\n";
}

std::string item(std::string_view text, size_t width) {
  return "  - " + paragraph(text, 4, width) + "\n";
}

std::string obstacles_text(const verdict::Rollout& rollout, bool colour, size_t width) {
  std::string text;
  for (bool blocks : {true, false}) {
    std::string items;
    for (const verdict::Obstacle& one : rollout.obstacles)
      if (one.blocks == blocks)
        items +=
            item(fmt::format("{}{} {}", one.text, one.text.ends_with('.') ? "" : ".", one.action),
                 width);
    if (items.empty()) continue;
    text += heading(blocks ? "What speaks against the next step" : "Worth knowing", colour) + items;
  }
  return text;
}

std::string outline_text(const Plan& plan, bool colour, size_t width) {
  if (plan.outline.empty()) return {};
  std::string text = heading("The phases from here on, at the earliest", colour);
  for (const plan::PlannedPhase& one : plan.outline)
    text += item(fmt::format("{}: {}, {}{}", date_text(one.earliest), name_of(one.phase),
                             verdict::policy_text(one.mode, one.max_age_seconds),
                             one.optional ? " (optional)" : ""),
                 width);
  return text;
}

std::string senders_text(const Plan& plan, bool colour, size_t width) {
  if (plan.senders.empty()) return {};
  std::string text = heading("How long senders take", colour);
  for (const std::string& sentence : plan.senders) text += item(sentence, width);
  return text;
}

std::string closing_text(const Plan& plan, bool colour, size_t width) {
  std::string text;
  bool has_policy = false;
  for (const PlanStep& step : plan.steps) has_policy |= !step.policy.empty();
  if (plan.placeholder)
    text += "\n  " +
            paragraph(styled(fmt::format("{} is a placeholder: replace it with the name of the new "
                                         "MX host, or specify the name with --to.",
                                         plan::kNewHostPlaceholder),
                             Style::yellow, colour),
                      2, width) +
            "\n";
  if (plan.steps.empty()) return text;
  std::string note =
      "The dates assume that you start now: if a step is done later, all later dates move with it.";
  if (has_policy)
    note += " Policy lines end in CRLF and are not indented; use --json for the exact bytes.";
  return text + "\n  " + paragraph(note, 2, width) + "\n";
}

}  // namespace

std::string minute_text(Time time) {
  std::string text = rfc3339(time);  // 2026-12-02T10:15:00Z
  return fmt::format("{} {} UTC", text.substr(0, 10), text.substr(11, 5));
}

std::string shown_domain(const std::string& domain) {
  auto name = DomainName::parse(domain);
  if (!name || name->display() == domain) return printable(domain, 253);
  return fmt::format("{} ({})", name->display(), domain);
}

std::string held_list(const std::vector<verdict::HeldPolicy>& held, bool colour, size_t width) {
  if (held.empty()) return {};
  std::string text =
      "\n  " + styled("Policies that senders may still hold", Style::bold, colour) + "\n";
  for (const verdict::HeldPolicy& one : held) {
    std::string line =
        fmt::format("{}, until {}{}", held_text(one), minute_text(one.until), held_patterns(one));
    text += "  - " + paragraph(line, 4, width) + "\n";
  }
  return text;
}

std::string plan_text(const Plan& plan, bool colour, size_t width) {
  std::string title = fmt::format("{}: plan {}", shown_domain(plan.domain), name_of(plan.kind));
  std::string text =
      fmt::format("{}  ({})\n", styled(title, Style::bold, colour), minute_text(plan.at));
  text += "  " + paragraph(plan.summary, 2, width) + "\n";
  text += "  " + styled(paragraph(plan.assumption, 2, width), Style::dim, colour) + "\n";
  text += held_list(plan.held, colour, width);
  if (plan.rollout) text += obstacles_text(*plan.rollout, colour, width);
  for (size_t i = 0; i < plan.steps.size(); ++i)
    text += step_text(plan.steps[i], i + 1, colour, width);
  text += senders_text(plan, colour, width) + outline_text(plan, colour, width);
  return text + closing_text(plan, colour, width);
}

}  // namespace mtasts::cli
