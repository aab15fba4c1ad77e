// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Station: all instruments of one settings generation, wired together: resolver, fetcher, prober,
// liveness, MX desk, checker. A reload builds a new one; the old one lives until its last task has
// ended. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "check/checker.h"
#include "check/liveness.h"
#include "check/mx_desk.h"
#include "check/nursery.h"
#include "net/ares_resolver.h"
#include "settings/settings.h"

namespace mtasts::check {

class Station {
 public:
  // `phase` is dns, policy or smtp.
  using Observer = std::function<void(std::string_view phase, double seconds)>;

  // Fails when a trust store cannot be read; the detail names the file.
  static Result<std::shared_ptr<Station>> create(boost::asio::any_io_executor executor,
                                                 const settings::Settings& settings, Clock clock,
                                                 Observer observe);

  Checker& checker() { return *checker_; }
  MxDesk& desk() { return *desk_; }
  const Liveness& liveness() const { return *liveness_; }
  const net::DnsCounters& dns_counters() const { return resolver_->counters(); }
  // Tasks of checks, too: they keep the station alive while they run.
  Nursery& nursery() { return nursery_; }

 private:
  explicit Station(boost::asio::any_io_executor executor) : nursery_(std::move(executor)) {}

  Nursery nursery_;
  std::unique_ptr<net::AresResolver> resolver_;
  std::unique_ptr<net::PolicyFetcher> fetcher_;
  std::unique_ptr<net::SmtpProber> prober_;
  std::unique_ptr<Liveness> liveness_;
  std::unique_ptr<MxDesk> desk_;
  std::unique_ptr<Checker> checker_;
};

}  // namespace mtasts::check
