// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Service: the long-running process, put together. The loop thread runs checks and applies
// settings; the web server and the telemetry listener have threads of their own and see the board,
// the metrics and what is posted to the loop. Made, run and ended by one thread (the loop's).
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "board/latest_reports.h"
#include "check/engine.h"
#include "present/agent_metrics.h"
#include "present/exposition_cache.h"
#include "schedule/file_watch.h"
#include "schedule/scheduler.h"
#include "service/pipeline.h"
#include "service/settings_loader.h"
#include "settings/settings.h"
#include "state/state.h"
#include "web/telemetry_server.h"
#include "web/web_server.h"
#include "web/web_site.h"

namespace mtasts::service {

class Service {
 public:
  // `load` is called at every reload, on a thread of its own.
  explicit Service(Load load);
  ~Service();

  // Brings up state, listeners and engine; the failure is one sentence. `loaded` is without errors.
  Result<void> start(const settings::LoadedSettings& loaded);
  // Until SIGTERM, SIGINT or stop(); returns within 5 seconds of it, whatever hangs.
  void run();
  // Ends run() soon. Any thread.
  void request_stop();

  // Where the web port listens; for tests, which let the system choose it.
  const std::vector<settings::Endpoint>& web_endpoints() const { return web_->endpoints(); }

 private:
  enum class ReloadReason : uint8_t { request, signal, files_changed };
  // Called with why the active settings stay; empty: the new ones are active.
  using Reloaded = std::function<void(std::vector<std::string> errors)>;
  struct PendingReload {
    ReloadReason reason;
    Reloaded done;
  };

  Result<void> open_state(const settings::StateSettings& settings);
  Result<void> apply(const Candidate& candidate);
  void replace_engine(std::shared_ptr<check::Engine> engine, const settings::Settings& settings);
  void watch_files(const settings::Settings& settings);
  Result<void> listen(const settings::Settings& settings);
  web::WebActions web_actions();
  void reload(ReloadReason reason, Reloaded done);
  void start_next_reload();
  std::vector<std::string> finish_reload(ReloadReason reason, const Candidate& candidate);
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
  std::atomic<std::chrono::steady_clock::time_point> last_turn_;
  std::atomic<bool> ready_{false};
  board::LatestReports reports_;
  present::ExpositionCache exposition_;
  std::unique_ptr<state::State> state_;
  std::unique_ptr<Pipeline> pipeline_;
  schedule::Scheduler scheduler_;
  schedule::FileWatch watch_;
  std::optional<settings::Settings> active_;
  std::shared_ptr<check::Engine> engine_;
  std::vector<std::weak_ptr<check::Engine>> retired_;  // their last checks may still run
  std::vector<PendingReload> reloads_;                 // the first one is under way
  int ticks_ = 0;
  bool stopping_ = false;
  std::unique_ptr<SettingsLoader> loader_;
  std::unique_ptr<web::WebSite> site_;
  std::unique_ptr<web::WebServer> web_;
  std::unique_ptr<web::TelemetryServer> telemetry_;
};

}  // namespace mtasts::service
