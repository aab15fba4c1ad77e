// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What an agent with many healthy domains exports, for rules_bench.py:
//   mtasts_exposition --domains N --mx-hosts M --broken B --set full|lean [--exclude NAME,NAME…]
// Each domain has two of the MX hosts; the policy of B of the domains cannot be fetched. Judged,
// kept and written by the agent's own code; to standard output.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "board/latest_reports.h"
#include "present/agent_metrics.h"
#include "present/exposition.h"
#include "present/metrics_table.h"
#include "verdict/healthy_evidence.h"

namespace mtasts::bench {
namespace {

using Options = std::map<std::string, std::string>;

protocol::PeerChainPtr renewed(const protocol::PeerChainPtr& chain, Time now) {
  protocol::PeerChain fresh = *chain;
  const auto today = std::chrono::floor<std::chrono::seconds>(now);
  fresh.leaf.not_before = today - std::chrono::hours(24 * 30);
  fresh.leaf.not_after = fresh.chain_not_after = today + std::chrono::hours(24 * 60);
  return verdict::share(std::move(fresh));
}

// The verdicts on MX hosts, each made once for all domains, as in the cache of MX probes.
std::vector<verdict::HostVerdictPtr> judged_hosts(size_t count, Time now) {
  std::vector<verdict::HostVerdictPtr> verdicts;
  for (size_t i = 0; i < count; ++i) {
    const std::string address = fmt::format("192.175.{}.{}", i / 250 % 250, 1 + i % 250);
    auto host = verdict::good_host(fmt::format("mx{}.mail.example", i), {address});
    host.probed_at = now;
    for (auto& attempt : host.attempts) attempt.chain = renewed(attempt.chain, now);
    verdicts.push_back(verdict::judge_host(
        std::make_shared<const verdict::MxHostEvidence>(std::move(host)), {}, now));
  }
  return verdicts;
}

verdict::ReportPtr report_of(const std::string& domain, bool is_broken,
                             const std::vector<verdict::HostVerdictPtr>& hosts, Time now) {
  verdict::Scene scene;
  verdict::Evidence& evidence = scene.evidence;
  evidence.domain = verdict::domain_named(domain);
  evidence.started = now;
  evidence.finished = now + std::chrono::milliseconds(700);
  evidence.policy.host = "mta-sts." + domain;
  std::string lines;
  for (const verdict::HostVerdictPtr& host : hosts) {
    verdict::MxTarget target;
    target.host = host->facts->host;
    target.preference = 10;
    target.verdict = host;
    lines += "mx: " + target.host + "\r\n";
    evidence.mx_targets.push_back(std::move(target));
  }
  for (auto& attempt : evidence.policy.attempts) {
    auto chain = verdict::good_chain(evidence.policy.host);
    attempt.chain = renewed(verdict::share(std::move(chain)), now);
    attempt.body = "version: STSv1\r\nmode: enforce\r\n" + lines + "max_age: 2592000\r\n";
    if (is_broken) attempt.http_status = 404;
  }
  static const auto kEmpty = std::make_shared<const verdict::History>();
  return std::make_shared<const verdict::Report>(
      verdict::judge(evidence, kEmpty, {}, evidence.finished));
}

present::MetricSelection selection_of(const Options& options) {
  std::vector<std::string> excluded = present::metrics_outside(
      options.at("--set") == "lean" ? present::MetricSet::lean : present::MetricSet::full);
  if (auto found = options.find("--exclude"); found != options.end()) {
    std::string names = found->second + ",";
    for (size_t comma; (comma = names.find(',')) != std::string::npos;) {
      if (comma > 0) excluded.push_back(names.substr(0, comma));
      names.erase(0, comma + 1);
    }
  }
  return {std::move(excluded), {}};
}

std::string agent_text() {
  present::AgentMetrics metrics({"bench", "", ""});
  for (ChannelKind channel : enumerators<ChannelKind>()) metrics.set_channel_alive(channel, true);
  metrics.config_loaded(system_now(), "bench");
  metrics.set_shard(0, 1);
  metrics.set_state_writable(true);
  return metrics.text();
}

void run(const Options& options) {
  const size_t domains = std::stoul(options.at("--domains"));
  const size_t broken = std::stoul(options.at("--broken"));
  const Time now = system_now();
  const auto hosts = judged_hosts(std::stoul(options.at("--mx-hosts")), now);
  board::LatestReports reports;
  present::ExpositionCache cache;
  for (size_t i = 0; i < domains; ++i) {
    const std::string name = fmt::format("domain{}.example", i);
    cache.apply(reports.put_domain({verdict::domain_named(name), {}, std::nullopt}));
    const std::vector used = {hosts[2 * i % hosts.size()], hosts[(2 * i + 1) % hosts.size()]};
    if (auto update = reports.publish(report_of(name, i < broken, used, now))) cache.apply(*update);
  }
  const present::ExpositionOptions form{selection_of(options), {}};
  present::Exposition exposition(present::reformatted(agent_text(), form), cache.snapshot(), form);
  for (std::string piece; exposition.next(piece); piece.clear())
    if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size())
      throw std::runtime_error("cannot write");
}

}  // namespace
}  // namespace mtasts::bench

int main(int count, char** words) {
  mtasts::bench::Options options;
  for (int i = 1; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
  try {
    mtasts::bench::run(options);
    return EXIT_SUCCESS;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "mtasts_exposition: {}; see exposition.cpp for its options\n",
               failure.what());
    return EXIT_FAILURE;
  }
}
