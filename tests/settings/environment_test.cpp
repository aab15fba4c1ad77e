// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace mtasts::settings {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts_of(const LoadedSettings& loaded) {
  std::vector<std::string> texts;
  for (const auto& error : loaded.errors) texts.push_back(error.text());
  return texts;
}

Settings good(std::string_view toml, const Environment& environment) {
  auto loaded = parse_settings(toml, "test.toml", environment);
  EXPECT_THAT(texts_of(loaded), IsEmpty());
  return loaded.settings;
}

TEST(Environment, TrustInTheAdBitIsAWordOrABoolean) {
  for (const auto& [text, trust] :
       {std::pair<std::string_view, TrustAd>{"\"auto\"", TrustAd::automatic},
        {"true", TrustAd::always},
        {"\"true\"", TrustAd::always},
        {"false", TrustAd::never}}) {
    EXPECT_EQ(good("[dns]\ntrust_ad = " + std::string(text), {}).dns.trust_ad, trust) << text;
  }
  EXPECT_EQ(good("", {{"MTASTS_DNS_TRUST_AD", "false"}}).dns.trust_ad, TrustAd::never);
  EXPECT_EQ(good("[dns]\ntrust_ad = false", {{"MTASTS_DNS_TRUST_AD", "auto"}}).dns.trust_ad,
            TrustAd::automatic);
  EXPECT_THAT(texts_of(parse_settings("[dns]\ntrust_ad = 1", "test.toml", {})),
              ElementsAre("test.toml:2:12: [dns] trust_ad must be \"auto\", true or false, not an "
                          "integer"));
}

TEST(Environment, OverridesTheFile) {
  Settings s = good("domains = [\"file.example\"]\n[check]\ninterval = \"15m\"\ntimeout = \"9s\"",
                    {{"MTASTS_CHECK_INTERVAL", "30m"},
                     {"MTASTS_CHECK_CONCURRENCY", "7"},
                     {"MTASTS_DNS_SERVERS", "127.0.0.1:53, [::1]:5353,"},
                     {"MTASTS_DOMAINS", "b.example,a.example"},
                     {"MTASTS_WEB_LISTEN", "127.0.0.1:1,[::1]:1"},
                     {"MTASTS_NETWORK_ALLOW_PRIVATE_ADDRESSES", "true"},
                     {"MTASTS_CANARY_SMTP", ""},
                     {"MTASTS_TELEMETRY_LISTEN", ""},
                     {"MTASTS_PROBE_ALLOW", "any"},
                     {"MTASTS_SMTP_ENABLED", "false"}});
  EXPECT_EQ(s.check.interval, std::chrono::minutes(30));
  EXPECT_EQ(s.check.timeout, std::chrono::seconds(9)) << "not overridden";
  EXPECT_EQ(s.check.concurrency, 7);
  ASSERT_EQ(s.dns.servers.size(), 2u);
  EXPECT_EQ(s.dns.servers[1].text(), "[::1]:5353");
  ASSERT_EQ(s.domains.size(), 2u) << "the variable replaces the list";
  EXPECT_EQ(s.domains[0].name.text(), "a.example");
  EXPECT_EQ(s.web.listen.size(), 2u);
  EXPECT_TRUE(s.network.allow_private_addresses);
  EXPECT_THAT(s.canary.smtp, IsEmpty());
  EXPECT_EQ(s.telemetry.listen, "");
  EXPECT_TRUE(s.probe.any);
  EXPECT_FALSE(s.smtp.enabled);
}

TEST(Environment, Patterns) {
  Settings s = good("", {{"MTASTS_PROBE_ALLOW", "*.a.example, b.example"}});
  EXPECT_THAT(s.probe.patterns, ElementsAre("*.a.example", "b.example"));
  s = good("[web]\nhosts = [\"file.example\"]", {{"MTASTS_WEB_HOSTS", "*.a.example, b.ns.svc"}});
  EXPECT_THAT(s.web.hosts, ElementsAre("*.a.example", "b.ns.svc")) << "replaces the list";
}

TEST(Environment, TheShardsIndexMayBeAPodsName) {
  for (const char* pod : {"2", "mtasts-exporter-2", "x-y-2"})
    EXPECT_EQ(good("[shard]\ntotal = 3", {{"MTASTS_SHARD_INDEX", pod}}).shard.index, 2) << pod;
  for (const char* pod : {"mtasts-exporter", "mtasts-exporter-", "mtasts-exporter-2x", "-2"}) {
    auto loaded = parse_settings("[shard]\ntotal = 3", "test.toml", {{"MTASTS_SHARD_INDEX", pod}});
    EXPECT_FALSE(loaded.ok()) << pod;
  }
}

TEST(Environment, BadValuesNameTheVariable) {
  struct Case {
    const char* name;
    const char* value;
    const char* message;
  };
  const Case cases[] = {
      {"MTASTS_CHECK_INTERVAL", "15",
       "[check] interval: \"15\" is not a duration; write a number and a unit (ms, s, m, h, d, w), "
       "such as \"90s\" or \"15m\""},
      {"MTASTS_CHECK_CONCURRENCY", "many",
       "[check] concurrency must be an integer such as 256, not \"many\""},
      {"MTASTS_CHECK_CONCURRENCY", "99999999999999999999",
       "[check] concurrency must be an integer such as 256, not \"99999999999999999999\""},
      {"MTASTS_SMTP_PORT", "0", "[smtp] port must be from 1 to 65535, not 0"},
      {"MTASTS_SMTP_ENABLED", "yes", "[smtp] enabled must be true or false, not \"yes\""},
      {"MTASTS_SMTP_CA_FILE", "/a\xFF",
       "[smtp] ca_file contains a control character or invalid UTF-8 in \"/a\\xFF\"; remove it"},
      {"MTASTS_DOMAINS", "a_b.example",
       "domains: \"a_b.example\" is not a domain name: \"_\" is not allowed; use only letters, "
       "digits, hyphens and dots"},
      {"MTASTS_SHARD_INDEX", "1", "[shard] index 1 must be less than total 1; shards count from 0"},
      {"MTASTS_DOMAIN_FILES", "missing-list.txt",
       "domain_files: \"missing-list.txt\" cannot be read: No such file or directory"},
      {"MTASTS_CHECK_INTERVALL", "15m",
       "does not match a setting; did you mean MTASTS_CHECK_INTERVAL?"},
      {"MTASTS_DOMAIN", "a.example", "does not match a setting; did you mean MTASTS_DOMAINS?"},
      {"MTASTS_LOG_COLOUR_OF_THE_LINES", "1", "does not match a setting; unset it"},
      {"MTASTS_WEB_TLS_CERT_FILE", "/x",
       "[web.tls] cert_file needs key_file; set both for HTTPS, or none for plain HTTP"},
      {"MTASTS_WEB_BASIC_AUTH_USERS", "prometheus",
       "[web.basic_auth] users: the hash of \"prometheus\" is empty (\"htpasswd -nBC 10 NAME\" "
       "prints one)"},
      {"MTASTS_WEB_BASIC_AUTH_ROLES", "prometheus=read",
       "[web.basic_auth] roles: there is no user \"prometheus\"; add the user, or remove the role"},
  };
  for (const Case& c : cases) {
    auto loaded = parse_settings("", "", {{c.name, c.value}});
    EXPECT_THAT(texts_of(loaded),
                ElementsAre(std::string("environment variable ") + c.name + ": " + c.message));
  }
}

TEST(Environment, ForeignVariablesAreIgnored) {
  Settings s = good("", {{"MTASTS_EXPORTER_SERVICE_HOST", "10.0.0.1"},
                         {"MTASTS_EXPORTER_PORT", "tcp://10.0.0.1:10058"},
                         {"MTASTS_WEB_SERVICE_HOST", "10.0.0.1"},
                         {"MTASTS_WEB_PORT_10058_TCP_ADDR", "10.0.0.1"},
                         {"MTASTS_SMTP_PORT", "tcp://10.0.0.1:25"},
                         {"PATH", "/bin"}});
  EXPECT_EQ(s.smtp.port, 25);
}

TEST(Environment, ErrorsOfTheFileComeFirstAndStay) {
  auto loaded = parse_settings("[check]\ninterval = 1", "test.toml",
                               {{"MTASTS_CHECK_INTERVAL", "30m"}, {"MTASTS_DNS_TRIES", "x"}});
  ASSERT_EQ(loaded.errors.size(), 2u);
  EXPECT_EQ(loaded.errors[0].file, "test.toml");
  EXPECT_EQ(loaded.errors[1].file, "environment variable MTASTS_DNS_TRIES");
  EXPECT_EQ(loaded.errors[1].line, 0);
}

TEST(Environment, OfThisProcessHoldsOnlyItsVariables) {
  ASSERT_EQ(setenv("MTASTS_CHECK_INTERVAL", "42m", 1), 0);
  Environment found = process_environment();
  unsetenv("MTASTS_CHECK_INTERVAL");
  EXPECT_EQ(found.at("MTASTS_CHECK_INTERVAL"), "42m");
  EXPECT_EQ(found.count("PATH"), 0u);
}

}  // namespace
}  // namespace mtasts::settings
