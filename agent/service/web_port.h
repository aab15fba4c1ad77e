// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// WebPort: TLS and users of the web port, as the settings say, through reloads. Loop thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "present/agent_metrics.h"
#include "settings/settings.h"
#include "web/tls_context.h"
#include "web/web_server.h"
#include "web/web_site.h"

namespace mtasts::service {

class WebPort {
 public:
  // The listener with TLS or without; the site must outlive it.
  Result<std::unique_ptr<web::WebServer>> start(const settings::WebSettings& settings,
                                                web::WebSite& site);

  // Reads the files of new settings; the failure is one sentence. Changes nothing yet.
  Result<void> prepare(const settings::WebSettings& settings);
  // Who may do what from now on, and what prepare() read. Whether there is TLS at all is settled by
  // start().
  void use_prepared(const settings::WebSettings& settings, web::WebSite& site);

  void feed_metrics(present::AgentMetrics& metrics) const;

 private:
  std::shared_ptr<web::TlsContext> tls_;       // of the listener; null: plain
  std::shared_ptr<web::TlsContext> prepared_;  // null: nothing new
  settings::WebTlsSettings in_use_;
};

}  // namespace mtasts::service
