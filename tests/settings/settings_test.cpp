// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "settings/key_table.h"
#include "settings/routable_families.h"
#include "settings/settings.h"

namespace mtasts::settings {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

std::string all_errors(const LoadedSettings& loaded) {
  std::string text;
  for (const auto& error : loaded.errors) text += error.text() + '\n';
  return text;
}

LoadedSettings parse(std::string_view toml, const Environment& environment = {}) {
  return parse_settings(toml, "test.toml", environment);
}

Settings good(std::string_view toml, const Environment& environment = {}) {
  auto loaded = parse(toml, environment);
  EXPECT_EQ(all_errors(loaded), "");
  return loaded.settings;
}

std::vector<std::string> names_of(const Settings& settings) {
  std::vector<std::string> names;
  for (const auto& entry : settings.domains) names.push_back(entry.name.text());
  return names;
}

std::vector<std::string> texts_of(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> texts;
  for (const auto& endpoint : endpoints) texts.push_back(endpoint.text());
  return texts;
}

// The contract: these names are stable; add to them, don't rename.
TEST(Settings, EveryPromisedKeyIsInTheTable) {
  const std::set<std::string> promised = {
      "domains",
      "domain_files",
      "[[domain]] name",
      "[[domain]] labels",
      "[[domain]] expected_mode",
      "[check] interval",
      "[check] smtp_interval",
      "[check] timeout",
      "[check] concurrency",
      "[check] expiry_warning",
      "[check] expiry_critical",
      "[check] change_hold",
      "[dns] servers",
      "[dns] timeout",
      "[dns] tries",
      "[dns] trust_ad",
      "[https] port",
      "[https] timeout",
      "[https] ca_file",
      "[smtp] port",
      "[smtp] timeout",
      "[smtp] ehlo_name",
      "[smtp] ca_file",
      "[smtp] enabled",
      "[canary] dns",
      "[canary] https",
      "[canary] smtp",
      "[network] allow_private_addresses",
      "[network] families",
      "[state] path",
      "[state] retention",
      "[shard] index",
      "[shard] total",
      "[web] listen",
      "[web] external_url",
      "[web] hosts",
      "[web] config_file",
      "[web] anonymous_role",
      "[web.tls] cert_file",
      "[web.tls] key_file",
      "[web.tls] client_ca_file",
      "[web.tls] client_allowed_sans",
      "[web.basic_auth] users",
      "[web.basic_auth] roles",
      "[web] reload",
      "[metrics] set",
      "[metrics] exclude",
      "[telemetry] listen",
      "[probe] allow",
      "[policy_host] listen",
      "[policy_host] cert_file",
      "[policy_host] key_file",
      "[[policy]] domains",
      "[[policy]] domain_files",
      "[[policy]] mode",
      "[[policy]] mx",
      "[[policy]] max_age",
      "[reports] enabled",
      "[reports] retention",
      "[reports] window",
      "[reports] authserv_id",
      "[reports.https] listen",
      "[reports.https] path",
      "[reports.https] cert_file",
      "[reports.https] key_file",
      "[reports.https] submit_token_file",
      "[reports.mailbox] url",
      "[reports.mailbox] user",
      "[reports.mailbox] password_file",
      "[reports.mailbox] token_file",
      "[reports.mailbox] ca_file",
      "[reports.mailbox] interval",
      "[reports.mailbox] processed",
      "[reports.maildir] path",
      "[log] level",
      "[log] format",
  };
  std::set<std::string> known;
  for (const KeyRow& row : key_table()) EXPECT_TRUE(known.insert(title_of(row)).second);
  EXPECT_EQ(known, promised);
}

TEST(Settings, EveryKeyIsReadIntoItsField) {
  Settings s = good(R"(
domains = ["example.com", "bücher.example"]
[[domain]]
name = "example.net"
labels = { team = "mail" }
expected_mode = "enforce"
[check]
interval = "16m"
smtp_interval = "2h"
timeout = "121s"
concurrency = 257
expiry_warning = "22d"
expiry_critical = "8d"
change_hold = "25h"
[dns]
servers = ["127.0.0.1:5353", "::1", "192.0.2.53"]
timeout = "4s"
tries = 3
trust_ad = true
[https]
port = 8443
timeout = "31s"
ca_file = "/https.pem"
[smtp]
port = 2525
timeout = "32s"
ehlo_name = "Probe.Example.com"
ca_file = "/smtp.pem"
enabled = false
[canary]
dns = [".", "example.org"]
https = ["a.example"]
smtp = []
[network]
allow_private_addresses = true
families = ["ipv6", "ipv4", "ipv6"]
[state]
path = ":memory:"
retention = "401d"
[shard]
index = 2
total = 3
[web]
listen = ["127.0.0.1:1", "[::1]:2"]
external_url = "https://mtasts.example.com/x/"
hosts = ["Monitor.BÜCHER.example", "*.lan.example", "*"]
reload = false
[telemetry]
listen = "[::1]:3"
[probe]
allow = ["*.BÜCHER.example", "example.com"]
[log]
level = "debug"
format = "json"
)");
  EXPECT_THAT(names_of(s), ElementsAre("example.com", "example.net", "xn--bcher-kva.example"));
  EXPECT_THAT(s.domains[1].labels, ElementsAre(testing::Pair("team", "mail")));
  EXPECT_EQ(s.domains[1].expected_mode, protocol::Mode::enforce);
  EXPECT_FALSE(s.domains[0].expected_mode);
  EXPECT_EQ(s.check.interval, minutes(16));
  EXPECT_EQ(s.check.smtp_interval, hours(2));
  EXPECT_EQ(s.check.timeout, seconds(121));
  EXPECT_EQ(s.check.concurrency, 257);
  EXPECT_EQ(s.check.expiry_warning, hours(22 * 24));
  EXPECT_EQ(s.check.expiry_critical, hours(8 * 24));
  EXPECT_EQ(s.check.change_hold, hours(25));
  EXPECT_THAT(texts_of(s.dns.servers), ElementsAre("127.0.0.1:5353", "[::1]:53", "192.0.2.53:53"));
  EXPECT_EQ(s.dns.timeout, seconds(4));
  EXPECT_EQ(s.dns.tries, 3);
  EXPECT_EQ(s.dns.trust_ad, TrustAd::always);
  EXPECT_EQ(s.https.port, 8443);
  EXPECT_EQ(s.https.timeout, seconds(31));
  EXPECT_EQ(s.https.ca_file, "/https.pem");
  EXPECT_EQ(s.smtp.port, 2525);
  EXPECT_EQ(s.smtp.timeout, seconds(32));
  EXPECT_EQ(s.smtp.ehlo_name, "probe.example.com");
  EXPECT_EQ(s.smtp.ca_file, "/smtp.pem");
  EXPECT_FALSE(s.smtp.enabled);
  EXPECT_THAT(s.canary.dns, ElementsAre(".", "example.org"));
  EXPECT_THAT(s.canary.https, ElementsAre("a.example"));
  EXPECT_THAT(s.canary.smtp, IsEmpty());
  EXPECT_TRUE(s.network.allow_private_addresses);
  EXPECT_THAT(s.network.families, ElementsAre(AddressFamily::ipv6, AddressFamily::ipv4));
  EXPECT_EQ(s.state.path, ":memory:");
  EXPECT_EQ(s.state.retention, hours(401 * 24));
  EXPECT_EQ(s.shard.index, 2);
  EXPECT_EQ(s.shard.total, 3);
  EXPECT_THAT(texts_of(s.web.listen), ElementsAre("127.0.0.1:1", "[::1]:2"));
  EXPECT_EQ(s.web.external_url, "https://mtasts.example.com/x/");
  EXPECT_THAT(s.web.hosts, ElementsAre("monitor.xn--bcher-kva.example", "*.lan.example", "*"));
  EXPECT_FALSE(s.web.reload);
  EXPECT_EQ(s.telemetry.listen, "[::1]:3");
  EXPECT_FALSE(s.probe.any);
  EXPECT_THAT(s.probe.patterns, ElementsAre("*.xn--bcher-kva.example", "example.com"));
  EXPECT_EQ(s.log.level, LogLevel::debug);
  EXPECT_EQ(s.log.format, LogFormat::json);
  EXPECT_THAT(s.files, ElementsAre("test.toml"));
}

TEST(Settings, DefaultsWithoutAFile) {
  auto loaded = load_settings("", {});
  EXPECT_EQ(all_errors(loaded), "");
  EXPECT_THAT(loaded.settings.domains, IsEmpty());
  EXPECT_THAT(loaded.settings.files, IsEmpty());
  EXPECT_THAT(texts_of(loaded.settings.web.listen), ElementsAre("[::]:10058"));
  EXPECT_EQ(loaded.settings.telemetry.listen, "[::]:10059");
  EXPECT_THAT(loaded.settings.web.hosts, IsEmpty());
  EXPECT_EQ(loaded.settings.network.families, routable_families());
  EXPECT_EQ(loaded.settings.hash.size(), 16u);
}

TEST(Settings, BoundaryValuesAreTaken) {
  const char* const cases[] = {
      "[check]\ninterval = \"1s\"",
      "[check]\ntimeout = \"1ms\"",
      "[check]\nconcurrency = 10000",
      "[check]\nexpiry_warning = \"7d\"",
      "[dns]\ntries = 10",
      "[https]\nport = 65535",
      "[shard]\nindex = 1\ntotal = 2",
      "[telemetry]\nlisten = \"\"",
      "[telemetry]\nlisten = \"0.0.0.0:10059\"",
      "[web]\nhosts = []",
      "[web]\nhosts = [\"name\", \"name.ns.svc.cluster.local\"]",
      "[smtp]\nehlo_name = \"[192.0.2.1]\"",
      "[smtp]\nehlo_name = \"[IPv6:2001:db8::1]\"",
      "[probe]\nallow = [\"any\"]",
      "check.interval = \"1h30m\"",
      "domain = [{ name = \"example.com\" }]",
      "domains = []",
      "",
      "\xEF\xBB\xBF# a byte order mark",
  };
  for (const char* text : cases) EXPECT_EQ(all_errors(parse(text)), "") << text;
}

TEST(Settings, ProbeAllow) {
  EXPECT_TRUE(good("[probe]\nallow = \"any\"").probe.any);
  EXPECT_FALSE(good("[probe]\nallow = \"configured\"").probe.any);
  EXPECT_THAT(good("[probe]\nallow = \"configured\"").probe.patterns, IsEmpty());
}

TEST(Settings, TablesWinOverLists) {
  Settings s = good(R"(
domains = ["B.example", "a.example.", "b.example"]
[[domain]]
name = "b.example"
labels = { team = "mail" }
)");
  EXPECT_THAT(names_of(s), ElementsAre("a.example", "b.example"));
  EXPECT_EQ(s.domains[1].labels.at("team"), "mail");
}

TEST(Settings, HashFollowsContentAlone) {
  std::string one = good("domains = [\"a.example\"]").hash;
  EXPECT_EQ(one,
            parse_settings("domains = [\"a.example\"]", "/elsewhere/x.toml", {}).settings.hash);
  EXPECT_NE(one, good("domains = [\"b.example\"]").hash);
  EXPECT_NE(one, good("domains = [\"a.example\"]", {{"MTASTS_LOG_LEVEL", "debug"}}).hash);
  EXPECT_EQ(one, good("domains = [\"a.example\"]", {{"HOME", "/"}}).hash);
}

TEST(Settings, ErrorsAreManyButBounded) {
  std::string text = "domains = [";
  for (int i = 0; i < 5000; ++i) text += "\"a_b.example\",\n";
  auto loaded = parse(text + "]");
  ASSERT_EQ(loaded.errors.size(), 1001u);
  EXPECT_EQ(loaded.errors.back().text(),
            "4000 more errors are not shown; fix those above and check again");
}

TEST(Settings, NoSecondComplaintAboutARefusedValue) {
  EXPECT_EQ(all_errors(parse("[shard]\nindex = 1\ntotal = 0")),
            "test.toml:3:9: [shard] total must be from 1 to 100000, not 0\n");
  EXPECT_EQ(all_errors(parse("[check]\nexpiry_warning = 21\nexpiry_critical = \"30d\"")),
            "test.toml:2:18: [check] expiry_warning must be a string such as \"21d\", not an "
            "integer\n");
}

TEST(Settings, RoutableFamiliesIsNeverEmpty) {
  auto families = routable_families();
  ASSERT_FALSE(families.empty());
  EXPECT_LE(families.size(), 2u);
  EXPECT_EQ(families, routable_families());
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ShippedSettings, QuickstartLoads) {
  auto loaded = load_settings(MTASTS_ROOT_DIR "/config/quickstart.toml", {});
  EXPECT_EQ(all_errors(loaded), "");
  EXPECT_GE(loaded.settings.domains.size(), 4u);
  EXPECT_EQ(loaded.settings.state.path, ":memory:");
}

TEST(ShippedSettings, ExampleHoldsEveryKeyWithItsDefault) {
  const std::filesystem::path file = MTASTS_ROOT_DIR "/config/example.toml";
  auto loaded = load_settings(file, {});
  EXPECT_EQ(all_errors(loaded), "");
  std::string text = content_of(file);
  for (const KeyRow& row : key_table()) {
    std::string line = std::string(row.key) + " = ";
    bool shown = text.find("\n" + line) != std::string::npos ||
                 text.find("\n# " + line) != std::string::npos;
    EXPECT_TRUE(shown) << title_of(row) << " is not in the example";
  }
  EXPECT_THAT(names_of(loaded.settings), ElementsAre("example.com", "example.net", "example.org"));

  Settings read = loaded.settings;
  Settings standard = load_settings("", {}).settings;
  EXPECT_EQ(read.check.interval, standard.check.interval);
  EXPECT_EQ(read.check.smtp_interval, standard.check.smtp_interval);
  EXPECT_EQ(read.check.timeout, standard.check.timeout);
  EXPECT_EQ(read.check.concurrency, standard.check.concurrency);
  EXPECT_EQ(read.check.expiry_warning, standard.check.expiry_warning);
  EXPECT_EQ(read.check.expiry_critical, standard.check.expiry_critical);
  EXPECT_EQ(read.check.change_hold, standard.check.change_hold);
  EXPECT_EQ(read.dns.servers, standard.dns.servers);
  EXPECT_EQ(read.dns.timeout, standard.dns.timeout);
  EXPECT_EQ(read.dns.tries, standard.dns.tries);
  EXPECT_EQ(read.https.port, standard.https.port);
  EXPECT_EQ(read.https.timeout, standard.https.timeout);
  EXPECT_EQ(read.https.ca_file, standard.https.ca_file);
  EXPECT_EQ(read.smtp.port, standard.smtp.port);
  EXPECT_EQ(read.smtp.timeout, standard.smtp.timeout);
  EXPECT_EQ(read.smtp.ehlo_name, standard.smtp.ehlo_name);
  EXPECT_EQ(read.smtp.ca_file, standard.smtp.ca_file);
  EXPECT_EQ(read.smtp.enabled, standard.smtp.enabled);
  EXPECT_EQ(read.canary.dns, standard.canary.dns);
  EXPECT_EQ(read.canary.https, standard.canary.https);
  EXPECT_EQ(read.canary.smtp, standard.canary.smtp);
  EXPECT_EQ(read.network.allow_private_addresses, standard.network.allow_private_addresses);
  EXPECT_EQ(read.network.families, standard.network.families);
  EXPECT_EQ(read.state, standard.state);
  EXPECT_EQ(read.shard.index, standard.shard.index);
  EXPECT_EQ(read.shard.total, standard.shard.total);
  EXPECT_EQ(read.web.listen, standard.web.listen);
  EXPECT_EQ(read.web.external_url, standard.web.external_url);
  EXPECT_EQ(read.web.hosts, standard.web.hosts);
  EXPECT_EQ(read.web.reload, standard.web.reload);
  EXPECT_EQ(read.telemetry.listen, standard.telemetry.listen);
  EXPECT_EQ(read.probe.any, standard.probe.any);
  EXPECT_EQ(read.probe.patterns, standard.probe.patterns);
  EXPECT_EQ(read.log.level, standard.log.level);
  EXPECT_EQ(read.log.format, standard.log.format);
}

}  // namespace
}  // namespace mtasts::settings
