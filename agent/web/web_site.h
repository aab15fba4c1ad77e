// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// WebSite: the content of the web port. Its routes are listed in one table (routes()), which also
// refuses requests. No sockets, no HTML of its own. Probes and reloads are delegated to functions
// passed in, which respond later and from any thread. Any thread; a response may come before
// answer() returns.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "board/latest_reports.h"
#include "present/exposition_cache.h"
#include "present/page.h"
#include "reports/listing.h"
#include "settings/external_url.h"
#include "settings/settings.h"
#include "state/state.h"
#include "web/access_guard.h"
#include "web/handler.h"
#include "web/host_rule.h"
#include "web/probe_rule.h"
#include "web/probe_slots.h"
#include "web/request_allowance.h"
#include "web/request_target.h"
#include "web/route_table.h"
#include "web/web_limits.h"

namespace mtasts::web {

// What became of a request to reload.
struct ReloadResult {
  enum class Outcome : uint8_t { applied, unchanged, refused, not_done };
  Outcome outcome = Outcome::applied;
  // refused: why the settings in use stay, a line each; not_done: why nothing was tried.
  std::vector<std::string> errors;
};

// Each may be empty; then its route responds with 501 (ready: always ready). Call a `done` function
// at most once; if it is never called, the server responds with 504 after a timeout.
struct WebActions {
  std::function<void(std::string domain, std::chrono::milliseconds limit,
                     std::function<void(Result<verdict::ReportPtr>)> done)>
      probe;
  std::function<void(std::function<void(const ReloadResult&)> done)> reload;
  // Reads the timeline of a configured domain; `done` may be called from any thread.
  std::function<void(std::string domain, std::function<void(Result<state::Timeline>)> done)>
      timeline;
  // Lists the stored TLS reports of a configured domain of the last `days` days; empty: TLS reports
  // are not taken in. `done` may be called from any thread.
  std::function<void(std::string domain, int days,
                     std::function<void(Result<reports::ReportListing>)> done)>
      reports;
  std::function<bool()> ready;
  std::function<std::string()> agent_metrics;  // whole families in the text format
};

inline constexpr int kMostReportDays = 3650;  // of ?days= for the list of TLS reports

// Of the web port. A scrape is the largest response; a client with several Prometheus servers and
// browsers needs a few connections.
WebLimits site_web_limits();

class WebSite : public Handler {
 public:
  // The reports and the exposition must outlive the site.
  WebSite(const board::LatestReports& reports, const present::ExpositionCache& exposition,
          WebActions actions, settings::ProbeSettings probe_rule,
          PasswordCheck::Hasher hasher = bcrypt_matches);
  WebSite(const WebSite&) = delete;
  WebSite& operator=(const WebSite&) = delete;

  // From which on requests are refused that it does not admit; null: none is. Before the server
  // starts; must outlive the site.
  void check_hosts(const HostRule* hosts) { hosts_ = hosts; }
  // Who may do what; at first everybody everything.
  void set_access(const settings::WebAccessSettings& settings) { guard_->use(settings); }
  // Empty while nobody needs a password.
  std::optional<LoginCounts> logins() const { return guard_->logins(); }
  void set_probe_rule(settings::ProbeSettings rule);
  // [web] reload: whether a request may reload the settings.
  void set_reload(bool allowed) { reload_allowed_ = allowed; }
  void set_metrics(const settings::MetricsSettings& settings);
  // [web] external_url: the base of links; its path is a prefix of every route, and its pages may
  // send state-changing requests. Empty: none.
  void set_external_url(const std::string& url);

  Admission admit(const HttpRequest& head) const override;
  void answer(const HttpRequest& request, const Done& done) const override;

 private:
  RouteTable routes();
  std::shared_ptr<const settings::ExternalUrl> external_url() const;
  present::PageLinks links() const;

  void index(const RoutedRequest& request, const Done& done) const;
  void domain_page(const RoutedRequest& request, const Done& done) const;
  present::ExpositionOptions exposition_options(const RoutedRequest& request) const;
  void metrics(const RoutedRequest& request, const Done& done) const;
  void probe(const RoutedRequest& request, const Done& done) const;
  void domains_json(const RoutedRequest& request, const Done& done) const;
  void domain_json(const RoutedRequest& request, const Done& done) const;
  void history(const RoutedRequest& request, const Done& done) const;
  void reports(const RoutedRequest& request, const Done& done) const;
  void rejected_reports(const RoutedRequest& request, const Done& done) const;
  void healthy(const RoutedRequest& request, const Done& done) const;
  void ready(const RoutedRequest& request, const Done& done) const;
  void reload(const RoutedRequest& request, const Done& done) const;

  const board::LatestReports& reports_;
  const present::ExpositionCache& exposition_;
  const WebActions actions_;
  const RouteTable routes_;
  const HostRule* hosts_ = nullptr;
  const std::unique_ptr<RequestAllowance> allowance_ = std::make_unique<RequestAllowance>();
  mutable ProbeSlots probes_;
  std::atomic<bool> reload_allowed_{true};
  mutable std::mutex mutex_;
  settings::ProbeSettings probe_rule_;                          // guarded by mutex_
  std::vector<std::string> excluded_metrics_;                   // guarded by mutex_
  std::shared_ptr<const settings::ExternalUrl> external_url_ =  // guarded by mutex_
      std::make_shared<const settings::ExternalUrl>();
  const std::unique_ptr<AccessGuard> guard_;  // last: ends first
};

}  // namespace mtasts::web
