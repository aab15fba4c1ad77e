// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// [policy_host] and [[policy]]: what is read, converted and refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "protocol/sts/policy_writer.h"
#include "protocol/sts/sts_policy.h"
#include "settings/settings.h"

namespace mtasts::settings {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kListen = "[policy_host]\nlisten = [\"[::]:10080\"]\n";

std::string errors_of(const std::string& toml, const Environment& environment = {}) {
  std::string text;
  for (const SettingsError& error : parse_settings(toml, "/etc/agent/a.toml", environment).errors)
    text += error.text() + '\n';
  return text;
}

PolicyHostSettings good(const std::string& toml, const Environment& environment = {}) {
  LoadedSettings loaded = parse_settings(toml, "/etc/agent/a.toml", environment);
  for (const SettingsError& error : loaded.errors) ADD_FAILURE() << error.text();
  return loaded.settings.policy_host;
}

// A policy for example.com with these further lines.
std::string policy(const std::string& lines, const std::string& mx = "mx = [\"mx1.example.com\"]") {
  return kListen + "[[policy]]\ndomains = [\"example.com\"]\n" + mx + "\n" + lines + "\n";
}

std::vector<std::string> names_of(const HostedPolicySettings& policy) {
  std::vector<std::string> names;
  for (const DomainName& name : policy.domains) names.push_back(name.text());
  return names;
}

TEST(PolicySettings, EveryKeyIsReadIntoItsField) {
  const PolicyHostSettings host = good(R"(
[policy_host]
listen = ["[::]:10080", "127.0.0.1:10081"]
cert_file = "tls.crt"
key_file = "/run/tls.key"
[[policy]]
domains = ["example.com", "Bücher.example", "example.com"]
mode = "enforce"
mx = ["MX1.Example.com", "*.mail.Example.com", "mx.bücher.example"]
max_age = "1h30m"
[[policy]]
domains = ["example.net."]
mx = ["*.example.net"]
)");
  ASSERT_EQ(host.listen.size(), 2u);
  EXPECT_EQ(host.listen[1].text(), "127.0.0.1:10081");
  EXPECT_EQ(host.cert_file, "/etc/agent/tls.crt");
  EXPECT_EQ(host.key_file, "/run/tls.key");
  ASSERT_EQ(host.policies.size(), 2u);
  EXPECT_THAT(names_of(host.policies[0]), ElementsAre("example.com", "xn--bcher-kva.example"));
  EXPECT_EQ(host.policies[0].mode, protocol::Mode::enforce);
  EXPECT_THAT(host.policies[0].mx,
              ElementsAre("mx1.example.com", "*.mail.example.com", "mx.xn--bcher-kva.example"));
  EXPECT_EQ(host.policies[0].max_age_seconds, 5400u);
  EXPECT_THAT(names_of(host.policies[1]), ElementsAre("example.net"));
  EXPECT_EQ(host.policies[1].mode, protocol::Mode::testing);
  EXPECT_EQ(host.policies[1].max_age_seconds, 604800u);
}

TEST(PolicySettings, NothingIsServedByDefault) {
  EXPECT_EQ(good(""), PolicyHostSettings{});
  EXPECT_EQ(good("[policy_host]\n"), PolicyHostSettings{});
}

TEST(PolicySettings, MaxAgeReachesToTheLimit) {
  const auto age = [](const std::string& text) {
    return good(policy("max_age = \"" + text + "\"")).policies.at(0).max_age_seconds;
  };
  EXPECT_EQ(age("31557600s"), protocol::kMaxAgeLimit_seconds);
  EXPECT_EQ(age("365d6h"), protocol::kMaxAgeLimit_seconds);
  EXPECT_EQ(age("0"), 0u);
  EXPECT_EQ(age("1000ms"), 1u);
  EXPECT_NE(errors_of(policy("max_age = \"365d7h\"")), "");
}

// Every accepted policy is valid for the strict parser, without a remark on its form.
TEST(PolicySettings, WhatIsAcceptedMakesAValidPolicy) {
  for (const char* mx : {"mx1.example.com", "*.example.com", "a.b", "mx", "mx1.example.123",
                         "xn--bcher-kva.example", "bücher.example", "*.MAIL.example", "1.example"})
    for (const char* mode : {"none", "testing", "enforce"}) {
      const auto host = good(
          policy("mode = \"" + std::string(mode) + "\"", "mx = [\"" + std::string(mx) + "\"]"));
      const HostedPolicySettings& own = host.policies.at(0);
      const auto parsed =
          protocol::parse_sts_policy(protocol::write_policy(own.mode, own.mx, own.max_age_seconds));
      EXPECT_TRUE(parsed.valid) << mx;
      EXPECT_EQ(parsed.mx, own.mx) << mx;
      EXPECT_EQ(parsed.mode, own.mode);
    }
}

TEST(PolicySettings, ADomainHasOnePolicy) {
  const std::string second =
      "[[policy]]\ndomains = [\"b.example\", \"EXAMPLE.com\"]\nmx = [\"a\"]\n";
  EXPECT_EQ(errors_of(policy("") + second),
            "/etc/agent/a.toml:8:25: [[policy]] domains: \"example.com\" is in the [[policy]] of "
            "line 3 and in that of line 7; a domain has one policy, so remove it from one\n");
}

TEST(PolicySettings, TooLongAPolicyIsRefused) {
  const auto list = [](int count) {
    std::string mx = "mx = [";
    for (int i = 0; i < count; ++i)
      mx += "\"mx" + std::to_string(i) + "." + std::string(60, 'a') + "." + std::string(60, 'b') +
            ".example\", ";
    return mx + "]";
  };
  good(policy("", list(400)));
  EXPECT_THAT(errors_of(policy("", list(500))), HasSubstr("octets, and senders read 64000"));
  EXPECT_THAT(errors_of(policy("", list(1001))), HasSubstr("mx lists 1001 patterns"));
}

TEST(PolicySettings, EnvironmentReachesTheListenerAlone) {
  const auto host = good("[[policy]]\ndomains = [\"example.com\"]\nmx = [\"mx\"]\n",
                         {{"MTASTS_POLICY_HOST_LISTEN", "0.0.0.0:10080,[::1]:10080"},
                          {"MTASTS_POLICY_HOST_CERT_FILE", "/run/a.crt"},
                          {"MTASTS_POLICY_HOST_KEY_FILE", "/run/a.key"}});
  EXPECT_EQ(host.listen.size(), 2u);
  EXPECT_EQ(host.cert_file, "/run/a.crt");
  EXPECT_THAT(errors_of("", {{"MTASTS_POLICY_MODE", "none"}}),
              HasSubstr("does not match a setting"));
  EXPECT_THAT(errors_of("", {{"MTASTS_POLICY_HOST_LISTN", ""}}),
              HasSubstr("did you mean MTASTS_POLICY_HOST_LISTEN?"));
  // What Kubernetes sets for a Service named "mtasts-policy-host".
  EXPECT_EQ(errors_of("", {{"MTASTS_POLICY_HOST_SERVICE_HOST", "10.0.0.1"},
                           {"MTASTS_POLICY_HOST_PORT", "tcp://10.0.0.1:10080"},
                           {"MTASTS_POLICY_HOST_PORT_10080_TCP_PORT", "10080"}}),
            "");
}

TEST(PolicySettings, AListenerNeedsAPolicy) {
  EXPECT_EQ(errors_of(kListen),
            "/etc/agent/a.toml:2:10: [policy_host] listen has no policy to serve; add a [[policy]] "
            "table, or remove listen\n");
}

TEST(PolicySettings, OneAddressForTwoListenersIsNoCollisionOnOtherPorts) {
  good(policy("") + "[reports.https]\nlisten = [\"[::]:10060\"]\n");
  good(
      "[policy_host]\nlisten = [\"192.0.2.1:10058\"]\n[web]\nlisten = [\"192.0.2.2:10058\"]\n"
      "[[policy]]\ndomains = [\"example.com\"]\nmx = [\"mx\"]\n");
}

class PolicyDomainFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }
  LoadedSettings load(const std::string& toml) {
    write("settings.toml", kListen + toml);
    return load_settings(directory_ / "settings.toml", {});
  }
  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() /
      ("policy_settings_test." + std::to_string(::getpid()) + "." +
       ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(PolicyDomainFiles, AreReadForThePolicyAndWatched) {
  write("a.txt", "example.com\nbücher.example # ours\n");
  const std::string toml =
      "[[policy]]\ndomains = [\"example.net\"]\ndomain_files = [\"*.txt\"]\n"
      "mx = [\"mx\"]\n";
  const auto loaded = load(toml);
  ASSERT_EQ(loaded.errors.size(), 0u) << loaded.errors[0].text();
  EXPECT_THAT(names_of(loaded.settings.policy_host.policies.at(0)),
              ElementsAre("example.com", "example.net", "xn--bcher-kva.example"));
  EXPECT_THAT(loaded.settings.files,
              ElementsAre(directory_ / "settings.toml", directory_ / "a.txt"));
  EXPECT_THAT(loaded.settings.directories, ElementsAre(directory_));
  EXPECT_TRUE(loaded.settings.domains.empty()) << "a hosted domain is checked only if it is listed";
  write("a.txt", "example.org\n");
  EXPECT_NE(load(toml).settings.hash, loaded.settings.hash);
}

TEST_F(PolicyDomainFiles, ErrorsNameFileAndLine) {
  write("a.txt", "example.com\n-bad\n");
  write("b.txt", "example.com\n");
  const auto loaded = load(
      "[[policy]]\ndomain_files = [\"a.txt\"]\nmx = [\"mx\"]\n"
      "[[policy]]\ndomain_files = [\"b.txt\", \"none-*.txt\"]\nmx = [\"mx\"]\n"
      "[[policy]]\ndomain_files = [\"none-*.txt\"]\nmx = [\"mx\"]\n");
  std::string text;
  for (const SettingsError& error : loaded.errors) text += error.text() + '\n';
  EXPECT_THAT(text, HasSubstr("a.txt:2:1: \"-bad\" is not a domain name"));
  EXPECT_THAT(text, HasSubstr("settings.toml:7:16: [[policy]] domains: \"example.com\" is in the "
                              "[[policy]] of line 3 and in that of line 6"));
  EXPECT_THAT(text, HasSubstr("settings.toml:9:1: [[policy]] has no domain"));
  EXPECT_EQ(loaded.errors.size(), 3u) << text;
}

TEST_F(PolicyDomainFiles, MayNameManyDomains) {
  std::string names;
  for (int i = 0; i < 10000; ++i) names += "d" + std::to_string(i) + ".example\n";
  write("a.txt", names);
  const auto loaded = load("[[policy]]\ndomain_files = [\"a.txt\"]\nmx = [\"mx\"]\n");
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.settings.policy_host.policies.at(0).domains.size(), 10000u);
}

}  // namespace
}  // namespace mtasts::settings
