// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The web server on a free loopback port, over reports of the small world.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>

#include "fakes/wait_until.h"
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
    present::world::fill(published_);
    site_ = std::make_unique<WebSite>(published_.reports, published_.exposition, std::move(actions),
                                      settings::ProbeSettings{});
    auto started = WebServer::start({loopback()}, *site_, limits);
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    server_ = std::move(started.value());
    port_ = server_->endpoints().at(0).port;
    ASSERT_NE(port_, 0);
  }

  // A new connection is served before the timeout.
  testing::AssertionResult answers_within(std::chrono::seconds limit) const {
    auto answers = [this] {
      HttpClient client(port_);
      return client.get("/-/ready").status == 200;
    };
    return fakes::wait_until("an answer", answers, limit);
  }

  present::world::Published published_;
  std::unique_ptr<WebSite> site_;
  std::unique_ptr<WebServer> server_;
  uint16_t port_ = 0;
};

}  // namespace mtasts::web
