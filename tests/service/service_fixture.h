// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A Service over a small world of loopback servers, with settings that tests change between loads.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "fakes/mail_world.h"
#include "fakes/wait_until.h"
#include "service/service.h"
#include "web/http_client.h"

namespace mtasts::service {

inline const std::string kZero = "d000.example", kOne = "d001.example", kTwo = "d002.example";

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    loaded_.settings = world_.settings();
    loaded_.settings.web.listen = {{IpAddress::parse("127.0.0.1").value(), 0}};
    loaded_.settings.telemetry.listen = "";
    loaded_.settings.state.path = ":memory:";
    configure({kZero, kOne});
  }
  ~ServiceTest() override { stop(); }

  // The settings that the next load returns.
  void configure(const std::vector<std::string>& domains) {
    std::lock_guard lock(mutex_);
    loaded_.errors.clear();
    loaded_.settings.domains.clear();
    for (const std::string& domain : domains)
      loaded_.settings.domains.push_back({*DomainName::parse(domain), {}, std::nullopt});
    loaded_.settings.hash = std::to_string(++generation_);
  }
  // The same settings, written in another way.
  void rewrite() {
    std::lock_guard lock(mutex_);
    loaded_.errors.clear();
    loaded_.settings.hash = std::to_string(++generation_);
  }
  template <typename Change>
  void change(const Change& change) {
    rewrite();
    std::lock_guard lock(mutex_);
    change(loaded_.settings);
  }
  void break_settings(const std::string& message) {
    std::lock_guard lock(mutex_);
    loaded_.errors = {{"config.toml", 3, 1, message}};
  }
  settings::LoadedSettings load() {
    ++loads_;
    while (hanging_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    settings::LoadedSettings copy;
    {
      std::lock_guard lock(mutex_);
      copy = loaded_;
    }
    ++loads_ended_;  // last: the fixture may go now
    return copy;
  }

  void start() {
    auto started = service_.start(load());
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    port_ = service_.web_endpoints().at(0).port;
    thread_ = std::thread([this] { service_.run(); });
    ASSERT_TRUE(
        fakes::wait_until("the first round", [&] { return get("/-/ready").status == 200; }));
  }
  void stop() {
    if (!thread_.joinable()) return;
    service_.request_stop();
    thread_.join();
  }

  web::Reply get(const std::string& target, const std::string& method = "GET") const {
    web::HttpClient client(port_);
    return client.get(target, "", method);
  }
  // A sample of the agent's own metrics; -1: there is none.
  double sample(const std::string& name) const {
    const std::string text = "\n" + get("/metrics").body;
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  bool is_exposed(const std::string& domain) const {
    return get("/metrics").body.find("mtasts_domain_info{domain=\"" + domain + "\"}") !=
           std::string::npos;
  }
  testing::AssertionResult becomes_exposed(const std::string& domain) const {
    return fakes::wait_until("the domain's metrics", [&] { return is_exposed(domain); });
  }

  fakes::MailWorld world_{4};
  std::mutex mutex_;
  settings::LoadedSettings loaded_;
  int generation_ = 0;
  std::atomic<bool> hanging_ = false;  // the next load does not end
  std::atomic<int> loads_ = 0;
  std::atomic<int> loads_ended_ = 0;
  Service service_{[this] { return load(); }};
  std::thread thread_;
  uint16_t port_ = 0;
};

}  // namespace mtasts::service
