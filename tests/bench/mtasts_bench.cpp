// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// mtasts_bench: the parts of the benchmark (bench.py) that are written in C++.
//   servers --domains N --mx-hosts M --directory DIR
//     DNS, policy and MX servers of a world on loopback. Writes bundle.pem (the roots of the system
//     and of the world) and peers.tsv; prints "ready …" with its ports; answers each line on stdin
//     with its counts; ends at the end of stdin.
//   bare --domains N --mx-hosts M --ca-file FILE --https-port P --smtp-port P
//     The bare client over the same world; prints its CPU seconds.
//   history --domains N --rounds R --directory DIR
//     A state file to which N unchanged domains are written R times; prints its sizes and costs.
//   reports --domains N --directory DIR
//     A state file with the TLS reports of N domains over 90 days; prints its size and costs.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/bare_client.h"
#include "bench/bench_world.h"
#include "bench/history_bench.h"
#include "bench/report_store_bench.h"
#include "bench/tls_peers.h"
#include "fakes/certificate_factory.h"
#include "fakes/dns_server.h"

namespace mtasts::bench {
namespace {

constexpr const char* kSystemRoots = "/etc/ssl/certs/ca-certificates.crt";

using Options = std::map<std::string, std::string>;

Options options_of(int count, char** words) {
  Options options;
  for (int i = 2; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
  return options;
}

std::string text_option(const Options& options, const std::string& name) {
  auto found = options.find(name);
  if (found == options.end()) throw std::runtime_error("missing " + name);
  return found->second;
}

size_t number_option(const Options& options, const std::string& name) {
  return std::stoul(text_option(options, name));
}

World world_of(const Options& options) {
  return World(number_option(options, "--domains"), number_option(options, "--mx-hosts"));
}

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  return text.str();
}

void write_peers(const World& world, const std::string& path) {
  std::ofstream file(path);
  for (const Domain& domain : world.domains()) {
    file << domain.name << '\t' << domain.policy_host.name << '\t' << domain.policy_host.address;
    for (const Peer& host : domain.mx_hosts) file << '\t' << host.name << '\t' << host.address;
    file << '\n';
  }
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

int run_servers(const Options& options) {
  const World world = world_of(options);
  const std::string directory = text_option(options, "--directory");
  fakes::DnsServer dns;
  world.fill(dns);
  std::unordered_map<std::string, std::string> policies;
  for (const Domain& domain : world.domains())
    policies[domain.policy_host.name] = policy_text(domain);
  TlsPeers peers([&](std::string_view host) {
    auto found = policies.find(std::string(host));
    return found == policies.end() ? std::string() : found->second;
  });
  fakes::write_pem(directory, "bundle.pem", contents_of(kSystemRoots) + peers.root_pem());
  write_peers(world, directory + "/peers.tsv");
  fmt::print("ready dns={} https={} smtp={}\n", dns.port(), peers.https_port(), peers.smtp_port());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const TlsCounts counts = peers.counts();
    fmt::print("counts policies={} deliveries={} resumed={} dns={}\n", counts.policies,
               counts.deliveries, counts.resumed, dns.queries());
    std::fflush(stdout);
  }
  // The servers' threads block in accept and read; they leave nothing behind that needs cleanup.
  std::_Exit(EXIT_SUCCESS);
}

int run_bare(const Options& options) {
  BareClient client;
  client.ca_file = text_option(options, "--ca-file");
  client.https_port = static_cast<uint16_t>(number_option(options, "--https-port"));
  client.smtp_port = static_cast<uint16_t>(number_option(options, "--smtp-port"));
  fmt::print("cpu_seconds={:.6f}\n", client.spend(world_of(options), 1));
  return EXIT_SUCCESS;
}

int run_history(const Options& options) {
  HistoryCost cost =
      measure_history(text_option(options, "--directory"), number_option(options, "--domains"),
                      number_option(options, "--rounds"));
  fmt::print("first_bytes={} last_bytes={} first_cpu_us={:.2f} later_cpu_us={:.2f}\n",
             cost.first_bytes, cost.last_bytes, cost.first_cpu_us, cost.later_cpu_us);
  return EXIT_SUCCESS;
}

int run_reports(const Options& options) {
  ReportStoreCost cost = measure_report_store(text_option(options, "--directory"),
                                              number_option(options, "--domains"));
  fmt::print(
      "rows={} bytes={} add_cpu_us={:.2f} summary_ms={:.3f} full_summary_ms={:.3f} "
      "purge_step_ms={:.2f}\n",
      cost.rows, cost.bytes, cost.add_cpu_us, cost.summary_ms, cost.full_summary_ms,
      cost.purge_step_ms);
  return EXIT_SUCCESS;
}

int run(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const std::string_view command = count > 1 ? words[1] : "";
  if (command == "servers") return run_servers(options_of(count, words));
  if (command == "bare") return run_bare(options_of(count, words));
  if (command == "history") return run_history(options_of(count, words));
  if (command == "reports") return run_reports(options_of(count, words));
  fmt::print(stderr, "mtasts_bench: servers, bare, history or reports, see mtasts_bench.cpp\n");
  return 64;
}

}  // namespace
}  // namespace mtasts::bench

int main(int count, char** words) {
  try {
    return mtasts::bench::run(count, words);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "mtasts_bench: {}\n", failure.what());
    return EXIT_FAILURE;
  }
}
