// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reloads of a running agent: what they leave alone, how many there are of them, and who gets which
// answer.
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "fakes/certificate_factory.h"
#include "fakes/wait_until.h"
#include "service/service_fixture.h"

namespace mtasts::service {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReloadTest : public ServiceTest {
 protected:
  web::Reply reload() const { return get("/-/reload", "POST"); }
  double checks() const { return sample("mtasts_checks_total"); }

  // Clients that all ask for a reload while one is under way that does not end.
  void ask_while_one_hangs(int clients) {
    const int before = loads_;
    hanging_ = true;
    ask(1);
    ASSERT_TRUE(fakes::wait_until("the load", [&] { return loads_ > before; }));
    ask(clients - 1);
  }
  void ask(int clients) {
    for (int i = 0; i < clients; ++i)
      clients_.emplace_back([this] {
        ++asked_;
        const int status = reload().status;
        good_ += status == 200 ? 1 : 0;
        limited_ += status == 429 ? 1 : 0;
      });
  }
  void join() {
    for (std::thread& client : clients_) client.join();
    clients_.clear();
  }

  std::vector<std::thread> clients_;
  std::atomic<int> asked_ = 0;
  std::atomic<int> good_ = 0;
  std::atomic<int> limited_ = 0;  // one client may ask 30 times at once
};

TEST_F(ReloadTest, OfEqualSettingsChangesNothing) {
  start();
  const double before = checks();
  const double hash = sample("mtasts_exporter_config_hash");
  rewrite();
  const web::Reply reply = reload();
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("Nothing changed"));
  EXPECT_EQ(service_.engines(), 1);
  EXPECT_EQ(checks(), before) << "nothing is due because of it";
  EXPECT_EQ(sample("mtasts_exporter_config_last_reload_successful"), 1);
  EXPECT_NE(sample("mtasts_exporter_config_hash"), hash) << "it is written in another way";
}

TEST_F(ReloadTest, OfDomainsAndUnrelatedSettingsKeepsTheEngine) {
  start();
  configure({kZero, kOne, kTwo});
  EXPECT_THAT(reload().body, HasSubstr("were reloaded"));
  ASSERT_TRUE(fakes::wait_until("its check", [&] { return checks() == 3; }));
  change([](settings::Settings& settings) {
    settings.log.level = LogLevel::warning;
    settings.web.external_url = "https://outside.example/";
    settings.check.concurrency = 7;
    settings.check.change_hold = std::chrono::hours(1);
    settings.probe.any = true;
    settings.domains.front().labels["team"] = "mail";
  });
  EXPECT_THAT(reload().body, HasSubstr("were reloaded"));
  EXPECT_EQ(service_.engines(), 1);
  EXPECT_EQ(checks(), 3) << "the other domains keep their times";
  EXPECT_THAT(get("/metrics").body,
              HasSubstr("mtasts_domain_info{domain=\"" + kZero + "\",team=\"mail\"}"));
  EXPECT_EQ(get("/probe?target=d003.example").status, 200) << "the new rule holds";
}

TEST_F(ReloadTest, OfSettingsThatChecksUseMakesAnEngine) {
  start();
  change([](settings::Settings& settings) { settings.dns.tries = 1; });
  EXPECT_EQ(reload().status, 200);
  EXPECT_EQ(service_.engines(), 2);
  EXPECT_THAT(get("/probe?target=" + kTwo).body, Not(HasSubstr("mtasts_probe_success 0")));
}

TEST_F(ReloadTest, SeesAnotherContentOfACaFile) {
  fakes::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "ca.pem";
  std::filesystem::copy_file(loaded_.settings.https.ca_file, file);
  loaded_.settings.https.ca_file = file.string();
  start();
  EXPECT_THAT(reload().body, HasSubstr("Nothing changed"));
  std::ofstream(file, std::ios::app) << "# a comment\n";
  EXPECT_THAT(reload().body, HasSubstr("were reloaded"));
  EXPECT_EQ(service_.engines(), 2);
  std::ofstream(file) << "no certificate\n";
  const web::Reply refused = reload();
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.body, HasSubstr(file.string()));
  EXPECT_EQ(service_.engines(), 2);
}

TEST_F(ReloadTest, AStormIsMergedAndAnswered) {
  start();
  const int before = loads_;
  configure({kOne, kTwo});
  ask_while_one_hangs(200);
  ASSERT_TRUE(fakes::wait_until("all requests", [&] { return asked_ == 200; }));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  EXPECT_EQ(get("/-/healthy").status, 200);
  hanging_ = false;
  join();
  EXPECT_GE(good_, 30);
  EXPECT_EQ(good_ + limited_, 200) << "everybody is answered";
  EXPECT_LE(loads_ - before, 50) << "two, and one for each client that came late";
  EXPECT_EQ(service_.engines(), 1);
  EXPECT_TRUE(is_exposed(kTwo));
}

TEST_F(ReloadTest, AStormOfChangesDoesNotRepeatChecks) {
  start();
  for (int i = 0; i < 30; ++i) {
    change([i](settings::Settings& settings) {
      settings.domains.front().labels["number"] = std::to_string(i);
    });
    ASSERT_EQ(reload().status, 200);
  }
  EXPECT_EQ(service_.engines(), 1);
  EXPECT_EQ(checks(), 2);
  EXPECT_THAT(get("/metrics").body, HasSubstr("number=\"29\""));
}

TEST_F(ReloadTest, ACheckUnderWaySurvivesIt) {
  world_.dns().delay("_mta-sts." + kTwo, std::chrono::milliseconds(500));
  // Far more than the delay, however busy the machine is: a query that got lost would show.
  loaded_.settings.dns.timeout = std::chrono::seconds(20);
  loaded_.settings.check.timeout = std::chrono::minutes(1);
  start();
  configure({kZero, kOne, kTwo});
  ASSERT_EQ(reload().status, 200);
  // Its check has begun, and waits for DNS.
  change([](settings::Settings& settings) { settings.dns.tries = 1; });
  ASSERT_EQ(reload().status, 200);
  EXPECT_EQ(service_.engines(), 2);
  ASSERT_TRUE(fakes::wait_until("its report", [&] { return checks() == 3; }));
  EXPECT_THAT(get("/api/v1/domains/" + kTwo).body, HasSubstr("\"outcome\":\"ok\""));
}

TEST_F(ReloadTest, OverHttpIsSwitchedOffAndOnByReload) {
  start();
  change([](settings::Settings& settings) { settings.web.reload = false; });
  EXPECT_EQ(reload().status, 200);
  const web::Reply refused = reload();
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("[web] reload"));
  change([](settings::Settings& settings) { settings.web.reload = true; });
  EXPECT_EQ(reload().status, 403) << "it is the setting in use that counts";
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  EXPECT_TRUE(fakes::wait_until("a signal to reload", [&] { return reload().status == 200; }));
}

TEST_F(ReloadTest, SettingsThatAreAsBeforeEndTheRefusal) {
  fakes::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "settings.toml";
  std::ofstream(file) << "one";
  loaded_.settings.files = {file};
  start();
  const std::string hash = loaded_.settings.hash;
  break_settings("[check] intervall is not a setting");
  std::ofstream(file) << "a typing error";
  EXPECT_TRUE(fakes::wait_until(
      "the refusal", [&] { return sample("mtasts_exporter_config_last_reload_successful") == 0; }));
  {
    std::lock_guard lock(mutex_);
    loaded_.errors.clear();
  }
  std::ofstream(file) << "one";
  EXPECT_TRUE(fakes::wait_until("its end", [&] {
    return sample("mtasts_exporter_config_last_reload_successful") == 1;
  })) << "the text is that of the settings in use, hash and all";
  EXPECT_EQ(service_.engines(), 1);
}

TEST_F(ReloadTest, ManyProbesCostNoMoreChecks) {
  start();
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 20; ++i)
    clients.emplace_back([&] { good += get("/probe?target=" + kZero).status == 200 ? 1 : 0; });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 20);
  EXPECT_LE(checks(), 3) << "that of the start, or one more for all";
}

}  // namespace
}  // namespace mtasts::service
