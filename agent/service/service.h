// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Service: assembles and runs the long-running process. The loop thread runs checks and applies
// what differs in new settings (settings_change.cpp); the web server and the telemetry listener run
// on their own threads and access only the latest reports, the metrics and work posted to the loop.
// Created, run and destroyed by one thread (the loop's).
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop_lag.h"
#include "base/result.h"
#include "board/latest_reports.h"
#include "check/engine.h"
#include "present/agent_metrics.h"
#include "present/exposition_cache.h"
#include "schedule/scheduler.h"
#include "service/listeners.h"
#include "service/loop_inbox.h"
#include "service/pipeline.h"
#include "service/policy_host_service.h"
#include "service/reloader.h"
#include "service/report_service.h"
#include "service/settings_loader.h"
#include "service/sliced_work.h"
#include "settings/settings.h"
#include "state/state.h"

namespace mtasts::service {

class Service {
 public:
  // `load` is called at every reload, on a separate thread.
  explicit Service(Load load);
  ~Service();

  // Starts state, listeners and engine; the failure is one sentence. `loaded` must have no errors.
  Result<void> start(const settings::LoadedSettings& loaded);
  // Runs until SIGTERM, SIGINT or stop(); returns within 5 seconds of it in any case.
  void run();
  // Makes run() return soon. Any thread.
  void request_stop();

  // The endpoints of the web port, of the one for TLS reports and of the policy host; for tests,
  // which let the system choose the port.
  const std::vector<settings::Endpoint>& web_endpoints() const {
    return listeners_.web_endpoints();
  }
  std::vector<settings::Endpoint> report_endpoints() const;
  std::vector<settings::Endpoint> policy_endpoints() const { return policy_host_.endpoints(); }
  // For tests that run the loop themselves, to measure its handlers.
  boost::asio::io_context& loop() { return loop_; }
  // How many engines were made, the first included; for tests. Any thread.
  int engines() const { return engines_; }

 private:
  Result<void> open_state(const settings::StateSettings& settings);
  web::WebActions web_actions();
  web::TelemetryHooks telemetry_hooks();
  Reloader::Hooks reload_hooks();

  Basis basis() const;
  void apply(const CandidatePtr& candidate, std::function<void(std::string)> done);
  Result<void> take_parts(Candidate& candidate);
  void replace_engine(std::shared_ptr<check::Engine> engine, const check::EngineInputs& made_of);
  void add_removals(SlicedWork& work, const CandidatePtr& candidate);
  void add_to_board(SlicedWork& work, const CandidatePtr& candidate);
  void add_to_schedule(SlicedWork& work, const CandidatePtr& candidate);
  void add_reported(SlicedWork& work, const CandidatePtr& candidate);
  void activate(const Candidate& candidate);
  void confirm(const Candidate& candidate);
  Result<void> apply_listeners(const settings::Settings& settings,
                               const check::HostedPoliciesPtr& hosted);
  Result<void> apply_reports(const settings::Settings& settings);
  Result<void> start_reports(const settings::Settings& settings);
  void forget_reported();

  void probe(const std::string& domain, std::chrono::milliseconds limit,
             std::function<void(Result<verdict::ReportPtr>)> done);
  void note_progress();
  void tick();
  void feed_metrics();
  void await_signal();
  void stop();
  void shut_down(std::chrono::steady_clock::time_point latest);
  bool is_idle() const;

  Load load_;
  present::AgentMetrics metrics_;  // outlives every check
  boost::asio::io_context loop_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer shutdown_timer_;
  async::LoopLag lag_;
  async::LoopLag::Watch lag_watch_;  // for as long as the service runs; ticks keep nothing waiting
  std::atomic<std::chrono::steady_clock::time_point> last_turn_;
  std::atomic<bool> ready_{false};
  board::LatestReports reports_;
  present::ExpositionCache exposition_;
  std::unique_ptr<state::State> state_;
  std::string state_path_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<ReportService> report_service_;  // null: [reports] is not enabled
  PolicyHostService policy_host_;
  schedule::Scheduler scheduler_;
  ActivePtr active_;  // null: not started
  std::shared_ptr<check::Engine> engine_;
  std::vector<std::weak_ptr<check::Engine>> retired_;  // may still run checks
  std::atomic<int> engines_{0};
  bool has_reported_ = false;  // the board says what TLS reports say
  int ticks_ = 0;
  bool stopping_ = false;
  LoopInbox inbox_;
  std::unique_ptr<SettingsLoader> loader_;
  std::unique_ptr<Reloader> reloader_;  // after the loader, so that it ends before it
  Listeners listeners_;
};

}  // namespace mtasts::service
