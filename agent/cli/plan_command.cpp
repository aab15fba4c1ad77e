// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/plan_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "base/domain_name.h"
#include "base/printable.h"
#include "cli/check_once.h"
#include "cli/command_input.h"
#include "cli/console_text.h"
#include "cli/exit_status.h"
#include "cli/plan_text.h"
#include "present/plan_json.h"
#include "report_store/report_reading.h"
#include "settings/settings.h"
#include "verdict/domain/mx_name.h"

namespace mtasts::cli {
namespace {

constexpr const char* kName = "mtasts-exporter plan: ";
// Each host may become a line of a policy of at most 64 KiB.
constexpr size_t kMostNewHosts = 64;

// The new MX hosts in the form used in a policy; empty, with a sentence on `err`, if one is
// invalid.
std::optional<std::vector<std::string>> new_hosts_of(const PlanOptions& options,
                                                     const DomainName& domain, std::ostream& err) {
  std::vector<std::string> hosts;
  if (!options.to.empty() && options.kind != plan::PlanKind::mx_move) {
    err << kName << "--to is only valid with mx-move\n";
    return std::nullopt;
  }
  if (options.to.size() > kMostNewHosts) {
    err << kName << fmt::format("at most {} new MX hosts are supported\n", kMostNewHosts);
    return std::nullopt;
  }
  for (const std::string& name : options.to) {
    auto host = DomainName::parse(name);
    if (!host || !protocol::is_mx_pattern(host->text())) {
      err << kName << "--to: "
          << (host ? fmt::format("\"{}\" is not a host name that a policy can list",
                                 printable(name, 80))
                   : host.failure().detail)
          << "\n";
      return std::nullopt;
    }
    verdict::MxName read = verdict::read_mx_name(host->text(), domain.text());
    if (verdict::is_wrong_name(read.slip)) {
      err << kName << "--to: " << verdict::correction_of(host->text(), read) << "\n";
      return std::nullopt;
    }
    if (std::find(hosts.begin(), hosts.end(), host->text()) == hosts.end())
      hosts.push_back(host->text());
  }
  return hosts;
}

verdict::HistoryPtr read_history(const settings::Settings& settings, const DomainName& domain,
                                 std::ostream& err) {
  if (settings.state.path == ":memory:") {
    err << kName << "the state is kept in memory only ([state] path), so there is no history\n";
    return nullptr;
  }
  auto history = recorded_history(settings, domain);
  if (!history) {
    err << kName << "no history: " << history.failure().detail << "\n";
    return nullptr;
  }
  if (*history != nullptr) return *history;
  err << kName << "nothing is recorded for " << domain.text() << ", so there is no history\n";
  return nullptr;
}

// Null: TLS reports are not taken in, or cannot be read.
reports::DomainSummaryPtr read_reported(const settings::Settings& settings,
                                        const DomainName& domain, Time now, std::ostream& err) {
  if (!settings.reports.enabled || settings.state.path == ":memory:") return nullptr;
  auto window = std::chrono::floor<std::chrono::days>(settings.reports.window);
  auto reading = report_store::read_report_listing(settings.state.path, domain.text(),
                                                   static_cast<int>(window.count()), 1, now);
  if (!reading) {
    err << kName << "no TLS reports: " << reading.failure().detail << "\n";
    return nullptr;
  }
  return std::make_shared<const reports::DomainSummary>(std::move(reading->summary));
}

}  // namespace

std::optional<plan::HostedSource> hosted_source(const settings::Settings& settings,
                                                const DomainName& domain) {
  if (settings.policy_host.listen.empty()) return std::nullopt;
  for (const settings::HostedPolicySettings& policy : settings.policy_host.policies) {
    plan::HostedSource source{policy.mode, policy.mx, policy.max_age_seconds, {}};
    for (const DomainName& name : policy.domains) source.domains.push_back(name.text());
    if (std::find(source.domains.begin(), source.domains.end(), domain.text()) !=
        source.domains.end())
      return source;
  }
  return std::nullopt;
}

int tell_plan(const PlanOptions& options, const verdict::Report& report, PlanSources sources,
              Time now, std::ostream& out, std::ostream& err) {
  plan::PlanInput input =
      plan::plan_input(report, std::move(sources.history), now, std::move(sources.reported));
  input.hosted = std::move(sources.hosted);
  if (!plan::can_plan(input) && !input.record_missing) {
    err << kName
        << fmt::format(
               "no policy of {} could be fetched and none is recorded, so no plan can be made; run "
               "`mtasts-exporter check {}` to see what is wrong\n",
               input.domain, input.domain);
    return kExitUnknown;
  }
  input.new_hosts = options.to;
  plan::Plan plan = plan::make_plan(options.kind, input);
  if (options.json)
    out << present::plan_json(plan) << "\n";
  else
    out << plan_text(plan, wants_colour(is_terminal(STDOUT_FILENO), colour_environment()),
                     terminal_width(STDOUT_FILENO));
  out.flush();
  return kExitOk;
}

int run_plan(const PlanOptions& options, std::ostream& out, std::ostream& err) {
  auto domain = domain_argument(kName, options.domain, err);
  if (!domain) return kExitUsage;
  auto new_hosts = new_hosts_of(options, *domain, err);
  if (!new_hosts) return kExitUsage;
  auto settings = command_settings(options.config, err);
  if (!settings) return kExitConfiguration;

  // The other plans follow from what is published; whether MX hosts could be reached over TLS
  // counts before enforcement alone.
  if (options.kind != plan::PlanKind::enforce) settings->smtp.enabled = false;
  auto report = check_once(*settings, *domain);
  if (!report) {
    err << kName << report.failure().detail << "\n";
    return report.failure().kind == FailureKind::cancelled ? kExitUnknown : kExitConfiguration;
  }
  PlanSources sources;
  sources.history = read_history(*settings, *domain, err);
  sources.reported = read_reported(*settings, *domain, system_now(), err);
  sources.hosted = hosted_source(*settings, *domain);
  PlanOptions checked = options;
  checked.to = *new_hosts;
  return tell_plan(checked, *report, std::move(sources), system_now(), out, err);
}

}  // namespace mtasts::cli
