// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The site on the web port: which address gives what. Its routes stand in one table (routes()),
// which also refuses; no sockets, no HTML of its own. What the site cannot do itself (probe,
// reload) it asks of functions handed in, which answer later and from any thread. Any thread; an
// answer may come before answer() returns.
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
#include "present/page.h"
#include "settings/external_url.h"
#include "settings/settings.h"
#include "state/state.h"
#include "web/handler.h"
#include "web/probe_rule.h"
#include "web/request_target.h"
#include "web/route_table.h"

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

class WebSite : public Handler {
 public:
  // Reports and exposition must outlive the site.
  WebSite(const board::LatestReports& reports, const present::ExpositionCache& exposition,
          WebActions actions, settings::ProbeSettings probe_rule);
  WebSite(const WebSite&) = delete;
  WebSite& operator=(const WebSite&) = delete;

  void set_probe_rule(settings::ProbeSettings rule);
  // [web] external_url: links go there, its path is a prefix of every route, and its pages may send
  // writing requests. Empty: none.
  void set_external_url(const std::string& url);

  Admission admit(const HttpRequest& head) const override;
  void answer(const HttpRequest& request, const Done& done) const override;

 private:
  RouteTable routes();
  std::shared_ptr<const settings::ExternalUrl> external_url() const;
  present::PageLinks links() const;

  void index(const RoutedRequest& request, const Done& done) const;
  void domain_page(const RoutedRequest& request, const Done& done) const;
  void metrics(const RoutedRequest& request, const Done& done) const;
  void probe(const RoutedRequest& request, const Done& done) const;
  void domains_json(const RoutedRequest& request, const Done& done) const;
  void domain_json(const RoutedRequest& request, const Done& done) const;
  void history(const RoutedRequest& request, const Done& done) const;
  void healthy(const RoutedRequest& request, const Done& done) const;
  void ready(const RoutedRequest& request, const Done& done) const;
  void reload(const RoutedRequest& request, const Done& done) const;

  const board::LatestReports& reports_;
  const present::ExpositionCache& exposition_;
  const WebActions actions_;
  const RouteTable routes_;
  const std::shared_ptr<std::atomic<int>> probes_ = std::make_shared<std::atomic<int>>(0);
  mutable std::mutex mutex_;
  settings::ProbeSettings probe_rule_;                          // under mutex_
  std::shared_ptr<const settings::ExternalUrl> external_url_ =  // under mutex_
      std::make_shared<const settings::ExternalUrl>();
};

}  // namespace mtasts::web
