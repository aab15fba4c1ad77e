// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/telemetry_server.h"

#include <gtest/gtest.h>

#include <atomic>

#include "present/agent_metrics.h"
#include "web/http_client.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

using std::chrono::steady_clock;

TEST(TelemetryServer, ServesMetricsAndHealth) {
  present::AgentMetrics metrics({"0.1.0", "", "g++"});
  std::atomic<bool> ready = false;
  std::atomic<bool> standing = false;
  TelemetryHooks hooks;
  hooks.metrics = [&] { return metrics.text(); };
  hooks.ready = [&] { return ready.load(); };
  hooks.heartbeats = {
      {"check loop", [] { return steady_clock::now(); }},
      {"web loop", [&] { return steady_clock::now() - std::chrono::seconds(standing ? 31 : 29); }}};
  auto started = TelemetryServer::start(loopback(), hooks);
  ASSERT_TRUE(started.ok()) << started.failure().detail;
  uint16_t port = started.value()->endpoint().port;
  ASSERT_NE(port, 0);
  auto get = [port](const std::string& target, const std::string& headers = "",
                    const std::string& method = "GET") {
    HttpClient client(port);
    return client.get(target, headers, method);
  };
  Reply reply = get("/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(reply.body.find("mtasts_exporter_build_info{"), std::string::npos);
  EXPECT_NE(reply.body.find("process_open_fds "), std::string::npos);
  reply = get("/metrics", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(reply.headers["content-encoding"], "gzip");
  EXPECT_NE(gunzipped(reply.body).find("mtasts_shards 1\n"), std::string::npos);
  reply = get("/metrics", "", "HEAD");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "");

  EXPECT_EQ(get("/-/ready").status, 503);
  ready = true;
  EXPECT_EQ(get("/-/ready").status, 200);
  EXPECT_EQ(get("/-/healthy").status, 200);
  standing = true;
  reply = get("/-/healthy");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "Unresponsive for more than 30 seconds: web loop.\n");

  EXPECT_EQ(get("/metricsss").status, 404);
  EXPECT_EQ(get("/").status, 404);
  EXPECT_EQ(get("/////etc/passwd").status, 404);
  reply = get("/metrics", "Content-Length: 0\r\n", "POST");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers["allow"], "GET, HEAD");
  HttpClient large(port);
  EXPECT_NE(large.get("/metrics", "X: " + std::string(40000, 'a') + "\r\n").status, 200);
  EXPECT_EQ(get("/-/ready").status, 200);
}

TEST(TelemetryServer, SaysWhyItCannotListen) {
  auto first = TelemetryServer::start(loopback(), {});
  ASSERT_TRUE(first.ok());
  const settings::Endpoint taken = (*first)->endpoint();
  auto second = TelemetryServer::start(taken, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.failure().detail, "cannot listen on " + taken.text() +
                                         ": Address already in use; stop the program that has the "
                                         "port, or set [telemetry] listen to another one");
  EXPECT_FALSE(TelemetryServer::start({IpAddress::parse("192.0.2.1").value(), 0}, {}).ok());
}

TEST(TelemetryServer, StopsWhileClientsHang) {
  auto started = TelemetryServer::start(loopback(), {});
  ASSERT_TRUE(started.ok());
  HttpClient half(started.value()->endpoint().port);
  ASSERT_TRUE(half.send("GET /metr"));
  auto begin = steady_clock::now();
  started.value().reset();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST(Standstill, NamesUnresponsiveLoops) {
  auto now = steady_clock::now();
  auto at = [now](int seconds) {
    return [now, seconds] { return now - std::chrono::seconds(seconds); };
  };
  EXPECT_EQ(standstill({}, now), "");
  EXPECT_EQ(standstill({{"a", at(0)}, {"b", at(30)}}, now), "");
  EXPECT_EQ(standstill({{"a", at(31)}, {"b", at(0)}, {"c", at(99)}}, now),
            "Unresponsive for more than 30 seconds: a, c.");
}

}  // namespace
}  // namespace mtasts::web
