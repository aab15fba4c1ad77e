// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The two ports without the rest of the service: health while loops stand still.

#include "service/listeners.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "web/http_client.h"

namespace mtasts::service {
namespace {

int status_of(uint16_t port, const std::string& host, const std::string& target) {
  web::HttpClient client(port);
  client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  return client.read_reply().status;
}

class ListenersTest : public testing::Test {
 protected:
  ListenersTest() {
    settings_.web.listen = {{IpAddress::parse("127.0.0.1").value(), 0}};
    settings_.telemetry.listen = "127.0.0.1:" + std::to_string(free_port());
  }
  ~ListenersTest() override {
    listeners_.stop_web();
    listeners_.stop_telemetry();
  }

  static uint16_t free_port() {
    auto held = web::TelemetryServer::start({IpAddress::parse("127.0.0.1").value(), 0}, {});
    return (*held)->endpoint().port;
  }

  board::LatestReports reports_;
  present::ExpositionCache exposition_;
  settings::Settings settings_;
  Listeners listeners_{reports_, exposition_};
};

// The web loop stands still inside a handler, the checks' loop does not run at all.
TEST_F(ListenersTest, TelemetryAnswersWhileBothLoopsStandStill) {
  std::mutex mutex;
  std::condition_variable changed;
  bool inside = false;
  bool released = false;
  web::WebActions actions;
  actions.reload = [&](auto done) {
    std::unique_lock lock(mutex);
    inside = true;
    changed.notify_all();
    changed.wait(lock, [&] { return released; });
    done({});
  };
  web::TelemetryHooks hooks;
  hooks.metrics = [] { return std::string("own 1\n"); };
  const auto begin = std::chrono::steady_clock::now();
  hooks.heartbeats = {{"checks", [begin] { return begin - std::chrono::minutes(1); }}};
  auto started = listeners_.start(settings_, std::move(actions), std::move(hooks));
  ASSERT_TRUE(started.ok()) << started.failure().detail;
  web::HttpClient stuck(listeners_.web_endpoints().front().port);
  stuck.send("POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return inside; }));
  }
  const auto port = static_cast<uint16_t>(
      std::stoi(settings_.telemetry.listen.substr(settings_.telemetry.listen.find(':') + 1)));
  std::vector<std::unique_ptr<web::HttpClient>> silent;
  for (int i = 0; i < 300; ++i) silent.push_back(std::make_unique<web::HttpClient>(port));
  web::HttpClient client(port);
  const web::Reply health = client.get("/-/healthy", "Connection: keep-alive\r\n");
  EXPECT_EQ(status_of(port, "localhost", "/metrics"), 200);
  EXPECT_EQ(status_of(port, "rebound.example", "/metrics"), 421) << "as on the web port";
  EXPECT_EQ(status_of(port, "127.0.0.1", "/-/healthy"), 503);
  EXPECT_EQ(health.status, 421) << "the client's Host is not among the names";
  {
    std::lock_guard lock(mutex);
    released = true;
  }
  changed.notify_all();
  EXPECT_EQ(stuck.read_reply().status, 200);
}

}  // namespace
}  // namespace mtasts::service
