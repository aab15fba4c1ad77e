// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/listeners.h"

#include <utility>

#include "base/log.h"
#include "settings/endpoint.h"
#include "web/machine_names.h"

namespace mtasts::service {

Result<void> Listeners::start(const settings::Settings& settings, web::WebActions actions,
                              web::TelemetryHooks hooks) {
  site_ = std::make_unique<web::WebSite>(reports_, exposition_, std::move(actions), settings.probe);
  site_->check_hosts(&hosts_);
  use(settings);
  auto web = web_port_.start(settings.web, *site_);
  if (!web) return web.failure();
  web_ = std::move(*web);
  hooks.hosts = &hosts_;
  hooks.heartbeats.push_back({"web", [this] { return web_->heartbeat(); }});
  return start_telemetry(settings.telemetry, std::move(hooks));
}

Result<void> Listeners::start_telemetry(const settings::TelemetrySettings& settings,
                                        web::TelemetryHooks hooks) {
  if (settings.listen.empty()) return {};
  auto endpoint = settings::parse_endpoint(settings.listen);
  if (!endpoint) return endpoint.failure();
  auto telemetry = web::TelemetryServer::start(*endpoint, std::move(hooks));
  if (!telemetry) return telemetry.failure();
  telemetry_ = std::move(*telemetry);
  log(LogLevel::info, "telemetry listening", {{"address", telemetry_->endpoint().text()}});
  return {};
}

void Listeners::use(const settings::Settings& settings) {
  web_port_.use_prepared(settings.web, *site_);
  site_->set_probe_rule(settings.probe);
  site_->set_metrics(settings.metrics);
  site_->set_reload(settings.web.reload);
  site_->set_external_url(settings.web.external_url);
  hosts_.use(settings.web, web::machine_names());
}

void Listeners::feed_metrics(present::AgentMetrics& metrics) const {
  web_port_.feed_metrics(metrics);
  std::optional<present::WebLogins> facts;
  if (const auto logins = site_ == nullptr ? std::nullopt : site_->logins())
    facts = present::WebLogins{logins->accepted, logins->rejected, logins->throttled};
  metrics.set_web_logins(facts);
}

void Listeners::stop_web() {
  if (web_ != nullptr) web_->stop();
}

bool listeners_need_restart(const settings::Settings& before, const settings::Settings& after) {
  return before.web.listen != after.web.listen ||
         before.web.tls.enabled() != after.web.tls.enabled() ||
         before.telemetry.listen != after.telemetry.listen;
}

}  // namespace mtasts::service
