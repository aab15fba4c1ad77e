// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Listeners: the web port with its site, and the telemetry port. Both have loops and threads of
// their own and reach the rest only through what they are given. Thread: start(), use() and stop()
// from one.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "board/latest_reports.h"
#include "present/exposition_cache.h"
#include "service/web_port.h"
#include "settings/settings.h"
#include "web/host_rule.h"
#include "web/telemetry_server.h"
#include "web/web_server.h"
#include "web/web_site.h"

namespace mtasts::service {

class Listeners {
 public:
  // Both must outlive the listeners, as must what actions and hooks use.
  Listeners(const board::LatestReports& reports, const present::ExpositionCache& exposition)
      : reports_(reports), exposition_(exposition) {}
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // The failure is one sentence. `hooks` come without the heartbeat of the web port.
  Result<void> start(const settings::Settings& settings, web::WebActions actions,
                     web::TelemetryHooks hooks);
  // Reads the files of new settings; the failure is one sentence. Changes nothing yet.
  Result<void> prepare(const settings::WebSettings& settings) {
    return web_port_.prepare(settings);
  }
  // What takes effect without a restart, and what prepare() read.
  void use(const settings::Settings& settings);

  void feed_metrics(present::AgentMetrics& metrics) const;

  // No request of the web port, or of the telemetry port, is in progress afterwards. May be called
  // again, and without start().
  void stop_web();
  void stop_telemetry() { telemetry_.reset(); }

  // Only after start().
  const std::vector<settings::Endpoint>& web_endpoints() const { return web_->endpoints(); }

 private:
  Result<void> start_telemetry(const settings::TelemetrySettings& settings,
                               web::TelemetryHooks hooks);

  const board::LatestReports& reports_;
  const present::ExpositionCache& exposition_;
  web::HostRule hosts_;  // of both ports
  WebPort web_port_;
  std::unique_ptr<web::WebSite> site_;
  std::unique_ptr<web::WebServer> web_;
  std::unique_ptr<web::TelemetryServer> telemetry_;  // null: disabled
};

// True for changes of listeners that take effect only after a restart.
bool listeners_need_restart(const settings::Settings& before, const settings::Settings& after);

}  // namespace mtasts::service
