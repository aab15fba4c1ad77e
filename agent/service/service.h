// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Service: the long-running process, put together. The loop thread runs checks and reloads; the web
// server and the telemetry listener have threads of their own and see the board, the metrics and
// what is posted to the loop. Made, run and ended by one thread (the loop's).
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "board/latest_reports.h"
#include "check/engine.h"
#include "present/agent_metrics.h"
#include "schedule/file_watch.h"
#include "schedule/scheduler.h"
#include "settings/settings.h"
#include "state/state.h"
#include "web/telemetry_server.h"
#include "web/web_server.h"
#include "web/web_site.h"

namespace mtasts::service {

class Service {
 public:
  // Reads everything anew, command line included; called at start and at every reload.
  using Load = std::function<settings::LoadedSettings()>;

  Service(Load load, const std::string& version);
  ~Service();

  // Brings up engine and listeners; the failure is one sentence. `settings` are without errors.
  Result<void> start(const settings::Settings& settings);
  // Until SIGTERM or SIGINT; returns within 5 seconds of it, whatever hangs.
  void run();

 private:
  Result<void> open_state(const settings::StateSettings& settings);
  // These domains from now on, with what is known of them from earlier runs.
  void set_domains(const std::vector<settings::DomainEntry>& domains);
  verdict::HistoryPtr recall(const std::string& domain) const;
  Result<void> apply(const settings::Settings& settings);
  Result<void> listen(const settings::Settings& settings);
  web::WebActions web_actions();
  // Empty, or why the settings in force stay.
  std::vector<std::string> reload(std::string_view reason);
  void publish(const verdict::ReportPtr& report);
  void tick();
  void feed_metrics();
  void await_signal();
  void stop();
  void finish(std::chrono::steady_clock::time_point latest);
  bool idle() const;

  Load load_;
  boost::asio::io_context loop_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer finish_timer_;
  std::atomic<std::chrono::steady_clock::time_point> last_turn_;
  std::atomic<bool> ready_{false};
  present::AgentMetrics metrics_;
  board::LatestReports reports_;
  std::unique_ptr<state::State> state_;
  schedule::Scheduler scheduler_;
  schedule::FileWatch watch_;
  std::optional<settings::Settings> active_;
  std::shared_ptr<check::Engine> engine_;
  std::vector<std::weak_ptr<check::Engine>> retired_;  // their last checks may still run
  net::DnsCounters counted_;  // what of the engine's DNS counters is in the metrics already
  int ticks_ = 0;
  bool stopping_ = false;
  std::unique_ptr<web::WebSite> site_;
  std::unique_ptr<web::WebServer> web_;
  std::unique_ptr<web::TelemetryServer> telemetry_;
};

}  // namespace mtasts::service
