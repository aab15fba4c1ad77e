// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The long-running process over a small world of loopback servers: start, every way to request a
// reload, refusal of invalid settings, shutdown.
#include "service/service.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "fakes/wait_until.h"
#include "service/service_fixture.h"
#include "web/http_client.h"

namespace mtasts::service {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ServiceTest, ChecksItsDomainsAndAnswers) {
  start();
  EXPECT_TRUE(is_exposed(kZero) && is_exposed(kOne));
  EXPECT_FALSE(is_exposed(kTwo));
  std::string metrics = get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("mtasts_checks_total "));
  EXPECT_THAT(metrics, HasSubstr("mtasts_phase_duration_seconds_count{phase=\"dns\"}"));
  EXPECT_THAT(metrics, HasSubstr("mtasts_loop_lag_seconds_bucket{le=\"0.05\"}"));
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
