// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/web_site.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "present/history_json.h"
#include "present/json.h"
#include "present/page.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestProbe{1000};
constexpr milliseconds kLongestProbe{120000};
// What is left for the answer to travel.
constexpr double kScrapeMargin_seconds = 0.5;
constexpr std::string_view kJsonType = "application/json; charset=utf-8";

HttpResponse text_response(int status, std::string_view sentence) {
  HttpResponse response;
  response.status = status;
  response.body = std::string(sentence) + "\n";
  return response;
}

HttpResponse json_response(int status, std::string json) {
  HttpResponse response;
  response.status = status;
  response.content_type = kJsonType;
  response.body = std::move(json) + "\n";
  return response;
}

HttpResponse page_response(int status, std::string page) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(page);
  response.content_security_policy = present::page_security_policy();
  return response;
}

HttpResponse stream_response(std::string_view type, present::BodySource source) {
  HttpResponse response;
  response.content_type = type;
  response.source = std::move(source);
  return response;
}

HttpResponse not_allowed(std::string_view allow) {
  HttpResponse response = text_response(405, fmt::format("Allowed methods: {}.", allow));
  response.allow = allow;
  return response;
}

constexpr std::string_view kDomainPages = "/domains/";
constexpr std::string_view kDomainApi = "/api/v1/domains/";
constexpr std::string_view kHistory = "/history";  // behind a domain's address in the API

bool is_known(std::string_view path) {
  for (std::string_view known :
       {"/", "/metrics", "/probe", "/api/v1/domains", "/-/healthy", "/-/ready", "/-/reload"})
    if (path == known) return true;
  return path.starts_with(kDomainPages) || path.starts_with(kDomainApi);
}

// The host and port of an Origin ("https://host:port"); empty for "null" and the malformed.
std::string_view authority_of(std::string_view origin) {
  size_t slashes = origin.find("://");
  return slashes == std::string_view::npos ? "" : origin.substr(slashes + 3);
}

// Browsers name the page that sends a POST; programs such as curl do not.
bool is_cross_site(const HttpRequest& request) {
  if (request.fetch_site == "cross-site" || request.fetch_site == "same-site") return true;
  if (request.origin.empty()) return false;
  std::string_view authority = authority_of(request.origin);
  return authority.empty() || !equals_ignoring_case(authority, request.host);
}

// Takes one of the probes that may run at once for as long as it lives.
class ProbeSlot {
 public:
  explicit ProbeSlot(std::shared_ptr<std::atomic<int>> count) : count_(std::move(count)) {
    taken_ = count_->fetch_add(1) < kMostProbes;
  }
  ~ProbeSlot() { count_->fetch_sub(1); }
  ProbeSlot(const ProbeSlot&) = delete;
  ProbeSlot& operator=(const ProbeSlot&) = delete;
  bool taken() const { return taken_; }

 private:
  std::shared_ptr<std::atomic<int>> count_;
  bool taken_;
};

HttpResponse probe_response(const Result<verdict::ReportPtr>& result,
                            const board::DomainEntryPtr& before) {
  if (!result.ok())
    return text_response(result.failure().kind == FailureKind::timed_out ? 504 : 503,
                         result.failure().detail);
  if (result.value() == nullptr) return text_response(503, "The check did not return a report.");
  HttpResponse response;
  response.content_type = present::kExpositionType;
  response.body = present::probe_exposition(result.value(), before.get());
  return response;
}

}  // namespace

bool may_probe(const settings::ProbeSettings& rule, bool configured, std::string_view domain) {
  if (configured || rule.any) return true;
  for (std::string_view pattern : rule.patterns) {
    if (!pattern.starts_with("*.")) {
      if (equals_ignoring_case(pattern, domain)) return true;
      continue;
    }
    std::string_view suffix = pattern.substr(1);
    if (domain.size() > suffix.size() &&
        equals_ignoring_case(domain.substr(domain.size() - suffix.size()), suffix))
      return true;
  }
  return false;
}

milliseconds probe_limit(std::string_view scrape_timeout_seconds) {
  double seconds = 0;
  const char* end = scrape_timeout_seconds.data() + scrape_timeout_seconds.size();
  auto [stop, error] = std::from_chars(scrape_timeout_seconds.data(), end, seconds);
  if (error != std::errc() || stop != end || !(seconds > 0)) return kLongestProbe;
  if (seconds >= 1000) return kLongestProbe;
  auto limit = milliseconds(static_cast<int64_t>((seconds - kScrapeMargin_seconds) * 1000));
  return std::clamp(limit, kShortestProbe, kLongestProbe);
}

WebSite::WebSite(const board::LatestReports& reports, const present::ExpositionCache& exposition,
                 WebActions actions, settings::ProbeSettings probe_rule)
    : reports_(reports),
      exposition_(exposition),
      actions_(std::move(actions)),
      probe_rule_(std::move(probe_rule)) {}

void WebSite::set_probe_rule(settings::ProbeSettings rule) {
  std::lock_guard lock(mutex_);
  probe_rule_ = std::move(rule);
}

void WebSite::answer(const HttpRequest& request, const Done& done) const {
  Result<RequestTarget> target = parse_target(request.target);
  if (!target.ok()) return done(text_response(400, target.failure().detail));
  const std::string& path = target->path;
  if (!is_known(path)) return done(text_response(404, "Not found."));
  if (path == "/-/reload")
    return request.method == "POST" ? reload(request, done) : done(not_allowed("POST"));
  if (request.method != "GET" && request.method != "HEAD") return done(not_allowed("GET, HEAD"));
  answer_get(*target, request, done);
}

void WebSite::answer_get(const RequestTarget& target, const HttpRequest& request,
                         const Done& done) const {
  std::string_view path = target.path;
  if (path == "/probe") return probe(target, request, done);
  if (path == "/-/healthy") return done(text_response(200, "The agent is healthy."));
  if (path == "/-/ready") return done(readiness());
  if (path == "/metrics") {
    std::string own = actions_.agent_metrics ? actions_.agent_metrics() : "";
    return done(
        stream_response(present::kExpositionType,
                        present::exposition_source(std::move(own), exposition_.snapshot())));
  }
  if (path == "/api/v1/domains")
    return done(stream_response(kJsonType, present::domains_source(reports_.snapshot())));
  if (path == "/") {
    auto filter = target.query.find("q");
    return done(page_response(
        200, present::index_page(reports_.snapshot(),
                                 filter == target.query.end() ? "" : filter->second)));
  }
  if (path.starts_with(kDomainApi)) {
    path.remove_prefix(kDomainApi.size());
    if (!path.ends_with(kHistory)) return done(domain_json_response(path));
    return history(path.substr(0, path.size() - kHistory.size()), done);
  }
  done(domain_page_response(path.substr(kDomainPages.size())));
}

HttpResponse WebSite::readiness() const {
  if (!actions_.ready || actions_.ready()) return text_response(200, "The agent is ready.");
  return text_response(503, "The first round of checks has not finished.");
}

HttpResponse WebSite::domain_page_response(std::string_view name) const {
  Result<DomainName> domain = DomainName::parse(name);
  if (!domain.ok())
    return page_response(400, present::message_page("Not a domain", domain.failure().detail));
  board::DomainEntryPtr entry = reports_.find(domain->text());
  if (entry == nullptr)
    return page_response(
        404, present::message_page(
                 "Not configured",
                 fmt::format("{} is not among the configured domains.", domain->display())));
  return page_response(200, present::domain_page(*entry));
}

HttpResponse WebSite::domain_json_response(std::string_view name) const {
  Result<DomainName> domain = DomainName::parse(name);
  if (!domain.ok()) return json_response(400, present::error_json(domain.failure().detail));
  board::DomainEntryPtr entry = reports_.find(domain->text());
  if (entry == nullptr)
    return json_response(404, present::error_json(fmt::format(
                                  "{} is not among the configured domains.", domain->text())));
  if (entry->report == nullptr)
    return json_response(
        503, present::error_json(fmt::format("{} has not been checked yet.", domain->text())));
  return json_response(200, present::report_json(*entry->report));
}

void WebSite::probe(const RequestTarget& target, const HttpRequest& request,
                    const Done& done) const {
  auto parameter = target.query.find("target");
  if (parameter == target.query.end() || parameter->second.empty())
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
  auto slot = std::make_shared<ProbeSlot>(probes_);
  if (!slot->taken())
    return done(text_response(503, "Too many probes are running; try again later."));
  actions_.probe(domain->text(), probe_limit(request.scrape_timeout),
                 [done, before, slot](Result<verdict::ReportPtr> result) {
                   done(probe_response(result, before));
                 });
}

void WebSite::history(std::string_view name, const Done& done) const {
  Result<DomainName> domain = DomainName::parse(name);
  if (!domain.ok()) return done(json_response(400, present::error_json(domain.failure().detail)));
  const std::string& text = domain->text();
  board::DomainEntryPtr entry = reports_.find(text);
  if (entry == nullptr)
    return done(json_response(
        404, present::error_json(fmt::format("{} is not among the configured domains.", text))));
  if (!actions_.timeline)
    return done(json_response(501, present::error_json("History is not available.")));
  actions_.timeline(text, [done, entry, text](const Result<state::Timeline>& timeline) {
    if (!timeline.ok())
      return done(json_response(503, present::error_json(timeline.failure().detail)));
    const verdict::History* known =
        entry->report == nullptr ? nullptr : entry->report->history.get();
    done(json_response(200, present::history_json(text, *timeline, known, system_now())));
  });
}

void WebSite::reload(const HttpRequest& request, const Done& done) const {
  if (is_cross_site(request))
    return done(text_response(403, "Cross-site reload requests are not allowed."));
  if (!actions_.reload) return done(text_response(501, "Reloading over HTTP is disabled."));
  actions_.reload([done](const std::vector<std::string>& errors) {
    if (errors.empty()) return done(text_response(200, "The settings were reloaded."));
    std::string lines;
    for (const std::string& error : errors) lines += printable(error, 2000) + "\n";
    done(text_response(500, lines + "The current settings stay active."));
  });
}

}  // namespace mtasts::web
