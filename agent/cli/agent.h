// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Agent: the long-running process, put together. The loop thread runs checks and reloads; the web
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
#include "check/station.h"
#include "present/agent_metrics.h"
#include "present/telemetry_server.h"
#include "present/web_server.h"
#include "present/web_site.h"
#include "schedule/file_watch.h"
#include "schedule/scheduler.h"
#include "settings/settings.h"
#include "store/board.h"
#include "store/state.h"

namespace mtasts::cli {

class Agent {
 public:
  // Reads everything anew, command line included; called at start and at every reload.
  using Load = std::function<settings::LoadedSettings()>;

  Agent(Load load, const std::string& version);
  ~Agent();

  // Brings up station and listeners; the failure is one sentence. `settings` are without errors.
  Result<bool> start(const settings::Settings& settings);
  // Until SIGTERM or SIGINT; returns within 5 seconds of it, whatever hangs.
  void run();

 private:
  Result<bool> open_state(const settings::StateSettings& settings);
  // These domains from now on, with what is known of them from earlier runs.
  void set_domains(const std::vector<settings::DomainEntry>& domains);
  verdict::HistoryPtr recall(const std::string& domain) const;
  Result<bool> put_in_force(const settings::Settings& settings);
  Result<bool> listen(const settings::Settings& settings);
  present::WebActions web_actions();
  // Empty, or why the settings in force stay.
  std::vector<std::string> reload(std::string_view reason);
  void publish(const verdict::ReportPtr& report);
  void tick();
  void feed_metrics();
  void await_signal();
  void stop();
  void farewell(std::chrono::steady_clock::time_point latest);
  bool idle() const;

  Load load_;
  boost::asio::io_context loop_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer farewell_;
  std::atomic<std::chrono::steady_clock::time_point> last_turn_;
  std::atomic<bool> ready_{false};
  present::AgentMetrics metrics_;
  store::Board board_;
  std::unique_ptr<store::State> state_;
  schedule::Scheduler scheduler_;
  schedule::FileWatch watch_;
  std::optional<settings::Settings> in_force_;
  std::shared_ptr<check::Station> station_;
  std::vector<std::weak_ptr<check::Station>> retired_;  // their last checks may still run
  net::DnsCounters counted_;  // what of the station's DNS counters is in the metrics already
  int ticks_ = 0;
  bool stopping_ = false;
  std::unique_ptr<present::WebSite> site_;
  std::unique_ptr<present::WebServer> web_;
  std::unique_ptr<present::TelemetryServer> telemetry_;
};

}  // namespace mtasts::cli
