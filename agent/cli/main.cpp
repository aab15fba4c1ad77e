// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Parses the command line and calls the subcommand; each has its own file.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>

#include "base/version.h"
#include "cli/check_command.h"
#include "cli/check_config.h"
#include "cli/exit_status.h"
#include "cli/explain.h"
#include "cli/generate_command.h"
#include "cli/history_command.h"
#include "cli/lint.h"
#include "cli/plan_command.h"
#include "cli/report_command.h"
#include "cli/reports_command.h"
#include "cli/serve.h"
#include "cli/submit_command.h"
#include "cli/word_option.h"

namespace mtasts::cli {
namespace {

struct Arguments {
  ServeOptions serve;
  CheckOptions check;
  PlanOptions plan;
  GenerateOptions generate;
  HistoryOptions history;
  ReportsOptions reports;
  ReportOptions report;
  SubmitOptions submit;
  LintKind lint_kind = LintKind::record;
  std::string lint_file = "-";
  LintOptions lint;
  std::optional<std::string> explain_code;
  bool explain_json = false;
  std::string config_file;
  int status = 0;
};

int lint(const Arguments& arguments) {
  if (arguments.lint_file == "-")
    return run_lint(arguments.lint_kind, std::cin, arguments.lint, std::cout);
  std::ifstream file(arguments.lint_file, std::ios::binary);
  if (!file) {
    std::cerr << "mtasts-exporter lint: cannot read " << arguments.lint_file << ": "
              << std::strerror(errno) << "\n";
    return kExitUsage;
  }
  return run_lint(arguments.lint_kind, file, arguments.lint, std::cout);
}

void add_online_commands(CLI::App& app, Arguments& arguments) {
  auto* serve = app.add_subcommand("serve", "Run the agent");
  serve->add_option("DOMAIN", arguments.serve.domains,
                    "Domains to check in addition to those in the settings");
  serve->add_option("--config", arguments.serve.config, "Settings file (TOML)");
  serve->add_option("--listen", arguments.serve.listen, "ADDRESS:PORT to listen on");
  serve->add_option("--web.config.file", arguments.serve.web_config_file,
                    "TLS and users of the web port, as for other exporters (YAML)");
  serve->callback([&] { arguments.status = run_serve(arguments.serve, std::cerr); });

  static const std::map<std::string, verdict::Severity> kSeverityNames = {
      {"critical", verdict::Severity::critical},
      {"warning", verdict::Severity::warning},
      {"info", verdict::Severity::info}};
  auto* check = app.add_subcommand("check", "Check domains now and report problems");
  check->add_option("DOMAIN", arguments.check.domains, "Mail domains")->required();
  check->add_option("--config", arguments.check.config, "Settings file (TOML)");
  check->add_flag("--json", arguments.check.json, "Print one JSON object per domain and line");
  check->add_option("--fail-on", arguments.check.fail_on, "critical, warning (default) or info")
      ->transform(one_of(kSeverityNames));
  check->add_flag("!--no-smtp", arguments.check.smtp, "Skip the SMTP probes");
  check->callback([&] { arguments.status = run_check(arguments.check, std::cout, std::cerr); });
}

void add_planning_commands(CLI::App& app, Arguments& arguments) {
  static const std::map<std::string, plan::PlanKind> kPlanNames = {
      {"rollback", plan::PlanKind::rollback},
      {"remove", plan::PlanKind::remove},
      {"mx-move", plan::PlanKind::mx_move},
      {"enforce", plan::PlanKind::enforce}};
  auto* plan = app.add_subcommand("plan", "Print the safe steps for a change, with dates");
  plan->add_option(
          "KIND", arguments.plan.kind,
          "enforce (the next step towards mode enforce), rollback (stop enforcement), remove "
          "(retire MTA-STS) or mx-move (replace the MX hosts)")
      ->required()
      ->transform(one_of(kPlanNames));
  plan->add_option("DOMAIN", arguments.plan.domain, "Mail domain")->required();
  plan->add_option("--to", arguments.plan.to, "New MX host for mx-move; can be repeated")
      ->allow_extra_args(false);
  plan->add_option("--config", arguments.plan.config, "Settings file (TOML)");
  plan->add_flag("--json", arguments.plan.json, "Print one JSON object");
  plan->callback([&] { arguments.status = run_plan(arguments.plan, std::cout, std::cerr); });

  auto* history = app.add_subcommand("history", "Show the recorded history of a domain");
  history->add_option("DOMAIN", arguments.history.domain, "Mail domain")->required();
  history->add_option("--config", arguments.history.config, "Settings file (TOML)");
  history->add_flag("--json", arguments.history.json, "Print one JSON object");
  history->add_option("--limit", arguments.history.limit, "Maximum number of changes to show (50)")
      ->check(CLI::Range(size_t{1}, state::kMostTimelineLines).description(""));
  history->callback(
      [&] { arguments.status = run_history(arguments.history, std::cout, std::cerr); });
}

// The options that all kinds of `generate` have, and what they do.
CLI::App* add_generate_kind(CLI::App& generate, Arguments& arguments, GenerateKind kind,
                            const char* name, const char* description) {
  static const std::map<std::string, protocol::Mode> kModeNames = {
      {"testing", protocol::Mode::testing},
      {"enforce", protocol::Mode::enforce},
      {"none", protocol::Mode::none}};
  GenerateOptions& options = arguments.generate;
  auto* command = generate.add_subcommand(name, description);
  command->add_option("DOMAIN", options.domain, "Mail domain")->required();
  command->add_option("--mode", options.mode, "testing (default), enforce or none")
      ->transform(one_of(kModeNames));
  command->add_option("--max-age", options.max_age,
                      "Seconds or a duration such as 7d (1d; 7d in mode enforce)");
  command->add_option("--mx", options.mx,
                      "MX patterns instead of those of the live MX hosts; needs no network");
  command->add_flag("--live", options.live, "With --mx: compare with the live MX hosts");
  command->add_option("--config", options.config, "Settings file (TOML)");
  command->add_flag("--json", options.json, "Print one JSON object");
  command->callback([&arguments, kind] {
    arguments.generate.kind = kind;
    arguments.status = run_generate(arguments.generate, std::cout, std::cerr);
  });
  return command;
}

void add_record_options(CLI::App& command, GenerateOptions& options) {
  command.add_option("--rua", options.rua,
                     "Where senders report to: mailto: or https: URIs (default: to be filled in)");
  command.add_option("--policy-host", options.policy_host,
                     "Name or addresses of the web server (default: to be filled in)");
}

void add_hosting_options(CLI::App& command, GenerateOptions& options) {
  static const std::map<std::string, publish::HostingTarget> kTargetNames = [] {
    std::map<std::string, publish::HostingTarget> names;
    for (publish::HostingTarget target : publish::kHostingTargets)
      names.emplace(name_of(target), target);
    return names;
  }();
  command
      .add_option("--for", options.targets,
                  "nginx, apache, caddy, cloudflare-worker, cloudflare-pages, github-pages, "
                  "azure-static-web-apps, kubernetes or agent")
      ->transform(one_of(kTargetNames));
  command.add_option("--out", options.out, "Directory to write the files into");
  command.add_flag("--force", options.force, "Overwrite files that have other content");
}

void add_generate_commands(CLI::App& app, Arguments& arguments) {
  auto* generate = app.add_subcommand(
      "generate", "Print what to publish for a domain: policy, DNS records, web server");
  generate->require_subcommand(1);
  add_generate_kind(*generate, arguments, GenerateKind::policy, "policy",
                    "Print the policy, exact octets, to redirect into mta-sts.txt");
  auto* records = add_generate_kind(*generate, arguments, GenerateKind::records, "records",
                                    "Print the DNS records as lines of a zone file");
  add_record_options(*records, arguments.generate);
  auto* hosting =
      add_generate_kind(*generate, arguments, GenerateKind::hosting, "hosting",
                        "Print the files by which a server or service serves the policy");
  add_hosting_options(*hosting, arguments.generate);
  hosting->get_option("--for")->required();
  auto* all = add_generate_kind(*generate, arguments, GenerateKind::all, "all",
                                "Write all of it into a directory, with a README of the order");
  add_record_options(*all, arguments.generate);
  add_hosting_options(*all, arguments.generate);
  all->get_option("--out")->required();
}

void add_report_commands(CLI::App& app, Arguments& arguments) {
  auto* reports = app.add_subcommand("reports", "Show the stored TLS reports about a domain");
  reports->add_option("DOMAIN", arguments.reports.domain, "Mail domain")->required();
  reports->add_option("--config", arguments.reports.config, "Settings file (TOML)");
  reports
      ->add_option("--days", arguments.reports.days,
                   "Days before today to show ([reports] window, 7)")
      ->check(CLI::Range(0, kMostReportDays).description(""));
  reports->add_flag("--json", arguments.reports.json, "Print one JSON object");
  reports->callback(
      [&] { arguments.status = run_reports(arguments.reports, std::cout, std::cerr); });

  auto* submit = app.add_subcommand("submit", "Hand a TLS report or a mail to a running agent");
  submit->add_option("FILE", arguments.submit.file, "File to submit, or - for standard input");
  submit->add_option("--url", arguments.submit.url,
                     "URL of the agent (default: [reports.https] in the settings)");
  submit->add_option("--token-file", arguments.submit.token_file,
                     "File with the agent's submit token");
  submit->add_option("--config", arguments.submit.config, "Settings file (TOML)");
  submit->callback([&] { arguments.status = run_submit(arguments.submit, std::cin, std::cerr); });
}

void add_offline_commands(CLI::App& app, Arguments& arguments) {
  static const std::map<std::string, LintKind> kKindNames = {{"record", LintKind::record},
                                                             {"policy", LintKind::policy},
                                                             {"tlsrpt", LintKind::tlsrpt},
                                                             {"report", LintKind::report}};
  auto* lint_command = app.add_subcommand("lint", "Check the syntax of a record, policy or report");
  lint_command->add_option("KIND", arguments.lint_kind, "record, policy, tlsrpt or report")
      ->required()
      ->transform(one_of(kKindNames));
  lint_command->add_option("FILE", arguments.lint_file, "File to read, or - for standard input");
  lint_command->add_flag("--json", arguments.lint.json, "Print JSON");
  lint_command->add_flag("--strict", arguments.lint.strict,
                         "Exit with 1 for advice as well, not only where senders differ");
  lint_command->callback([&] { arguments.status = lint(arguments); });

  auto* report = app.add_subcommand("report", "Read TLS reports of senders offline");
  report
      ->add_option("FILE", arguments.report.files,
                   "Reports (JSON, gzip), mails, mailbox files or folders; - for standard input")
      ->required();
  report->add_flag("--json", arguments.report.json, "Print one JSON object");
  report->callback(
      [&] { arguments.status = run_report(arguments.report, std::cin, std::cout, std::cerr); });

  auto* explain = app.add_subcommand("explain", "Explain what a finding means and how to fix it");
  explain->add_option("CODE", arguments.explain_code, "Code of the finding (default: all)");
  explain->add_flag("--json", arguments.explain_json, "Print JSON");
  explain->callback([&] {
    arguments.status =
        run_explain(arguments.explain_code, arguments.explain_json, std::cout, std::cerr);
  });

  auto* config = app.add_subcommand("check-config", "Check a settings file");
  config->add_option("FILE", arguments.config_file, "Settings file (TOML)")->required();
  config->callback(
      [&] { arguments.status = run_check_config(arguments.config_file, std::cout, std::cerr); });
}

int dispatch(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Checks MTA-STS and TLS-RPT of mail domains as a sending mail server does, and exports the "
      "results to Prometheus.",
      "mtasts-exporter");
  app.set_version_flag("--version", "mtasts-exporter " + std::string(kVersion));
  app.require_subcommand(1);
  add_online_commands(app, arguments);
  add_planning_commands(app, arguments);
  add_generate_commands(app, arguments);
  add_report_commands(app, arguments);
  add_offline_commands(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    bool asked = error.get_exit_code() == 0;  // --help, --version
    app.exit(error);
    return asked ? kExitOk : kExitUsage;
  }
  return arguments.status;
}

}  // namespace
}  // namespace mtasts::cli

int main(int argc, char** argv) {
  // For the whole process: a closed connection or pipe is an error of that write and must not
  // terminate the agent. OpenSSL and libcurl write to sockets without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return mtasts::cli::dispatch(argc, argv);
  } catch (const std::exception& broken) {
    std::cerr << "mtasts-exporter: internal error: " << broken.what() << "\n";
    return mtasts::cli::kExitInternal;
  }
}
