// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "bench/history_bench.h"

#include <sys/resource.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

#include "state/state.h"
#include "verdict/history/history.h"
#include "verdict/report.h"

namespace mtasts::bench {
namespace {

using verdict::History;
using verdict::Report;

constexpr auto kWeek = std::chrono::hours(24 * 7);
constexpr size_t kDomainsOfAHost = 50;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

uint64_t size_of(const std::string& path) {
  uint64_t bytes = 0;
  for (const char* part : {"", "-wal"})
    if (std::filesystem::exists(path + part)) bytes += std::filesystem::file_size(path + part);
  return bytes;
}

protocol::PeerChainPtr chain_for(const std::string& host) {
  auto chain = std::make_shared<protocol::PeerChain>();
  chain->leaf.subject = "CN=" + host;
  chain->leaf.issuer = "CN=E7,O=Bench,C=US";
  chain->leaf.dns_names = {host};
  chain->leaf.fingerprint_sha256 = std::string(64 - std::min<size_t>(host.size(), 64), 'a') + host;
  chain->leaf.key_type = "EC P-256";
  chain->leaf.key_bits = 256;
  chain->presented_count = 2;
  chain->name_matches = true;
  return chain;
}

std::shared_ptr<const verdict::MxHostReport> facts_of(const std::string& host, Time now) {
  auto facts = std::make_shared<verdict::MxHostReport>();
  facts->host = host;
  facts->probed_at = now;
  verdict::MxAddressReport address;
  address.address = *IpAddress::parse("192.0.2.1");
  address.status = verdict::AddressStatus::ok;
  address.starttls = true;
  address.tls_version = "TLSv1.3";
  address.cipher = "TLS_AES_256_GCM_SHA384";
  address.chain = chain_for(host);
  facts->addresses = {address};
  return facts;
}

// The report of a check of a healthy domain.
std::shared_ptr<Report> seen(const std::string& domain, const std::string& host, Time now) {
  auto report = std::make_shared<Report>();
  report->domain = domain;
  report->checked_at = now;
  report->duration = std::chrono::milliseconds(120);
  report->outcome = verdict::Outcome::ok;
  report->stages.fill(verdict::StageResult::pass);
  report->record = {verdict::TxtStatus::found, {"v=STSv1; id=20260101;"}, "20260101"};
  report->policy.url = "https://mta-sts." + domain + "/.well-known/mta-sts.txt";
  report->policy.status = verdict::PolicyStatus::fetched;
  report->policy.http_status = 200;
  report->policy.body =
      "version: STSv1\r\nmode: enforce\r\nmx: " + host + "\r\nmax_age: 2592000\r\n";
  report->policy.valid = true;
  report->policy.mode = protocol::Mode::enforce;
  report->policy.max_age_seconds = 2592000;
  report->policy.mx = {host};
  report->policy.chain = chain_for("mta-sts." + domain);
  verdict::MxReport mx;
  mx.host = host;
  mx.covered = true;
  mx.pattern = host;
  report->mx = {mx};
  return report;
}

class Watch {
 public:
  Watch(const std::string& path, size_t domains) : histories_(domains) {
    state::State::Options options;
    options.path = path;
    options.clock = [this] { return now_; };
    auto state = state::State::open(std::move(options));
    if (!state) throw std::runtime_error(state.failure().detail);
    state_ = std::move(*state);
  }

  void round(std::chrono::milliseconds pause) {
    now_ += pause;
    std::shared_ptr<const verdict::MxHostReport> facts;
    for (size_t i = 0; i < histories_.size(); ++i) {
      std::string host = "mx" + std::to_string(i / kDomainsOfAHost) + ".example";
      if (i % kDomainsOfAHost == 0) facts = facts_of(host, now_);
      check("d" + std::to_string(i) + ".example", host, facts, histories_[i]);
      // The scheduler spreads its checks over time; here the writer sets the pace.
      if (state_->backlog() > 2000) state_->flush();
    }
    state_->flush();
    if (!state_->writable()) throw std::runtime_error("the state cannot be written");
  }

 private:
  void check(const std::string& domain, const std::string& host,
             const std::shared_ptr<const verdict::MxHostReport>& facts,
             verdict::HistoryPtr& history) {
    auto report = seen(domain, host, now_);
    report->mx[0].facts = facts;
    verdict::Observation sighting;
    sighting.at = now_;
    sighting.record = *report->record.id;
    auto policy = std::make_shared<verdict::PolicyFacts>();
    policy->digest = "the body of " + host;
    policy->mode = *report->policy.mode;
    policy->max_age_seconds = *report->policy.max_age_seconds;
    policy->mx = report->policy.mx;
    sighting.policy = policy;
    sighting.mx = report->policy.mx;
    sighting.certificate = report->policy.chain->leaf.fingerprint_sha256;
    History before = history == nullptr ? History() : *history;
    history = std::make_shared<const History>(
        advance(before, sighting, std::chrono::hours(24 * 400), report->changes));
    report->history = history;
    state_->remember(report, board::updated_results({}, *report));
  }

  Time now_ = system_now();
  std::vector<verdict::HistoryPtr> histories_;
  std::unique_ptr<state::State> state_;
};

}  // namespace

HistoryCost measure_history(const std::string& directory, size_t domains, size_t rounds) {
  const std::string path = directory + "/state.db";
  Watch watch(path, domains);
  HistoryCost cost;
  double start = cpu_seconds();
  watch.round(std::chrono::minutes(15));
  double first = cpu_seconds();
  cost.first_bytes = size_of(path);
  for (size_t i = 1; i < rounds; ++i)
    watch.round(std::chrono::duration_cast<std::chrono::milliseconds>(kWeek) / (rounds - 1));
  cost.last_bytes = size_of(path);
  auto checks = static_cast<double>(domains);
  cost.first_cpu_us = 1e6 * (first - start) / checks;
  cost.later_cpu_us = 1e6 * (cpu_seconds() - first) / checks / static_cast<double>(rounds - 1);
  return cost;
}

}  // namespace mtasts::bench
