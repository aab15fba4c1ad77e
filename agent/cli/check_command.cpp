// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/check_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <map>
#include <ostream>

#include "check/engine.h"
#include "check/hosted_policies.h"
#include "check/thresholds.h"
#include "cli/console_text.h"
#include "cli/exit_status.h"
#include "cli/report_text.h"
#include "present/json.h"
#include "settings/settings.h"
#include "verdict/judge.h"

namespace mtasts::cli {
namespace {

namespace asio = boost::asio;

// More concurrent checks are hardly faster and look like a flood to a resolver.
constexpr size_t kMostAtOnce = 64;

// State of one run: a queue of domains and a slot for each report.
struct Run {
  std::shared_ptr<check::Engine> engine;
  std::vector<DomainName> domains;
  std::map<std::string, protocol::Mode> expected;
  verdict::Thresholds thresholds;
  check::HostedPoliciesPtr hosted;
  std::chrono::milliseconds timeout{0};
  std::vector<std::optional<verdict::Report>> reports;
  size_t next = 0;
  size_t finished = 0;
  std::function<void(size_t)> progress;
};

// Without history, as a first check of the domain.
verdict::Report judged(const Run& run, const verdict::Evidence& evidence) {
  verdict::Thresholds thresholds = run.thresholds;
  auto expected = run.expected.find(evidence.domain.text());
  if (expected != run.expected.end()) thresholds.expected_mode = expected->second;
  thresholds.hosted = check::hosted_policy_of(run.hosted, evidence.domain.text());
  return verdict::judge(evidence, nullptr, thresholds, evidence.finished);
}

asio::awaitable<void> work(Run& run) {
  while (run.next < run.domains.size()) {
    size_t mine = run.next++;
    DomainName domain = run.domains[mine];
    verdict::Evidence evidence = co_await run.engine->check(domain, run.timeout);
    run.reports[mine] = judged(run, evidence);
    ++run.finished;
    run.progress(run.finished);
  }
}

bool parse_domains(const std::vector<std::string>& names, std::vector<DomainName>& domains,
                   std::ostream& err) {
  bool good = true;
  for (const std::string& name : names) {
    auto domain = DomainName::parse(name);
    if (!domain) {
      err << "mtasts-exporter check: " << domain.failure().detail << "\n";
      good = false;
    } else if (std::find(domains.begin(), domains.end(), *domain) == domains.end()) {
      domains.push_back(*domain);
    }
  }
  return good;
}

std::function<void(size_t)> progress_on(std::ostream& err, size_t total) {
  if (total < 2 || !is_terminal(STDERR_FILENO)) return [](size_t) {};
  return [&err, total](size_t finished) {
    err << fmt::format("\rchecked {} of {}", finished, total)
        << (finished == total ? "\r\033[K" : "") << std::flush;
  };
}

}  // namespace

int exit_status_of(const verdict::Report& report, verdict::Severity fail_on) {
  auto counts = verdict::count_by_severity(report);
  auto has = [&](verdict::Severity severity) {
    return counts[static_cast<size_t>(severity)] > 0 && severity <= fail_on;
  };
  if (has(verdict::Severity::critical)) return kExitCritical;
  if (has(verdict::Severity::warning) || has(verdict::Severity::info)) return kExitWarning;
  return verdict::is_conclusive(report) ? kExitOk : kExitUnknown;
}

int worst_exit_status(const std::vector<int>& statuses) {
  for (int status : {kExitCritical, kExitWarning, kExitUnknown})
    if (std::find(statuses.begin(), statuses.end(), status) != statuses.end()) return status;
  return kExitOk;
}

int run_check(const CheckOptions& options, std::ostream& out, std::ostream& err) {
  asio::io_context loop(1);  // outlives everything that runs on it
  Run run;
  if (!parse_domains(options.domains, run.domains, err)) return kExitUsage;
  settings::LoadedSettings loaded =
      settings::load_settings(options.config.value_or(""), settings::process_environment());
  for (const auto& error : loaded.errors) err << error.text() << "\n";
  if (!loaded.ok()) return kExitConfiguration;
  settings::Settings& settings = loaded.settings;
  settings.smtp.enabled = settings.smtp.enabled && options.smtp;
  configure_log(LogLevel::error, settings.log.format);
  for (const auto& entry : settings.domains)
    if (entry.expected_mode) run.expected[entry.name.text()] = *entry.expected_mode;

  auto engine = check::Engine::create(loop.get_executor(), settings, system_now, no_metrics());
  if (!engine) {
    err << "mtasts-exporter check: " << engine.failure().detail << "\n";
    return kExitConfiguration;
  }
  run.engine = *engine;
  run.thresholds = check::thresholds_of(settings);
  run.hosted = check::hosted_policies_of(settings.policy_host, kNever);
  run.timeout = settings.check.timeout;
  run.reports.resize(run.domains.size());
  run.progress = progress_on(err, run.domains.size());
  size_t workers =
      std::min({kMostAtOnce, static_cast<size_t>(settings.check.concurrency), run.domains.size()});
  for (size_t i = 0; i < workers; ++i) run.engine->tasks().spawn(work(run));
  while (run.finished < run.domains.size() && loop.run_one() > 0) {
  }
  // Probes that outlive their check's deadline are no longer needed.
  run.engine->tasks().cancel_all();
  loop.run_for(std::chrono::seconds(1));

  bool colour = wants_colour(is_terminal(STDOUT_FILENO), colour_environment());
  size_t width = terminal_width(STDOUT_FILENO);
  std::vector<int> statuses;
  for (size_t i = 0; i < run.reports.size(); ++i) {
    if (!run.reports[i]) {
      err << "mtasts-exporter check: " << run.domains[i].text() << ": the check did not finish\n";
      statuses.push_back(kExitUnknown);
      continue;
    }
    const verdict::Report& report = *run.reports[i];
    if (options.json)
      out << present::report_json(report) << "\n";
    else
      out << (i > 0 ? "\n" : "") << report_text(report, colour, width);
    statuses.push_back(exit_status_of(report, options.fail_on));
  }
  out.flush();
  return worst_exit_status(statuses);
}

}  // namespace mtasts::cli
