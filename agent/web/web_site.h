// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The site: which address gives what, on the web port. Routes, methods, the rule of /probe, and the
// refusal of cross-site reloads; no sockets, no HTML of its own. What the site cannot do itself
// (probe, reload) it asks of functions handed in, which answer later and from any thread.
// Any thread; an answer may come before answer() returns.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "board/latest_reports.h"
#include "present/exposition_cache.h"
#include "settings/settings.h"
#include "state/state.h"
#include "web/http_message.h"
#include "web/request_target.h"

namespace mtasts::web {

// Each may be left empty: then the address answers 501 (ready: always ready). `done` functions must
// be called at most once; when they never are, the server gives up after a while.
struct WebActions {
  std::function<void(std::string domain, std::chrono::milliseconds limit,
                     std::function<void(Result<verdict::ReportPtr>)> done)>
      probe;
  std::function<void(std::function<void(std::vector<std::string> errors)> done)> reload;
  // The timeline of a configured domain; `done` may come from any thread.
  std::function<void(std::string domain, std::function<void(Result<state::Timeline>)> done)>
      timeline;
  std::function<bool()> ready;
  std::function<std::string()> agent_metrics;  // whole families in the text format
};

// Checks that /probe has running at once; more get 503. A scrape that waits costs a connection.
inline constexpr int kMostProbes = 64;

// Configured domains always may; others by "any" or a pattern, where `*.` stands for one or more
// labels.
bool may_probe(const settings::ProbeSettings& rule, bool configured, std::string_view domain);

// The scrape's own limit less half a second, between 1 and 120 seconds; 120 without one.
std::chrono::milliseconds probe_limit(std::string_view scrape_timeout_seconds);

class WebSite {
 public:
  // Reports and exposition must outlive the site.
  WebSite(const board::LatestReports& reports, const present::ExpositionCache& exposition,
          WebActions actions, settings::ProbeSettings probe_rule);

  void set_probe_rule(settings::ProbeSettings rule);

  using Done = std::function<void(HttpResponse)>;
  void answer(const HttpRequest& request, const Done& done) const;

 private:
  void answer_get(const RequestTarget& target, const HttpRequest& request, const Done& done) const;
  HttpResponse domain_page_response(std::string_view name) const;
  HttpResponse domain_json_response(std::string_view name) const;
  HttpResponse readiness() const;
  void history(std::string_view name, const Done& done) const;
  void probe(const RequestTarget& target, const HttpRequest& request, const Done& done) const;
  void reload(const HttpRequest& request, const Done& done) const;

  const board::LatestReports& reports_;
  const present::ExpositionCache& exposition_;
  const WebActions actions_;
  const std::shared_ptr<std::atomic<int>> probes_ = std::make_shared<std::atomic<int>>(0);
  mutable std::mutex mutex_;
  settings::ProbeSettings probe_rule_;  // under mutex_
};

}  // namespace mtasts::web
