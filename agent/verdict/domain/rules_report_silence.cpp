// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// rpt-reporter-silent: an organization that sent reports regularly has stopped. The report of a day
// comes on the next day, up to a day later (RFC 8460 §4.1, §5.5), so the two latest days say
// nothing. Senders that report only days with failures (mox) stop when all is well.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/printable.h"
#include "verdict/domain/report_rules.h"
#include "verdict/history/passes.h"

namespace mtasts::verdict {
namespace {

using reports::DayBits;
using reports::OrganizationSummary;
using std::chrono::days;

constexpr int kDaysUnderWay = 2;  // today and yesterday
constexpr int kSilentDays = 3;
constexpr int kWeek = 7;
constexpr int kRegularDays = 5;      // of the week before the silence
constexpr int kMostSilentDays = 28;  // then it is told no longer

// The index of the last day with a report, counted back from today; -1: none.
int last_report(const OrganizationSummary& one) {
  return one.days == 0 ? -1 : std::countr_zero(one.days);
}

DayBits week_before_silence(const OrganizationSummary& one, DayBits bits) {
  constexpr DayBits kWeekBits = (DayBits{1} << kWeek) - 1;
  return (bits >> last_report(one)) & kWeekBits;
}

bool is_regular(const OrganizationSummary& one) {
  return one.days != 0 && std::popcount(week_before_silence(one, one.days)) >= kRegularDays &&
         week_before_silence(one, one.days_without_failures) != 0;
}

bool is_silent(const OrganizationSummary& one) {
  int last = last_report(one);
  return last >= kDaysUnderWay + kSilentDays && last <= kMostSilentDays;
}

}  // namespace

void judge_silence(ReportScene& scene) {
  if (scene.history == nullptr) return;
  std::vector<std::string> silent;
  reports::Day last = reports::Day::min();
  bool every_day = true;
  bool anyone_reports = false;
  for (const OrganizationSummary& one : scene.summary.organizations) {
    int latest = last_report(one);
    if (latest < 0) continue;
    anyone_reports |= latest < kDaysUnderWay + kSilentDays;
    if (!is_regular(one) || !is_silent(one)) continue;
    silent.push_back(one.name);
    every_day &= std::popcount(week_before_silence(one, one.days)) == kWeek;
    last = std::max(last, scene.summary.to - days(latest));
  }
  if (silent.empty()) return;
  // A report that the agent could not take in is no silence: it must have run since the first
  // silent day, whose report would have come a day later.
  const auto first_silent = Time(scene.summary.to - days(kDaysUnderWay + kSilentDays - 1));
  Time now = scene.context.now;
  if (!passed_throughout(*scene.history, Stage::reports, "", first_silent, now)) return;
  // One organization that does not report every day may just have nothing to send, as on holidays.
  bool all = !anyone_reports && (silent.size() > 1 || every_day);
  FindingDetails details;
  details.severity = all ? Severity::warning : Severity::info;
  details.message =
      fmt::format("{} reported regularly until {} and {} sent nothing since{}",
                  organizations_text(silent, silent.size()), day_text(last),
                  silent.size() == 1 ? "has" : "have",
                  anyone_reports ? ", while others report" : "; no organization reports any more");
  if (anyone_reports)
    details.fix =
        "No action is needed unless this organization still sends mail: then ask it whether its "
        "reports were refused.";
  scene.context.add("rpt-reporter-silent", std::move(details));
}

}  // namespace mtasts::verdict
