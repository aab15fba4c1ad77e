// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/web_site.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "present/html.h"
#include "present/metrics_table.h"
#include "present/world.h"
#include "web/gzip.h"
#include "web/http_client.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;

TEST(RequestTarget, ParsesValidTargets) {
  struct Case {
    std::string text, path;
    std::map<std::string, std::string> query;
  };
  const Case cases[] = {
      {"/", "/", {}},
      {"/a%2Db", "/a-b", {}},                // escape
      {"/a+b", "/a+b", {}},                  // a plus in a path is literal
      {"/?q=a+b%2B", "/", {{"q", "a b+"}}},  // a plus in a query is a blank
      {"/p?target=x&target=y&z", "/p", {{"target", "x"}, {"z", ""}}},  // the first counts
      {"/p?&&a=b=c", "/p", {{"", ""}, {"a", "b=c"}}},
      {"/p#f?x", "/p", {}},                      // a fragment is dropped
      {"http://h:1/x?y=z", "/x", {{"y", "z"}}},  // absolute form
      {"HTTPS://h", "/", {}},
      {"/b%C3%BCcher", "/bücher", {}},
      // Characters that RFC 3986 requires to be encoded and clients send as they are.
      {"/bücher", "/bücher", {}},
      {"/m?name[]=a|b&{x}=\"y\"", "/m", {{"name[]", "a|b"}, {"{x}", "\"y\""}}},
      {"//a//b", "//a//b", {}},
      {"/a/../b/./c", "/a/../b/./c", {}},  // dot segments have no meaning to the routes
      {"/p?", "/p", {}},
      {"/p?a=1&", "/p", {{"a", "1"}, {"", ""}}},
      {"http://[::1]:10058?q=1", "/", {{"q", "1"}}},
  };
  for (const Case& c : cases) {
    auto parsed = parse_target(c.text);
    ASSERT_TRUE(parsed.ok()) << c.text;
    EXPECT_EQ(parsed->path, c.path) << c.text;
    EXPECT_EQ(parsed->query, c.query) << c.text;
  }
}

TEST(RequestTarget, RefusesInvalidTargets) {
  const std::string cases[] = {
      "",         // nothing
      "*",        // for OPTIONS only
      "a",        // not a path
      "/%",       // truncated escape
      "/%4",      // truncated escape
      "/%g0",     // not hexadecimal
      "/%00",     // NUL
      "/%0a",     // line end
      "/?q=%7f",  // DEL
      "/?%=1",    // in a name
      "/" + std::string(kLongestTarget, 'a'),
      "/?" + std::string(kMostParameters, '&'),  // one parameter too many
      "/a\nb",                                   // not encoded
      "ftp://h/x",                               // another scheme
      "http:/x",                                 // no authority
      "http://h\x7f/",                           // in the authority
  };
  for (const std::string& text : cases) EXPECT_FALSE(parse_target(text).ok()) << text;
  EXPECT_EQ(present::percent_encoded("a-b.c_d~/ü"), "a-b.c_d~%2F%C3%BC");
}

TEST(Gzip, IsUsedOnlyWhereAllowed) {
  const std::pair<std::string, bool> cases[] = {
      {"", false},
      {"gzip", true},
      {"GZip", true},
      {"deflate, gzip;q=1.0, *;q=0.5", true},
      {"gzip;q=0", false},
      {"gzip; q=0.000", false},
      {"gzip;q=0.001", true},
      {"*", true},
      {"*;q=0", false},
      {"gzip;q=0, *", false},  // a named coding overrides the asterisk
      {"*;q=0, gzip", true},
      {"identity", false},
      {"gzipped", false},
      {",,;;,", false},
      {"gzip;Q=0", false},
      {"gzip ; q=0", false},
      {"gzip;x=1;q=0", false},
      {"gzip;level=0", true},  // no weight
      {"x-gzip", true},
  };
  for (const auto& [header, allowed] : cases) EXPECT_EQ(accepts_gzip(header), allowed) << header;
}

TEST(Gzip, ComesBackWhole) {
  std::string text;
  for (int i = 0; i < 60000; ++i) text += std::to_string(i * 7919) + "\n";
  EXPECT_EQ(gunzipped(gzipped(text)), text);
  GzipStream stream;
  std::string packed;
  for (size_t at = 0; at < text.size(); at += 10000)
    stream.compress(std::string_view(text).substr(at, 10000), false, packed);
  stream.compress("", true, packed);
  EXPECT_EQ(gunzipped(packed), text);
}

TEST(Probe, IsAllowedByTheRule) {
  settings::ProbeSettings patterns;
  patterns.patterns = {"*.example.com", "example.net"};
  settings::ProbeSettings any;
  any.any = true;
  struct Case {
    settings::ProbeSettings rule;
    bool configured;
    std::string domain;
    bool allowed;
  };
  const Case cases[] = {
      {{}, true, "a.example", true},  // configured
      {{}, false, "a.example", false},
      {any, false, "a.example", true},
      {patterns, false, "a.example.com", true},
      {patterns, false, "b.a.example.com", true},  // more than one label
      {patterns, false, "example.com", false},     // the asterisk needs a label
      {patterns, false, "badexample.com", false},  // whole labels
      {patterns, false, "example.net", true},
      {patterns, false, "a.example.net", false},
      {patterns, true, "a.example", true},  // configured domains are always allowed
  };
  for (const Case& c : cases)
    EXPECT_EQ(may_probe(c.rule, c.configured, c.domain), c.allowed) << c.domain;
}

TEST(Probe, EndsBeforeTheScrapeDoes) {
  const std::pair<std::string, int> cases[] = {{"", 120000},    {"10", 9500},    {"10.5", 10000},
                                               {"0.1", 1000},   {"1e9", 120000}, {"-3", 120000},
                                               {"nan", 120000}, {"inf", 120000}, {"x", 120000},
                                               {"10 ", 120000}, {"300", 120000}, {"0", 120000}};
  for (const auto& [header, expected] : cases)
    EXPECT_EQ(probe_limit(header), milliseconds(expected)) << header;
}

// A site whose probes end when the test says so.
struct SlowProbes {
  SlowProbes() {
    present::world::fill(board);
    WebActions actions;
    actions.probe = [this](const std::string& domain, milliseconds, const auto& done) {
      running.emplace(domain, done);
    };
    settings::ProbeSettings any;
    any.any = true;
    site = std::make_unique<WebSite>(board.reports, board.exposition, actions, any);
  }
  void ask(const std::string& domain) {
    HttpRequest request;
    request.method = "GET";
    request.target = "/probe?target=" + domain;
    site->answer(request, [this](HttpResponse response) {
      ++statuses[response.status];
      last = std::move(response);
    });
  }
  void finish() {
    auto ended = std::exchange(running, {});
    for (auto& [domain, done] : ended) done(verdict::ReportPtr(present::world::good_report()));
  }

  present::world::Published board;
  std::unique_ptr<WebSite> site;
  std::multimap<std::string, std::function<void(Result<verdict::ReportPtr>)>> running;
  std::map<int, int> statuses;
  HttpResponse last;
};

TEST(Probe, OfManyDomainsIsBounded) {
  SlowProbes probes;
  const int most = static_cast<int>(ProbeSlots::kMostDomains);
  for (int i = 0; i < most + 3; ++i) probes.ask("d" + std::to_string(i) + ".example");
  EXPECT_EQ(probes.statuses, (std::map<int, int>{{503, 3}}));
  EXPECT_GT(probes.last.retry_after.count(), 0);
  probes.finish();
  EXPECT_EQ(probes.statuses[200], most);
  probes.ask("d0.example");
  EXPECT_EQ(probes.running.size(), 1u) << "what ended makes room";
}

TEST(Probe, OfOneDomainTakesNoRoomFromOthers) {
  SlowProbes probes;
  const int most = static_cast<int>(ProbeSlots::kMostRequests);
  for (int i = 0; i < most + 3; ++i) probes.ask("hostile.example");
  EXPECT_EQ(probes.statuses, (std::map<int, int>{{503, 3}})) << "what waits is bounded, too";
  EXPECT_NE(probes.last.body.find("hostile.example"), std::string::npos);
  for (size_t i = 1; i < ProbeSlots::kMostDomains; ++i)
    probes.ask("d" + std::to_string(i) + ".example");
  EXPECT_EQ(probes.statuses[503], 3);
  EXPECT_EQ(probes.running.count("d63.example"), 1u);
}

TEST(Probe, SaysHowOldTheReportIs) {
  present::world::Published board;
  present::world::fill(board);
  WebActions actions;
  actions.probe = [](const std::string&, milliseconds, const auto& done) {
    auto report = std::make_shared<verdict::Report>(*present::world::good_report());
    report->checked_at = system_now() - std::chrono::milliseconds(3400);
    done(verdict::ReportPtr(report));
  };
  WebSite site(board.reports, board.exposition, actions, {});
  HttpRequest request;
  request.method = "GET";
  request.target = "/probe?target=example.com";
  HttpResponse answered;
  site.answer(request, [&](HttpResponse response) { answered = std::move(response); });
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.age, std::chrono::seconds(3));
}

// The site's response to a request of a page at `origin`.
HttpResponse asked_of(const WebSite& site, const std::string& target,
                      const std::string& method = "GET", const std::string& origin = "") {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.host = "agent.example";
  request.origin = origin;
  HttpResponse answered;
  site.answer(request, [&](HttpResponse response) { answered = std::move(response); });
  return answered;
}

TEST(ExternalUrl, IsPrefixLinksAndOrigin) {
  present::world::Published board;
  present::world::fill(board);
  int reloads = 0;
  WebActions actions;
  actions.reload = [&](auto done) {
    ++reloads;
    done(ReloadResult{});
  };
  WebSite site(board.reports, board.exposition, actions, {});
  const std::string origin = "https://outside.example";
  const std::string before = asked_of(site, "/").body;
  EXPECT_NE(before.find("href=\"domains/broken.example\""), std::string::npos);
  EXPECT_EQ(asked_of(site, "/below/").status, 404);
  EXPECT_EQ(asked_of(site, "/-/reload", "POST", origin).status, 403);

  site.set_external_url("https://outside.example/below/");
  for (std::string prefix : {"", "/below"}) {
    HttpResponse page = asked_of(site, prefix + "/");
    EXPECT_EQ(page.status, 200) << prefix;
    EXPECT_NE(page.body.find("href=\"/below/domains/broken.example\""), std::string::npos);
    EXPECT_NE(page.body.find("rel=\"canonical\" href=\"https://outside.example/below/\""),
              std::string::npos);
    EXPECT_EQ(asked_of(site, prefix + "/domains/broken.example").status, 200);
    EXPECT_EQ(asked_of(site, prefix + "/api/v1/domains/broken.example").status, 200);
    EXPECT_EQ(asked_of(site, prefix + "/metrics").status, 200);
    EXPECT_EQ(asked_of(site, prefix + "/-/ready").status, 200);
    EXPECT_EQ(asked_of(site, prefix + "/-/reload").status, 405);
    EXPECT_EQ(asked_of(site, prefix + "/-/reload", "POST", origin).status, 200);
    EXPECT_EQ(asked_of(site, prefix + "/-/reload", "POST", "https://evil.example").status, 403);
    HttpResponse unknown = asked_of(site, prefix + "/domains/other.example");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_NE(unknown.body.find("href=\"/below/\""), std::string::npos);
  }
  EXPECT_EQ(reloads, 2);
  EXPECT_NE(asked_of(site, "/below/domains/broken.example").body.find("href=\"/below/\""),
            std::string::npos);

  site.set_external_url("");
  EXPECT_EQ(asked_of(site, "/").body, before);
  EXPECT_EQ(asked_of(site, "/below/").status, 404);
}

TEST(Reload, SaysWhatBecameOfIt) {
  present::world::Published board;
  ReloadResult result;
  WebActions actions;
  actions.reload = [&](const auto& done) { done(result); };
  WebSite site(board.reports, board.exposition, actions, {});
  using Outcome = ReloadResult::Outcome;
  EXPECT_EQ(asked_of(site, "/-/reload", "POST").body, "The settings were reloaded.\n");
  result.outcome = Outcome::unchanged;
  HttpResponse same = asked_of(site, "/-/reload", "POST");
  EXPECT_EQ(same.status, 200);
  EXPECT_EQ(same.body, "Nothing changed; the settings in use are the latest.\n");
  result = {Outcome::refused, {"a.toml:3:1: no"}};
  EXPECT_EQ(asked_of(site, "/-/reload", "POST").status, 500);
  result = {Outcome::not_done, {"The agent is shutting down."}};
  HttpResponse later = asked_of(site, "/-/reload", "POST");
  EXPECT_EQ(later.status, 503);
  EXPECT_GT(later.retry_after.count(), 0);
}

TEST(Reload, IsSwitchedOffBySettings) {
  present::world::Published board;
  int reloads = 0;
  WebActions actions;
  actions.reload = [&](const auto& done) {
    ++reloads;
    done(ReloadResult{});
  };
  WebSite site(board.reports, board.exposition, actions, {});
  site.set_reload(false);
  HttpResponse refused = asked_of(site, "/-/reload", "POST");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("[web] reload = false"), std::string::npos);
  EXPECT_EQ(asked_of(site, "/-/reload").status, 405) << "the table says no first";
  EXPECT_EQ(reloads, 0);
  site.set_reload(true);
  EXPECT_EQ(asked_of(site, "/-/reload", "POST").status, 200);
}

TEST(Reports, AreListedForAConfiguredDomain) {
  present::world::Published board;
  present::world::fill(board);
  std::vector<int> asked;
  Result<reports::ReportListing> stored = reports::ReportListing{};
  WebActions actions;
  actions.reports = [&](const std::string& domain, int days, const auto& done) {
    EXPECT_EQ(domain, "example.com");
    asked.push_back(days);
    done(stored);
  };
  WebSite site(board.reports, board.exposition, actions, {});
  const std::string target = "/api/v1/domains/example.com/reports";
  EXPECT_EQ(asked_of(site, target).status, 501) << "not taken in";
  board.set_reported("example.com", present::world::reported());
  HttpResponse listed = asked_of(site, target);
  EXPECT_EQ(listed.status, 200);
  EXPECT_NE(listed.body.find("\"ratio\":0.057"), std::string::npos);
  EXPECT_EQ(asked_of(site, target + "?days=90").status, 200);
  EXPECT_EQ(asked, (std::vector{7, 90})) << "the window, then what was asked for";
  for (const char* wrong : {"0", "-1", "3651", "", "7d", "99999999999999999999", " 7"})
    EXPECT_EQ(asked_of(site, target + "?days=" + (*wrong == ' ' ? "%207" : wrong)).status, 400)
        << wrong;
  EXPECT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked_of(site, "/api/v1/domains/other.example/reports").status, 404);
  EXPECT_EQ(asked_of(site, "/api/v1/domains/a..b/reports").status, 400);
  EXPECT_EQ(asked_of(site, target, "POST").status, 405);
  stored = Failure{FailureKind::timed_out, "The state file is busy."};
  HttpResponse failed = asked_of(site, target);
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.body, "{\"error\":\"The state file is busy.\"}\n");
}

TEST(Reports, ThatWereRejectedAreListed) {
  present::world::Published board;
  present::world::fill(board);
  WebSite site(board.reports, board.exposition, {}, {});
  EXPECT_EQ(asked_of(site, "/api/v1/reports/rejected").status, 501) << "not taken in";
  board.reports.set_rejected_reports(
      std::make_shared<const reports::RejectedReports>(reports::RejectedReports{
          {Time{}, "https", "Sender", reports::Rejection::malformed, "the report is no JSON"}}));
  HttpResponse listed = asked_of(site, "/api/v1/reports/rejected");
  EXPECT_EQ(listed.status, 200);
  EXPECT_NE(listed.body.find("\"detail\":\"the report is no JSON\""), std::string::npos);
  EXPECT_EQ(asked_of(site, "/api/v1/reports/rejected", "POST").status, 405);
  board.reports.set_rejected_reports(nullptr);
  EXPECT_EQ(asked_of(site, "/api/v1/reports/rejected").status, 501);
}

TEST(Reports, ThatAreNotTakenInAreRefused) {
  present::world::Published board;
  present::world::fill(board);
  WebSite site(board.reports, board.exposition, {}, {});
  EXPECT_EQ(asked_of(site, "/api/v1/domains/example.com/reports").status, 501);
}

TEST(Probe, FollowsANewRule) {
  present::world::Published board;
  WebSite site(board.reports, board.exposition, {}, {});
  HttpRequest request;
  request.method = "GET";
  request.target = "/probe?target=a.example";
  int status = 0;
  auto done = [&](const HttpResponse& response) { status = response.status; };
  site.answer(request, done);
  EXPECT_EQ(status, 403);
  settings::ProbeSettings any;
  any.any = true;
  site.set_probe_rule(any);
  site.answer(request, done);
  EXPECT_EQ(status, 501) << "allowed, but there is no hook";
}

}  // namespace
}  // namespace mtasts::web
