// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "web/http_client.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;

TEST_F(WebServerTest, ServesEveryAddressOnOneConnection) {
  start();
  HttpClient client(port_);
  struct Case {
    std::string target, type;
    int status;
  };
  const std::string text = "text/plain; charset=utf-8";
  const std::string html = "text/html; charset=utf-8";
  const std::string json = "application/json; charset=utf-8";
  const Case cases[] = {
      {"/", html, 200},
      {"/?q=broken", html, 200},
      {"/domains/example.com", html, 200},
      {"/domains/new.example", html, 200},             // not checked yet
      {"/domains/other.example", html, 404},           // not configured
      {"/domains/%65xample.com", html, 200},           // an escaped letter
      {"/domains/..%2f..%2fetc%2fpasswd", html, 400},  // not a domain
      {"/metrics", "text/plain; version=0.0.4; charset=utf-8", 200},
      {"/api/v1/domains", json, 200},
      {"/api/v1/domains/example.com", json, 200},
      {"/api/v1/domains/other.example", json, 404},
      {"/api/v1/domains/new.example", json, 503},  // not checked yet
      {"/api/v1/domains/-", json, 400},            // not a domain
      {"/-/healthy", text, 200},
      {"/-/ready", text, 200},
      {"/probe", text, 400},                       // no target
      {"/probe?target=-bad-", text, 400},          // bad target
      {"/probe?target=other.example", text, 403},  // not allowed
      {"/probe?target=example.com", text, 501},    // no hook
      {"/favicon.ico", text, 404},
      {"/metrics/", text, 404},
      {"/%", text, 400},  // broken escape
      {"/%zz", text, 400},
      {"/a%00b", text, 400},                          // NUL
      {"http://agent.example/-/healthy", text, 200},  // absolute form
  };
  for (const Case& c : cases) {
    Reply reply = client.get(c.target);
    EXPECT_EQ(reply.status, c.status) << c.target << reply.body;
    EXPECT_EQ(reply.headers["content-type"], c.type) << c.target;
    EXPECT_TRUE(reply.whole) << c.target;
    EXPECT_FALSE(reply.body.empty()) << c.target;
    EXPECT_EQ(reply.headers["x-content-type-options"], "nosniff");
    EXPECT_EQ(reply.headers["referrer-policy"], "no-referrer");
    EXPECT_TRUE(reply.headers["content-security-policy"].starts_with("default-src 'none'"));
  }
}

TEST_F(WebServerTest, AnswersHeadLikeGetWithoutBody) {
  start();
  HttpClient client(port_);
  for (std::string target : {"/", "/metrics", "/api/v1/domains", "/-/ready", "/nothing"}) {
    Reply get = client.get(target);
    Reply head = client.get(target, "", "HEAD");
    EXPECT_EQ(head.status, get.status) << target;
    EXPECT_EQ(head.headers["content-type"], get.headers["content-type"]);
    EXPECT_EQ(head.headers["content-length"], get.headers["content-length"]);
    EXPECT_EQ(head.body, "");
  }
}

TEST_F(WebServerTest, NamesTheMethodsAnAddressTakes) {
  start();
  for (std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
    HttpClient client(port_);
    Reply reply = client.get("/metrics", "Content-Length: 0\r\n", method);
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.headers["allow"], "GET, HEAD");
    EXPECT_EQ(client.get("/nothing", "Content-Length: 0\r\n", method).status, 404);
  }
  HttpClient client(port_);
  Reply reply = client.get("/-/reload");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers["allow"], "POST");
}

TEST_F(WebServerTest, CompressesWhenAsked) {
  start();
  HttpClient client(port_);
  for (std::string target : {"/", "/metrics", "/api/v1/domains", "/domains/broken.example"}) {
    Reply plain = client.get(target, "Accept-Encoding: gzip;q=0, br\r\n");
    Reply packed = client.get(target, "Accept-Encoding: br, gzip;q=0.5\r\n");
    EXPECT_FALSE(plain.headers.contains("content-encoding")) << target;
    EXPECT_EQ(packed.headers["content-encoding"], "gzip") << target;
    EXPECT_EQ(packed.headers["vary"], "Accept-Encoding");
    EXPECT_EQ(gunzipped(packed.body), plain.body) << target;
    EXPECT_LT(packed.body.size(), plain.body.size() + 32) << target;
  }
  Reply small = client.get("/-/ready", "Accept-Encoding: gzip\r\n");
  EXPECT_FALSE(small.headers.contains("content-encoding")) << "not worth it";
}

TEST_F(WebServerTest, EndsTheBodyWithTheConnectionForOldClients) {
  start();
  HttpClient client(port_);
  client.send("GET /metrics HTTP/1.0\r\n\r\n");
  Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.headers.contains("transfer-encoding"));
  HttpClient modern(port_);
  EXPECT_EQ(reply.body, modern.get("/metrics").body);
  EXPECT_TRUE(client.at_end());
}

TEST_F(WebServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  HttpClient client(port_);
  std::string requests;
  for (int i = 0; i < 20; ++i)
    requests += i % 2 == 0 ? "GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n"
                           : "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";
  requests += "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.read_reply().status, i % 2 == 0 ? 200 : 404) << i;
  Reply last = client.read_reply();
  EXPECT_EQ(last.status, 200);
  EXPECT_TRUE(last.whole);
  EXPECT_TRUE(client.at_end());
}

TEST_F(WebServerTest, RefusesWhatIsTooLargeOrNoHttp) {
  start();
  struct Case {
    std::string request;
    int status;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\nX: " + std::string(20000, 'a') + "\r\n\r\n", 431},     // header too large
      {"GET /" + std::string(20000, 'a') + " HTTP/1.1\r\n\r\n", 431},            // one long line
      {"GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 400},  // address too long
      {"POST /-/reload HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413},  // announced too large
      {"POST /-/reload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" +
           std::string(0x20000, 'a') + "\r\n0\r\n\r\n",
       413},                                                          // in chunks
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},  // TLS
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", 413},          // a route that takes no body
      {"POST /-/reload HTTP/1.1\r\nContent-Length: 1025\r\n\r\n", 413},
      {"POST /-/reload HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody", 501},  // small enough
      // A fault of the path takes precedence over a fault of the body.
      {"POST /nothing HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 404},
      {"PUT /metrics HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 405},
      {"POST /-/reload HTTP/1.1\r\nOrigin: null\r\nContent-Length: 99999999\r\n\r\n", 403},
      {"hello\r\n\r\n", 400},
      {"GET / HTTP/9.9\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: nine\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nbroken header\r\n\r\n", 400},
  };
  for (const Case& c : cases) {
    HttpClient client(port_);
    client.send(c.request);
    Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, c.status) << c.request.substr(0, 60);
  }
  HttpClient after(port_);
  EXPECT_EQ(after.get("/-/healthy").status, 200);
}

TEST_F(WebServerTest, ProbesThroughTheHook) {
  std::vector<std::thread> threads;
  std::string asked;
  milliseconds limit{0};
  WebActions actions;
  actions.probe = [&](std::string domain, milliseconds given, auto done) {
    asked = domain;
    limit = given;
    threads.emplace_back([domain, done] {
      if (domain == "new.example")
        done(Failure{FailureKind::timed_out, "The check took too long."});
      else
        done(verdict::ReportPtr(present::world::bad_report(domain)));
    });
  };
  start(std::move(actions));
  HttpClient client(port_);
  Reply reply =
      client.get("/probe?target=Broken.EXAMPLE.", "X-Prometheus-Scrape-Timeout-Seconds: 10.5\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(asked, "broken.example");
  EXPECT_EQ(limit, milliseconds(10000));
  EXPECT_NE(reply.body.find("mtasts_probe_success 0\n"), std::string::npos);
  EXPECT_EQ(reply.body.find("domain=\"example.com\""), std::string::npos);
  reply = client.get("/probe?target=new.example");
  EXPECT_EQ(reply.status, 504);
  EXPECT_EQ(reply.body, "The check took too long.\n");
  for (std::thread& thread : threads) thread.join();
}

TEST_F(WebServerTest, GivesUpOnHooksThatNeverAnswer) {
  WebLimits limits;
  limits.answer = milliseconds(100);
  std::function<void(Result<verdict::ReportPtr>)> kept;
  WebActions actions;
  actions.probe = [&](std::string, milliseconds, auto done) { kept = std::move(done); };
  start(std::move(actions), limits);
  HttpClient client(port_);
  EXPECT_EQ(client.get("/probe?target=example.com").status, 504);
  kept(verdict::ReportPtr(present::world::good_report()));  // too late: no harm
  EXPECT_EQ(client.get("/-/ready").status, 200);
  server_.reset();
  kept(verdict::ReportPtr(present::world::good_report()));  // the server is gone: no harm
}

TEST_F(WebServerTest, ReloadsOnPostOfItsOwnSiteOnly) {
  std::vector<std::string> errors;
  int reloads = 0;
  WebActions actions;
  actions.reload = [&](auto done) {
    ++reloads;
    using Outcome = ReloadResult::Outcome;
    done(ReloadResult{errors.empty() ? Outcome::applied : Outcome::refused, errors});
  };
  start(std::move(actions));
  HttpClient client(port_);
  const std::string empty = "Content-Length: 0\r\n";
  EXPECT_EQ(client.get("/-/reload", empty, "POST").status, 200);
  EXPECT_EQ(client.get("/-/reload", empty + "Origin: http://agent.example\r\n", "POST").status,
            200);
  EXPECT_EQ(reloads, 2);
  for (std::string header :
       {"Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
        "Origin: http://agent.example.evil.example\r\n", "Origin: http://agent.example:81\r\n"})
    EXPECT_EQ(client.get("/-/reload", empty + header, "POST").status, 403) << header;
  EXPECT_EQ(reloads, 2);
  errors = {"a.toml:3:1: no\x1b[0m"};
  Reply reply = client.get("/-/reload", empty, "POST");
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body, "a.toml:3:1: no\\x1B[0m\nThe current settings stay active.\n");
}

TEST_F(WebServerTest, IsReadyWhenTheHookSaysSo) {
  std::atomic<bool> ready = false;
  WebActions actions;
  actions.ready = [&] { return ready.load(); };
  actions.agent_metrics = [] { return std::string("# TYPE own gauge\nown 1\n"); };
  start(std::move(actions));
  HttpClient client(port_);
  EXPECT_EQ(client.get("/-/ready").status, 503);
  ready = true;
  EXPECT_EQ(client.get("/-/ready").status, 200);
  EXPECT_TRUE(client.get("/metrics").body.starts_with("# TYPE own gauge\nown 1\n# HELP mtasts_"));
}

TEST_F(WebServerTest, SaysWhyItCannotListen) {
  start();
  auto second = WebServer::start({loopback(), loopback(port_)}, *site_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.failure().detail.substr(0, second.failure().detail.find(';')),
            "cannot listen on 127.0.0.1:" + std::to_string(port_) + ": Address already in use");
  auto foreign = WebServer::start({{IpAddress::parse("192.0.2.1").value(), 0}}, *site_);
  EXPECT_FALSE(foreign.ok());
}

}  // namespace
}  // namespace mtasts::web
