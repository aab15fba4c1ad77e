// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/serve.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <ostream>

#include "cli/exit_status.h"
#include "service/service.h"
#include "settings/endpoint.h"

namespace mtasts::cli {
namespace {

constexpr const char* kCommandLine = "command line";

// Each check holds several sockets; the soft limit is often 1024, the hard limit far higher.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Adds the domains of the command line to those of the file; listen addresses of the command line
// replace those of the file.
void apply(const ServeOptions& options, settings::LoadedSettings& loaded) {
  auto complain = [&](std::string message) {
    loaded.errors.push_back({kCommandLine, 0, 0, std::move(message)});
  };
  auto& domains = loaded.settings.domains;
  for (const std::string& text : options.domains) {
    auto name = DomainName::parse(text);
    if (!name) {
      complain(name.failure().detail);
      continue;
    }
    bool known = std::any_of(domains.begin(), domains.end(),
                             [&](const auto& entry) { return entry.name == *name; });
    if (!known) domains.push_back({*name, {}, std::nullopt});
  }
  std::sort(domains.begin(), domains.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  if (!options.listen.empty()) loaded.settings.web.listen.clear();
  for (const std::string& text : options.listen) {
    auto endpoint = settings::parse_endpoint(text);
    if (endpoint)
      loaded.settings.web.listen.push_back(*endpoint);
    else
      complain("--listen " + endpoint.failure().detail);
  }
}

settings::LoadedSettings load(const ServeOptions& options) {
  auto loaded = settings::load_settings(options.config.value_or(""),
                                        settings::process_environment(), options.web_config_file);
  apply(options, loaded);
  if (loaded.ok() && loaded.settings.domains.empty())
    loaded.errors.push_back({options.config.value_or(kCommandLine), 0, 0,
                             "there is no domain to check; list one in domains, in a file of "
                             "domain_files or on the command line"});
  return loaded;
}

}  // namespace

int run_serve(const ServeOptions& options, std::ostream& err) {
  settings::LoadedSettings loaded = load(options);
  for (const auto& error : loaded.errors) err << error.text() << "\n";
  bool usage = std::all_of(loaded.errors.begin(), loaded.errors.end(),
                           [](const auto& error) { return error.file == kCommandLine; });
  if (!loaded.ok()) return usage ? kExitUsage : kExitConfiguration;
  raise_descriptor_limit();
  configure_log(loaded.settings.log.level, loaded.settings.log.format);
  service::Service service([options] { return load(options); });
  auto started = service.start(loaded);
  if (!started) {
    err << "mtasts-exporter: " << started.failure().detail << "\n";
    // A supervisor starts it again: what is in the way may go, or what is missing come.
    return started.failure().kind == FailureKind::not_yet ? kExitTryAgain : kExitConfiguration;
  }
  service.run();
  return kExitOk;
}

}  // namespace mtasts::cli
