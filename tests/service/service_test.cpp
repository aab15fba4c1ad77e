// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The long-running process over a small world of loopback servers: start, every way to request a
// reload, refusal of invalid settings, shutdown.
#include "service/service.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "fakes/mail_world.h"
#include "fakes/wait_until.h"
#include "web/http_client.h"

namespace mtasts::service {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kZero = "d000.example", kOne = "d001.example", kTwo = "d002.example";

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

TEST_F(ServiceTest, ChecksItsDomainsAndAnswers) {
  start();
  EXPECT_TRUE(is_exposed(kZero) && is_exposed(kOne));
  EXPECT_FALSE(is_exposed(kTwo));
  std::string metrics = get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("mtasts_checks_total "));
  EXPECT_THAT(metrics, HasSubstr("mtasts_phase_duration_seconds_count{phase=\"dns\"}"));
  EXPECT_THAT(get("/api/v1/domains/" + kZero).body, HasSubstr("\"outcome\":\"ok\""));
  EXPECT_THAT(get("/probe?target=" + kZero).body, HasSubstr("mtasts_probe_success 1\n"));
}

TEST_F(ServiceTest, ReloadsOnRequest) {
  start();
  configure({kOne, kTwo});
  EXPECT_EQ(get("/-/reload", "POST").status, 200);
  EXPECT_TRUE(is_exposed(kTwo));
  EXPECT_FALSE(is_exposed(kZero)) << "no series outlives its domain";
}

TEST_F(ServiceTest, ReloadsOnSighup) {
  start();
  configure({kZero, kTwo});
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  EXPECT_TRUE(becomes_exposed(kTwo));
}

TEST_F(ServiceTest, RefusesBadSettingsAndKeepsTheOldOnes) {
  start();
  break_settings("[check] intervall is not a setting");
  web::Reply reply = get("/-/reload", "POST");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("config.toml:3:1: [check] intervall is not a setting"));
  EXPECT_TRUE(is_exposed(kZero));
  EXPECT_THAT(get("/metrics").body, HasSubstr("mtasts_exporter_config_last_reload_successful 0\n"));
  configure({kTwo});
  EXPECT_EQ(get("/-/reload", "POST").status, 200);
  EXPECT_THAT(get("/metrics").body, HasSubstr("mtasts_exporter_config_last_reload_successful 1\n"));
}

TEST_F(ServiceTest, ReloadsAtOnceAreDoneOneAfterTheOther) {
  start();
  configure({kTwo});
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&] { good += get("/-/reload", "POST").status == 200 ? 1 : 0; });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 4);
  EXPECT_TRUE(is_exposed(kTwo));
}

TEST_F(ServiceTest, StopsSoonWhileChecksHang) {
  world_.dns().behave("_mta-sts." + kTwo, fakes::DnsBehaviour::silent);
  loaded_.settings.check.timeout = loaded_.settings.dns.timeout = std::chrono::minutes(5);
  start();
  configure({kTwo});
  EXPECT_EQ(get("/-/reload", "POST").status, 200);
  auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(ServiceTest, StopsSoonWhileALoadHangs) {
  start();
  hanging_ = true;
  int before = loads_;
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  ASSERT_TRUE(fakes::wait_until("the load", [&] { return loads_ > before; }));
  EXPECT_EQ(get("/-/healthy").status, 200);
  auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  hanging_ = false;  // the abandoned load may end now, and touches nothing
  EXPECT_TRUE(fakes::wait_until("its end", [&] { return loads_ended_ == loads_; }));
}

TEST_F(ServiceTest, SaysWhyItCannotStart) {
  loaded_.settings.https.ca_file = "/nowhere/ca.pem";
  auto started = service_.start(load());
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.failure().detail, HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace mtasts::service
