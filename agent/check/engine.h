// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Engine: all instruments of one settings generation, wired together: resolver, fetcher, prober,
// channels, MX mx_probes, checker. A reload builds a new one; the old one lives until its last task
// has ended. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "async/task_group.h"
#include "base/result.h"
#include "base/time.h"
#include "check/channel_monitor.h"
#include "check/checker.h"
#include "check/mx_probe_cache.h"
#include "net/dns/ares_resolver.h"
#include "settings/settings.h"

namespace mtasts::check {

class Engine {
 public:
  // `phase` is dns, policy or smtp.
  using Observer = std::function<void(std::string_view phase, double seconds)>;

  // Fails when a trust store cannot be read; the detail names the file.
  static Result<std::shared_ptr<Engine>> create(boost::asio::any_io_executor executor,
                                                const settings::Settings& settings, Clock clock,
                                                Observer observe);

  Checker& checker() { return *checker_; }
  MxProbeCache& mx_probes() { return *mx_probes_; }
  const ChannelMonitor& channels() const { return *channels_; }
  const net::DnsCounters& dns_counters() const { return resolver_->counters(); }
  // Tasks of checks, too: they keep the engine alive while they run.
  async::TaskGroup& tasks() { return tasks_; }

 private:
  explicit Engine(boost::asio::any_io_executor executor) : tasks_(std::move(executor)) {}

  async::TaskGroup tasks_;
  std::unique_ptr<net::AresResolver> resolver_;
  std::unique_ptr<net::PolicyFetcher> fetcher_;
  std::unique_ptr<net::SmtpProber> prober_;
  std::unique_ptr<ChannelMonitor> channels_;
  std::unique_ptr<MxProbeCache> mx_probes_;
  std::unique_ptr<Checker> checker_;
};

}  // namespace mtasts::check
