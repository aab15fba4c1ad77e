// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The web server on a free port of loopback, over a board that holds the small world.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "present/metrics_table.h"
#include "present/world.h"
#include "web/http_client.h"
#include "web/web_server.h"
#include "web/web_site.h"

namespace mtasts::web {

inline settings::Endpoint loopback(uint16_t port = 0) {
  return {IpAddress::parse("127.0.0.1").value(), port};
}

class WebServerTest : public testing::Test {
 protected:
  void start(WebActions actions = {}, WebLimits limits = {}) {
    present::world::fill(reports_);
    site_ = std::make_unique<WebSite>(reports_, std::move(actions), settings::ProbeSettings{});
    auto started = WebServer::start({loopback()}, *site_, limits);
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    server_ = std::move(started.value());
    port_ = server_->endpoints().at(0).port;
    ASSERT_NE(port_, 0);
  }

  // A new connection is served before the time is over.
  bool answers_within(std::chrono::seconds limit) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
      HttpClient client(port_);
      if (client.get("/-/ready").status == 200) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  board::LatestReports reports_{present::metric_renderers()};
  std::unique_ptr<WebSite> site_;
  std::unique_ptr<WebServer> server_;
  uint16_t port_ = 0;
};

}  // namespace mtasts::web
