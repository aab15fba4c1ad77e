// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/web_port.h"

#include <utility>

#include "base/log.h"

namespace mtasts::service {
namespace {

constexpr std::string_view kListener = "the web port";

Result<std::shared_ptr<web::TlsContext>> open_tls(const settings::WebTlsSettings& settings) {
  if (!settings.enabled()) return std::shared_ptr<web::TlsContext>();
  return web::TlsContext::open(settings, kListener);
}

}  // namespace

Result<std::unique_ptr<web::WebServer>> WebPort::start(const settings::WebSettings& settings,
                                                       web::WebSite& site) {
  auto tls = open_tls(settings.tls);
  if (!tls) return tls.failure();
  tls_ = std::move(*tls);
  in_use_ = settings.tls;
  auto server =
      web::WebServer::start(settings.listen, site, web::site_web_limits(), "[web] listen", tls_);
  if (!server) return server.failure();
  for (const settings::Endpoint& endpoint : (*server)->endpoints())
    log(LogLevel::info, "web listening",
        {{"address", endpoint.text()}, {"tls", tls_ == nullptr ? "no" : "yes"}});
  if (!settings.external_url.empty())
    log(LogLevel::info, "web reachable", {{"url", settings.external_url}});
  if (tls_ == nullptr && !settings.access.users.empty())
    log(LogLevel::info,
        "passwords of [web.basic_auth] cross the network in clear text; set [web.tls], or have a "
        "proxy in front that ends TLS");
  return server;
}

Result<void> WebPort::prepare(const settings::WebSettings& settings) {
  prepared_ = nullptr;
  if (settings.tls == in_use_) return {};
  auto tls = open_tls(settings.tls);
  if (!tls) return tls.failure();
  prepared_ = std::move(*tls);
  return {};
}

void WebPort::use_prepared(const settings::WebSettings& settings, web::WebSite& site) {
  site.set_access(settings.access);
  if (tls_ != nullptr && prepared_ != nullptr) {
    tls_->become(*prepared_);
    in_use_ = settings.tls;
  }
  prepared_ = nullptr;
}

void WebPort::feed_metrics(present::AgentMetrics& metrics) const {
  if (tls_ == nullptr) return;
  metrics.set_web_certificate({tls_->not_before(), tls_->not_after(), tls_->trouble().empty()});
}

}  // namespace mtasts::service
