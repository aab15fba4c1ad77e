// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Policies served by the agent: from the settings to a response, across reloads that succeed and
// reloads that do not.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fakes/certificate_factory.h"
#include "protocol/sts/policy_writer.h"
#include "service/service_fixture.h"

namespace mtasts::service {
namespace {

using protocol::Mode;
using testing::HasSubstr;
using testing::Not;

class PolicyHostServiceTest : public ServiceTest {
 protected:
  PolicyHostServiceTest() {
    std::string folder = std::filesystem::temp_directory_path() / "mtasts-policies-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    loaded_.settings.policy_host.listen = {{IpAddress::parse("127.0.0.1").value(), 0}};
    loaded_.settings.policy_host.policies = {policy({kZero, kTwo}, Mode::testing)};
  }
  ~PolicyHostServiceTest() override {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static settings::HostedPolicySettings policy(const std::vector<std::string>& domains, Mode mode) {
    settings::HostedPolicySettings made;
    for (const std::string& domain : domains) made.domains.push_back(*DomainName::parse(domain));
    made.mode = mode;
    made.mx = {"mx.example"};
    return made;
  }
  static std::string body(Mode mode) {
    return protocol::write_policy(mode, {"mx.example"}, 604800);
  }

  // `change` the settings that the next load returns, and have it loaded.
  int reload(const std::function<void(settings::PolicyHostSettings&)>& change) {
    {
      std::lock_guard lock(mutex_);
      change(loaded_.settings.policy_host);
      loaded_.settings.hash = std::to_string(++generation_);
    }
    return get("/-/reload", "POST").status;
  }

  web::Reply fetch(const std::string& domain) {
    const auto endpoints = service_.policy_endpoints();
    if (endpoints.empty()) return {};
    web::HttpClient client(endpoints.at(0).port);
    client.send(
        fmt::format("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.{}\r\n\r\n", domain));
    return client.read_reply();
  }
  std::string metrics() const { return get("/metrics").body; }
  static std::string info(const std::string& domain, Mode mode) {
    return fmt::format("mtasts_hosted_policy_info{{domain=\"{}\",id=\"{}\"}} 1\n", domain,
                       protocol::id_of_policy(body(mode)));
  }

  std::string folder_;
};

TEST_F(PolicyHostServiceTest, ServesWhatTheSettingsSay) {
  start();
  EXPECT_EQ(fetch(kZero).body, body(Mode::testing));
  EXPECT_EQ(fetch(kTwo).body, body(Mode::testing)) << "a domain that is not checked";
  EXPECT_EQ(fetch(kOne).status, 404);
  EXPECT_THAT(metrics(), HasSubstr(info(kZero, Mode::testing)));
  EXPECT_THAT(metrics(),
              HasSubstr("mtasts_hosted_policy_requests_total{domain=\"d002.example\"} 1\n"));
  EXPECT_TRUE(fakes::wait_until("the agent's own metrics", [this] {
    return metrics().find("mtasts_hosted_policy_rejected_requests_total{reason=\"host\"} 1\n") !=
           std::string::npos;
  }));
}

TEST_F(PolicyHostServiceTest, AReloadChangesBodyAndIdTogether) {
  start();
  const auto port = service_.policy_endpoints().at(0).port;
  EXPECT_EQ(fetch(kZero).status, 200);
  EXPECT_EQ(reload([](settings::PolicyHostSettings& host) {
              host.policies = {policy({kZero}, Mode::enforce)};
            }),
            200);
  EXPECT_EQ(service_.policy_endpoints().at(0).port, port) << "the listener is not touched";
  EXPECT_EQ(fetch(kZero).body, body(Mode::enforce));
  EXPECT_THAT(metrics(), HasSubstr(info(kZero, Mode::enforce)));
  EXPECT_THAT(metrics(), Not(HasSubstr(info(kZero, Mode::testing))));
  EXPECT_THAT(metrics(),
              HasSubstr("mtasts_hosted_policy_requests_total{domain=\"d000.example\"} 2\n"));
  EXPECT_THAT(metrics(), Not(HasSubstr("mtasts_hosted_policy_info{domain=\"d002.example\"")));
  EXPECT_EQ(fetch(kTwo).status, 404) << "no longer hosted";
}

TEST_F(PolicyHostServiceTest, BadSettingsKeepBoth) {
  start();
  loaded_.settings.policy_host.policies = {policy({kZero}, Mode::enforce)};
  break_settings("[[policy]] mx ends with a dot");
  EXPECT_EQ(get("/-/reload", "POST").status, 500);
  EXPECT_EQ(fetch(kZero).body, body(Mode::testing));
  EXPECT_THAT(metrics(), HasSubstr(info(kZero, Mode::testing)));
}

TEST_F(PolicyHostServiceTest, AListenerThatCannotStartKeepsBoth) {
  start();
  const settings::Endpoint taken = service_.web_endpoints().at(0);
  for (const auto& certificate : {std::string(), folder_ + "/missing.crt"})
    EXPECT_EQ(reload([&](settings::PolicyHostSettings& host) {
                host.listen = {taken};
                host.cert_file = host.key_file = certificate;
                host.policies = {policy({kZero, kOne}, Mode::enforce)};
              }),
              500);
  EXPECT_EQ(fetch(kZero).body, body(Mode::testing));
  EXPECT_EQ(fetch(kOne).status, 404);
  EXPECT_THAT(metrics(), HasSubstr(info(kZero, Mode::testing)));
  EXPECT_THAT(metrics(), Not(HasSubstr("hosted_policy_info{domain=\"d001.example\"")));
}

TEST_F(PolicyHostServiceTest, AFailureTakesReportsBackToo) {
  loaded_.settings.state.path = folder_ + "/state.db";
  start();
  const settings::Endpoint taken = service_.web_endpoints().at(0);
  {
    std::lock_guard lock(mutex_);
    loaded_.settings.reports.enabled = true;
    loaded_.settings.reports.https.listen = {{IpAddress::parse("127.0.0.1").value(), 0}};
  }
  EXPECT_EQ(reload([&](settings::PolicyHostSettings& host) { host.listen = {taken}; }), 500);
  EXPECT_TRUE(service_.report_endpoints().empty()) << "the former settings have none";
  EXPECT_THAT(metrics(), Not(HasSubstr("tlsrpt_reports_total{")));
  EXPECT_EQ(fetch(kZero).status, 200);
}

TEST_F(PolicyHostServiceTest, AReloadSwitchesItOffAndOn) {
  start();
  EXPECT_EQ(reload([](settings::PolicyHostSettings& host) {
              host.listen.clear();
              host.policies.clear();
            }),
            200);
  EXPECT_TRUE(service_.policy_endpoints().empty());
  EXPECT_THAT(metrics(), Not(HasSubstr("hosted_policy")));
  EXPECT_EQ(reload([](settings::PolicyHostSettings& host) {
              host.listen = {{IpAddress::parse("127.0.0.1").value(), 0}};
              host.policies = {policy({kOne}, Mode::none)};
            }),
            200);
  EXPECT_EQ(fetch(kOne).body, body(Mode::none));
}

TEST_F(PolicyHostServiceTest, ACertificateMakesItHttps) {
  fakes::LeafOptions options;
  options.dns_names.push_back("mta-sts." + kZero);
  const fakes::Identity identity = fakes::self_signed(options);
  std::ofstream(folder_ + "/tls.crt") << identity.certificate_chain_pem;
  std::ofstream(folder_ + "/tls.key") << identity.private_key_pem;
  start();
  EXPECT_EQ(reload([this](settings::PolicyHostSettings& host) {
              host.cert_file = folder_ + "/tls.crt";
              host.key_file = folder_ + "/tls.key";
            }),
            200);
  EXPECT_NE(fetch(kZero).status, 200) << "plain HTTP is refused now";
  EXPECT_THAT(metrics(), HasSubstr("mtasts_hosted_policy_certificate_not_after_timestamp_seconds"));
}

TEST_F(PolicyHostServiceTest, HostsTenThousandDomains) {
  start();
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) names.push_back(fmt::format("h{}.example", i));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(reload([&](settings::PolicyHostSettings& host) {
              host.policies = {policy(names, Mode::enforce)};
            }),
            200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(fetch("h9999.example").body, body(Mode::enforce));
  EXPECT_THAT(metrics(), HasSubstr(info("h4711.example", Mode::enforce)));
}

}  // namespace
}  // namespace mtasts::service
