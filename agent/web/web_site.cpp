// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/web_site.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "base/time.h"
#include "present/agent_metrics.h"
#include "present/history_json.h"
#include "present/json.h"
#include "present/metrics_table.h"
#include "present/reported_view.h"
#include "present/reports_json.h"
#include "web/exposition_request.h"
#include "web/probe_rule.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;

// Maximum body that scripts may send with a reload; it is ignored.
constexpr size_t kReloadBody_bytes = 1024;
constexpr std::string_view kNotTakenIn =
    "TLS reports are not taken in; set [reports] enabled = true.";

// Something is overloaded, or the agent is about to stop.
HttpResponse not_now_json(const Failure& failure) {
  HttpResponse response = json_response(503, present::error_json(failure.detail));
  response.retry_after = kRetryAfter;
  return response;
}

HttpResponse probe_response(const Result<verdict::ReportPtr>& result,
                            const board::DomainEntryPtr& before,
                            const present::ExpositionOptions& options) {
  if (!result.ok())
    return result.failure().kind == FailureKind::timed_out
               ? text_response(504, result.failure().detail)
               : retry_response(503, result.failure().detail);
  if (result.value() == nullptr) return text_response(503, "The check did not return a report.");
  HttpResponse response;
  const auto age = system_now() - result.value()->checked_at;
  response.age = std::max(std::chrono::seconds(0), std::chrono::floor<std::chrono::seconds>(age));
  response.content_type = present::media_type_of(options.format);
  response.body = present::probe_exposition(result.value(), before.get(), options);
  return response;
}

// The days of ?days=, or of the window; empty: not a number from 1 to kMostReportDays.
std::optional<int> report_days(const RoutedRequest& request,
                               const reports::DomainSummary& summary) {
  auto parameter = request.target.query.find("days");
  if (parameter == request.target.query.end())
    return static_cast<int>((summary.to - summary.from).count());
  const std::string& text = parameter->second;
  int days = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return days >= 1 && days <= kMostReportDays ? std::optional(days) : std::nullopt;
}

}  // namespace

WebLimits site_web_limits() {
  WebLimits limits;
  limits.request = std::chrono::seconds(15);
  limits.client_connections = 64;
  limits.closes_idle = true;
  limits.reserve_descriptors = 4;
  return limits;
}

WebSite::WebSite(const board::LatestReports& reports, const present::ExpositionCache& exposition,
                 WebActions actions, settings::ProbeSettings probe_rule,
                 PasswordCheck::Hasher hasher)
    : reports_(reports),
      exposition_(exposition),
      actions_(std::move(actions)),
      routes_(routes()),
      probe_rule_(std::move(probe_rule)),
      guard_(std::make_unique<AccessGuard>(std::move(hasher))) {}

RouteTable WebSite::routes() {
  auto to = [this](auto member) {
    return [this, member](const RoutedRequest& request, const Done& done) {
      (this->*member)(request, done);
    };
  };
  return RouteTable({
      {"GET", "/", to(&WebSite::index), RequestClass::listing},
      {"GET", "/domains/*", to(&WebSite::domain_page)},
      {"GET", "/metrics", to(&WebSite::metrics), RequestClass::scrape},
      {"GET", "/probe", to(&WebSite::probe), RequestClass::probe},
      {"GET", "/api/v1/domains", to(&WebSite::domains_json), RequestClass::listing},
      {"GET", "/api/v1/domains/*/history", to(&WebSite::history)},
      {"GET", "/api/v1/domains/*/reports", to(&WebSite::reports)},
      {"GET", "/api/v1/domains/*", to(&WebSite::domain_json)},
      {"GET", "/api/v1/reports/rejected", to(&WebSite::rejected_reports)},
      {"GET", "/-/healthy", to(&WebSite::healthy), RequestClass::health},
      {"GET", "/-/ready", to(&WebSite::ready), RequestClass::health},
      {"POST", "/-/reload", to(&WebSite::reload), RequestClass::write, kReloadBody_bytes},
  });
}

void WebSite::set_probe_rule(settings::ProbeSettings rule) {
  std::lock_guard lock(mutex_);
  probe_rule_ = std::move(rule);
}

void WebSite::set_metrics(const settings::MetricsSettings& settings) {
  std::vector<std::string> excluded = present::metrics_outside(
      settings.is_lean ? present::MetricSet::lean : present::MetricSet::full);
  excluded.insert(excluded.end(), settings.exclude.begin(), settings.exclude.end());
  std::lock_guard lock(mutex_);
  excluded_metrics_ = std::move(excluded);
}

void WebSite::set_external_url(const std::string& text) {
  auto url = settings::parse_external_url(text);
  auto parsed = std::make_shared<const settings::ExternalUrl>(url ? *url : settings::ExternalUrl{});
  std::lock_guard lock(mutex_);
  external_url_ = std::move(parsed);
}

std::shared_ptr<const settings::ExternalUrl> WebSite::external_url() const {
  std::lock_guard lock(mutex_);
  return external_url_;
}

present::PageLinks WebSite::links() const {
  auto url = external_url();
  return {url->prefix, url->text};
}

Admission WebSite::admit(const HttpRequest& head) const {
  Admission admission;
  if (hosts_ != nullptr) admission.refusal = hosts_->refusal_of(head);
  if (!admission.refusal) {
    const RouteMatch match = routes_.match(head, *external_url());
    admission.refusal =
        allowance_->refusal_of(head, match.cost(), std::chrono::steady_clock::now());
    if (!admission.refusal) admission.refusal = guard_->refusal(head, role_for(match.kind));
    if (!admission.refusal) admission = match.admission();
  }
  if (admission.refusal) {
    auto keep = [&admission](HttpResponse response) { admission.refusal = std::move(response); };
    guard_->dressing(keep)(std::move(*admission.refusal));
  }
  return admission;
}

void WebSite::answer(const HttpRequest& request, const Done& done) const {
  const auto match = std::make_shared<const RouteMatch>(routes_.match(request, *external_url()));
  Done dressed = guard_->dressing(done);
  auto allowed = [match, dressed](const HttpRequest& one) { match->answer(one, dressed); };
  guard_->authorize(request, role_for(match->kind), std::move(allowed), dressed);
}

void WebSite::index(const RoutedRequest& request, const Done& done) const {
  auto filter = request.target.query.find("q");
  std::string_view text;
  if (filter != request.target.query.end()) text = filter->second;
  done(page_response(200, present::index_page(reports_.snapshot(), text, links())));
}

present::ExpositionOptions WebSite::exposition_options(const RoutedRequest& request) const {
  std::vector<std::string> excluded;
  {
    std::lock_guard lock(mutex_);
    excluded = excluded_metrics_;
  }
  return {present::MetricSelection(std::move(excluded), values_of(request.target, "name[]")),
          exposition_format(request.http.accept)};
}

void WebSite::metrics(const RoutedRequest& request, const Done& done) const {
  present::ExpositionOptions options = exposition_options(request);
  const std::string_view type = present::media_type_of(options.format);
  const std::vector<std::string> names = values_of(request.target, "domain");
  if (names.empty()) {
    std::string own = actions_.agent_metrics ? actions_.agent_metrics() : "";
    own = present::reformatted(own, options, present::process_start_time_seconds());
    return done(stream_response(
        type, present::exposition_source(std::move(own), exposition_.snapshot(), options)));
  }
  Result<ScrapedNames> scraped = scraped_names(names, reports_);
  if (!scraped.ok()) return done(text_response(404, scraped.failure().detail));
  auto entries = exposition_.snapshot_of(scraped->domains, scraped->hosts);
  done(stream_response(type, present::exposition_source({}, std::move(entries), options)));
}

void WebSite::domains_json(const RoutedRequest&, const Done& done) const {
  done(stream_response("application/json; charset=utf-8",
                       present::domains_source(reports_.snapshot())));
}

void WebSite::healthy(const RoutedRequest&, const Done& done) const {
  done(text_response(200, "The agent is healthy."));
}

void WebSite::ready(const RoutedRequest&, const Done& done) const {
  if (!actions_.ready || actions_.ready()) return done(text_response(200, "The agent is ready."));
  done(text_response(503, "The first round of checks has not finished."));
}

void WebSite::domain_page(const RoutedRequest& request, const Done& done) const {
  Result<DomainName> domain = DomainName::parse(request.wildcard);
  if (!domain.ok())
    return done(page_response(
        400, present::message_page("Not a domain", domain.failure().detail, links())));
  board::DomainEntryPtr entry = reports_.find(domain->text());
  if (entry != nullptr) return done(page_response(200, present::domain_page(*entry, links())));
  const std::string sentence =
      fmt::format("{} is not among the configured domains.", domain->display());
  done(page_response(404, present::message_page("Not configured", sentence, links())));
}

void WebSite::domain_json(const RoutedRequest& request, const Done& done) const {
  Result<DomainName> domain = DomainName::parse(request.wildcard);
  if (!domain.ok()) return done(json_response(400, present::error_json(domain.failure().detail)));
  board::DomainEntryPtr entry = reports_.find(domain->text());
  if (entry == nullptr)
    return done(
        json_response(404, present::error_json(fmt::format(
                               "{} is not among the configured domains.", domain->text()))));
  if (entry->report == nullptr)
    return done(json_response(
        503, present::error_json(fmt::format("{} has not been checked yet.", domain->text()))));
  done(json_response(200, present::report_json(*entry->report)));
}

void WebSite::probe(const RoutedRequest& request, const Done& done) const {
  auto parameter = request.target.query.find("target");
  if (parameter == request.target.query.end() || parameter->second.empty())
    return done(
        text_response(400, "The target parameter is missing: use /probe?target=example.com."));
  Result<DomainName> domain = DomainName::parse(parameter->second);
  if (!domain.ok()) return done(text_response(400, domain.failure().detail));
  board::DomainEntryPtr before = reports_.find(domain->text());
  bool allowed = false;
  {
    std::lock_guard lock(mutex_);
    allowed = may_probe(probe_rule_, before != nullptr, domain->text());
  }
  if (!allowed)
    return done(text_response(
        403, fmt::format("The setting [probe] allow does not permit {}.", domain->text())));
  if (!actions_.probe) return done(text_response(501, "On-demand probes are not available."));
  auto slot = probes_.take(domain->text());
  if (slot->refusal() == ProbeSlots::Refusal::domains)
    return done(retry_response(503, "Too many domains are being probed; try again later."));
  if (slot->refusal() == ProbeSlots::Refusal::requests)
    return done(retry_response(
        503, fmt::format("Too many requests wait for the check of {}; try again later.",
                         domain->text())));
  actions_.probe(
      domain->text(), probe_limit(request.http.scrape_timeout),
      [done, before, slot, options = exposition_options(request)](
          Result<verdict::ReportPtr> result) { done(probe_response(result, before, options)); });
}

void WebSite::history(const RoutedRequest& request, const Done& done) const {
  Result<DomainName> domain = DomainName::parse(request.wildcard);
  if (!domain.ok()) return done(json_response(400, present::error_json(domain.failure().detail)));
  const std::string& text = domain->text();
  board::DomainEntryPtr entry = reports_.find(text);
  if (entry == nullptr)
    return done(json_response(
        404, present::error_json(fmt::format("{} is not among the configured domains.", text))));
  if (!actions_.timeline)
    return done(json_response(501, present::error_json("History is not available.")));
  actions_.timeline(text, [done, entry, text](const Result<state::Timeline>& timeline) {
    if (!timeline.ok()) return done(not_now_json(timeline.failure()));
    const verdict::History* known =
        entry->report == nullptr ? nullptr : entry->report->history.get();
    done(json_response(200, present::history_json(text, *timeline, known, system_now())));
  });
}

void WebSite::reports(const RoutedRequest& request, const Done& done) const {
  auto refuse = [&done](int status, std::string_view sentence) {
    done(json_response(status, present::error_json(sentence)));
  };
  Result<DomainName> domain = DomainName::parse(request.wildcard);
  if (!domain.ok()) return refuse(400, domain.failure().detail);
  const std::string& text = domain->text();
  board::DomainEntryPtr entry = reports_.find(text);
  if (entry == nullptr)
    return refuse(404, fmt::format("{} is not among the configured domains.", text));
  if (!actions_.reports || entry->reported == nullptr) return refuse(501, kNotTakenIn);
  std::optional<int> days = report_days(request, *entry->reported);
  if (!days)
    return refuse(
        400, fmt::format("The parameter days must be a number from 1 to {}.", kMostReportDays));
  actions_.reports(text, *days, [done, entry, text](const Result<reports::ReportListing>& listing) {
    if (!listing.ok()) return done(not_now_json(listing.failure()));
    done(json_response(200, present::reports_json(text, *entry->reported, *listing,
                                                  present::known_mx_hosts(entry->report.get()))));
  });
}

void WebSite::rejected_reports(const RoutedRequest&, const Done& done) const {
  reports::RejectedReportsPtr rejected = reports_.rejected_reports();
  if (rejected == nullptr) return done(json_response(501, present::error_json(kNotTakenIn)));
  done(json_response(200, present::rejected_reports_json(*rejected)));
}

void WebSite::reload(const RoutedRequest&, const Done& done) const {
  if (!reload_allowed_)
    return done(text_response(
        403,
        "The setting [web] reload = false does not permit reloading over HTTP; send SIGHUP to the "
        "agent, or change its settings file."));
  if (!actions_.reload) return done(text_response(501, "Reloading over HTTP is disabled."));
  actions_.reload([done](const ReloadResult& result) {
    std::string lines;
    for (const std::string& error : result.errors) lines += printable(error, 2000) + "\n";
    switch (result.outcome) {
      case ReloadResult::Outcome::applied:
        return done(text_response(200, "The settings were reloaded."));
      case ReloadResult::Outcome::unchanged:
        return done(text_response(200, "Nothing changed; the settings in use are the latest."));
      case ReloadResult::Outcome::refused:
        return done(text_response(500, lines + "The current settings stay active."));
      case ReloadResult::Outcome::not_done:
        return done(retry_response(503, lines + "The settings were not read."));
    }
  });
}

}  // namespace mtasts::web
