// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Engine: the resolver, fetcher, prober, channel monitor, MX probe cache and checker of one
// settings generation, wired together. A reload builds a new engine; the old one lives until its
// last task has ended. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "async/loop_lag.h"
#include "async/task_group.h"
#include "base/check_metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "check/channel_monitor.h"
#include "check/check_runner.h"
#include "check/checker.h"
#include "check/engine_inputs.h"
#include "check/mx_probe_cache.h"
#include "net/dns/ares_resolver.h"
#include "settings/settings.h"

namespace mtasts::check {

class Engine : public CheckRunner {
 public:
  // Fails when a trust store cannot be read; the detail names the file. `metrics` must outlive the
  // engine. `lag`: whether standstills of the loop are measured, so that they excuse timeouts.
  static Result<std::shared_ptr<Engine>> create(boost::asio::any_io_executor executor,
                                                const settings::Settings& settings, Clock clock,
                                                CheckMetrics& metrics, bool lag = true);
  // The same with trust stores that were opened before, perhaps on another thread.
  static std::shared_ptr<Engine> create(boost::asio::any_io_executor executor,
                                        const settings::Settings& settings,
                                        const TrustStores& trust, Clock clock,
                                        CheckMetrics& metrics, bool lag = true);

  boost::asio::awaitable<void> observe(verdict::Evidence& evidence,
                                       std::chrono::milliseconds limit) override {
    return checker_->observe(evidence, limit);
  }
  boost::asio::awaitable<verdict::Evidence> check(DomainName domain,
                                                  std::chrono::milliseconds limit) {
    return checker_->check(std::move(domain), limit);
  }
  // Takes over what another engine knows as far as it is valid under `after`, what this engine was
  // made of; `before` is what the other one was made of. The other one is not changed.
  void inherit(const Engine& other, const EngineInputs& before, const EngineInputs& after);
  MxProbeCache& mx_probes() { return *mx_probes_; }
  ExtraProbes& extra_probes() { return checker_->extra_probes(); }
  const ChannelMonitor& channels() const { return *channels_; }
  async::TaskGroup& tasks() override { return tasks_; }

 private:
  explicit Engine(boost::asio::any_io_executor executor) : tasks_(std::move(executor)) {}

  async::TaskGroup tasks_;
  std::unique_ptr<async::LoopLag> lag_;
  std::unique_ptr<net::AresResolver> resolver_;
  std::unique_ptr<net::PolicyFetcher> fetcher_;
  std::unique_ptr<net::SmtpProber> prober_;
  std::unique_ptr<net::AuthorityProber> authorities_;
  std::unique_ptr<ChannelMonitor> channels_;
  std::unique_ptr<MxProbeCache> mx_probes_;
  std::unique_ptr<Checker> checker_;
};

}  // namespace mtasts::check
