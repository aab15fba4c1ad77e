// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "fakes/wait_until.h"
#include "web/http_client.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_F(WebServerTest, HangsUpOnSlowClients) {
  WebLimits limits;
  limits.request = milliseconds(150);
  limits.idle = milliseconds(150);
  start({}, limits);
  HttpClient silent(port_);
  HttpClient dripping(port_);
  HttpClient half(port_);
  ASSERT_TRUE(half.send("GET /metrics HTTP/1.1\r\nHost:"));
  auto begin = steady_clock::now();
  bool cut = false;
  ASSERT_TRUE(dripping.send("GET /metrics HTTP/1.1\r\n"));
  while (!cut && steady_clock::now() - begin < std::chrono::seconds(5)) {
    cut = !dripping.send("X: y\r\n");  // each octet in time, but never the whole request
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_TRUE(cut);
  EXPECT_TRUE(silent.at_end());
  EXPECT_TRUE(half.at_end());
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(WebServerTest, HangsUpOnClientsThatDoNotRead) {
  WebLimits limits;
  limits.write = milliseconds(200);
  limits.connections = 1;
  start({}, limits);
  std::vector<settings::DomainEntry> all;
  for (int i = 0; i < 5000; ++i)
    all.push_back(present::world::configured("d" + std::to_string(i) + ".example"));
  published_.set_domains(all);
  auto facts = present::world::host_facts();
  for (const auto& domain : all)
    published_.publish(present::world::good_report(domain.name.text(), facts));
  HttpClient lazy(port_);
  ASSERT_TRUE(lazy.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(lazy.wait_for_octets());
  EXPECT_TRUE(answers_within(std::chrono::seconds(10))) << "the only place is not free again";
  EXPECT_FALSE(lazy.read_reply().whole);
  // The only connection slot is free once the server has noticed that the previous client left.
  Reply whole;
  EXPECT_TRUE(fakes::wait_until("a whole reply", [&] {
    HttpClient busy(port_);
    whole = busy.get("/metrics");
    return whole.whole;
  }));
  EXPECT_GT(whole.body.size(), 10u << 20) << "must not fit in socket buffers";
}

TEST_F(WebServerTest, BoundsItsConnections) {
  WebLimits limits;
  limits.connections = 4;
  start({}, limits);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<HttpClient>(port_));
    EXPECT_EQ(clients.back()->get("/-/ready").status, 200);
  }
  HttpClient fifth(port_);
  EXPECT_TRUE(fifth.at_end());
  clients.clear();
  EXPECT_TRUE(answers_within(std::chrono::seconds(10))) << "connections that ended still count";
}

TEST_F(WebServerTest, StopsWithinASecondWhateverClientsDo) {
  std::function<void(Result<verdict::ReportPtr>)> kept;
  WebActions actions;
  actions.probe = [&](std::string, milliseconds, auto done) { kept = std::move(done); };
  start(std::move(actions));
  HttpClient idle(port_);
  EXPECT_EQ(idle.get("/-/ready").status, 200);
  HttpClient half(port_);
  ASSERT_TRUE(half.send("GET / HTTP/1.1\r\n"));
  HttpClient waiting(port_);
  ASSERT_TRUE(waiting.send("GET /probe?target=example.com HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(idle.get("/-/ready").status, 200) << "the loop has seen all of them";
  auto begin = steady_clock::now();
  server_->stop();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(waiting.read_reply().status, 503);
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(half.at_end());
  HttpClient refused(port_);
  EXPECT_FALSE(refused.connected());
  server_->stop();
}

TEST_F(WebServerTest, UpdatesItsHeartbeatWhileItRuns) {
  start();
  auto first = server_->heartbeat();
  EXPECT_TRUE(fakes::wait_until(
      "the next beat", [&] { return server_->heartbeat() > first; }, std::chrono::seconds(10)));
}

TEST_F(WebServerTest, ScrapesWhileReportsArePublished) {
  start();
  std::atomic<bool> stop = false;
  std::thread publisher([&] {
    while (!stop) {
      auto facts = present::world::host_facts();
      published_.publish(present::world::good_report("example.com", facts));
      published_.publish(present::world::bad_report("broken.example", facts));
      published_.set_domains({present::world::configured("example.com"),
                              present::world::configured("broken.example")});
    }
  });
  std::vector<std::thread> scrapers;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i)
    scrapers.emplace_back([&, i] {
      HttpClient client(port_);
      for (int scrape = 0; scrape < 15; ++scrape) {
        Reply reply = client.get(scrape % 2 == 0 ? "/metrics" : "/",
                                 i % 2 == 0 ? "Accept-Encoding: gzip\r\n" : "");
        if (reply.status == 200 && reply.whole) ++good;
      }
    });
  for (std::thread& scraper : scrapers) scraper.join();
  stop = true;
  publisher.join();
  EXPECT_EQ(good, 60);
}

}  // namespace
}  // namespace mtasts::web
