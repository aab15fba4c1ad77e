// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// [reports] and the sections below it: fields, bounds, rules between settings, the environment.

#include <gtest/gtest.h>

#include <string>

#include "settings/settings.h"

namespace mtasts::settings {
namespace {

using Processed = ReportsMailboxSettings::Processed;

std::string errors_of(const std::string& toml, const Environment& environment = {}) {
  std::string text;
  for (const SettingsError& error : parse_settings(toml, "/etc/agent/a.toml", environment).errors)
    text += error.message + '\n';
  return text;
}

ReportsSettings good(const std::string& toml, const Environment& environment = {}) {
  LoadedSettings loaded = parse_settings(toml, "/etc/agent/a.toml", environment);
  for (const SettingsError& error : loaded.errors) ADD_FAILURE() << error.text();
  return loaded.settings.reports;
}

TEST(ReportsSettings, EveryKeyIsReadIntoItsField) {
  const ReportsSettings reports = good(R"(
[reports]
enabled = true
retention = "91d"
window = "8d"
authserv_id = "mx.example.com"
[reports.https]
listen = ["[::1]:10060", "127.0.0.1:10060"]
path = "/in/tlsrpt"
cert_file = "tls.crt"
key_file = "/run/tls.key"
submit_token_file = "secrets/token"
[reports.mailbox]
url = "imaps://imap.example.com:1993/TLS%20Reports"
user = "tlsrpt@example.com"
token_file = "oauth"
ca_file = "ca.pem"
interval = "6m"
processed = "move:Done/2026"
[reports.maildir]
path = "Maildir"
)");
  EXPECT_TRUE(reports.enabled);
  EXPECT_EQ(reports.retention, std::chrono::hours(24 * 91));
  EXPECT_EQ(reports.window, std::chrono::hours(24 * 8));
  EXPECT_EQ(reports.authserv_id, "mx.example.com");
  ASSERT_EQ(reports.https.listen.size(), 2u);
  EXPECT_EQ(reports.https.listen[0].text(), "[::1]:10060");
  EXPECT_EQ(reports.https.path, "/in/tlsrpt");
  EXPECT_EQ(reports.https.cert_file, "/etc/agent/tls.crt") << "relative to the settings file";
  EXPECT_EQ(reports.https.key_file, "/run/tls.key");
  EXPECT_EQ(reports.https.submit_token_file, "/etc/agent/secrets/token");
  EXPECT_EQ(reports.mailbox.url, "imaps://imap.example.com:1993/TLS%20Reports");
  EXPECT_EQ(reports.mailbox.user, "tlsrpt@example.com");
  EXPECT_EQ(reports.mailbox.password_file, "");
  EXPECT_EQ(reports.mailbox.token_file, "/etc/agent/oauth");
  EXPECT_EQ(reports.mailbox.ca_file, "/etc/agent/ca.pem");
  EXPECT_EQ(reports.mailbox.interval, std::chrono::minutes(6));
  EXPECT_EQ(reports.mailbox.processed, Processed::move);
  EXPECT_EQ(reports.mailbox.move_to, "Done/2026");
  EXPECT_EQ(reports.maildir, "/etc/agent/Maildir");
}

TEST(ReportsSettings, DefaultsAreTheValuesOfTheType) {
  EXPECT_EQ(good(""), ReportsSettings{});
  EXPECT_EQ(good("[reports]\n[reports.https]\n"), ReportsSettings{});
}

TEST(ReportsSettings, EachSourceIsEnough) {
  for (const char* source :
       {"https.listen = [\"[::]:10060\"]\n", "maildir.path = \"/var/mail/tlsrpt\"\n",
        "mailbox = { url = \"imap://[::1]\", user = \"a\", password_file = \"p\" }\n"})
    EXPECT_TRUE(good("[reports]\nenabled = true\n" + std::string(source)).enabled) << source;
}

TEST(ReportsSettings, ProcessedHasThreeForms) {
  const auto of = [](const std::string& value) {
    return good("[reports.mailbox]\nprocessed = \"" + value + "\"").mailbox;
  };
  EXPECT_EQ(of("keep").processed, Processed::keep);
  EXPECT_EQ(of("delete").processed, Processed::remove);
  EXPECT_EQ(of("move:Gelöscht").move_to, "Gelöscht");
}

TEST(ReportsSettings, EnvironmentReachesEverySection) {
  const ReportsSettings reports =
      good("[reports.https]\npath = \"/a\"\n",
           {{"MTASTS_REPORTS_ENABLED", "true"},
            {"MTASTS_REPORTS_WINDOW", "3d"},
            {"MTASTS_REPORTS_HTTPS_LISTEN", "127.0.0.1:10060,[::1]:10060"},
            {"MTASTS_REPORTS_HTTPS_PATH", "/b"},
            {"MTASTS_REPORTS_MAILBOX_USER", "me"},
            {"MTASTS_REPORTS_MAILBOX_PASSWORD_FILE", "/run/password"},
            {"MTASTS_REPORTS_MAILBOX_URL", "imaps://imap.example.com/INBOX"},
            {"MTASTS_REPORTS_MAILDIR_PATH", "/var/mail"}});
  EXPECT_TRUE(reports.enabled);
  EXPECT_EQ(reports.window, std::chrono::hours(72));
  EXPECT_EQ(reports.https.listen.size(), 2u);
  EXPECT_EQ(reports.https.path, "/b");
  EXPECT_EQ(reports.mailbox.user, "me");
  EXPECT_EQ(reports.maildir, "/var/mail");
  EXPECT_EQ(errors_of("", {{"MTASTS_REPORTS_HTTPS_LISTN", "x"}}),
            "does not match a setting; did you mean MTASTS_REPORTS_HTTPS_LISTEN?\n");
}

TEST(ReportsSettings, ChangesTheHash) {
  const auto hash = [](const std::string& toml) {
    return parse_settings(toml, "a", {}).settings.hash;
  };
  EXPECT_NE(hash("[reports]\nwindow = \"7d\"\n"), hash("[reports]\nwindow = \"8d\"\n"));
}

TEST(ReportsSettings, ListenersMustDiffer) {
  const std::string own = "[reports.https]\nlisten = [\"127.0.0.1:10058\"]\n";
  EXPECT_EQ(
      errors_of(own),
      "[reports.https] listen 127.0.0.1:10058 is the port of [web] listen [::]:10058; give it "
      "a port of its own, such as 10060\n")
      << "the default of [web] listen counts";
  EXPECT_EQ(errors_of(own + "[web]\nlisten = [\"192.0.2.1:10058\"]\n"), "");
  EXPECT_EQ(
      errors_of("[reports.https]\nlisten = [\"[::]:10059\"]\n"),
      "[reports.https] listen [::]:10059 is the port of [telemetry] listen [::]:10059; give it "
      "a port of its own, such as 10060\n");
  EXPECT_EQ(errors_of("[reports.https]\nlisten = [\"[::]:10059\"]\n[telemetry]\nlisten = \"\"\n"),
            "");
}

TEST(ReportsSettings, AShardReceivesNoReports) {
  const std::string shard = "[shard]\ntotal = 3\n[reports]\nmaildir.path = \"/m\"\nenabled = ";
  EXPECT_EQ(errors_of(shard + "false"), "");
  EXPECT_EQ(errors_of(shard + "true"),
            "[reports] enabled works with [shard] total 1 only, not 3; disable it here and receive "
            "reports with one agent that has all domains\n");
}

// A password in the URL is refused and not repeated in the message.
TEST(ReportsSettings, CredentialsInTheUrlAreNotShown) {
  for (const char* url : {"imaps://me:hunter2@imap.example.com/INBOX", "imaps://me:hunter2@[",
                          "imaps://me:hunter2@imap.example.com/a b"}) {
    const std::string errors = errors_of("[reports.mailbox]\nurl = \"" + std::string(url) + "\"\n");
    EXPECT_NE(errors, "") << url;
    EXPECT_EQ(errors.find("hunter2"), std::string::npos) << errors;
  }
}

TEST(ReportsSettings, BoundsAreInclusive) {
  good("[reports]\nwindow = \"1d\"\nretention = \"29d\"\n");
  good("[reports]\nwindow = \"30d\"\nretention = \"58d\"\n");
  good("[reports]\nretention = \"400d\"\n");
  EXPECT_NE(errors_of("[reports]\nwindow = \"30d\"\nretention = \"57d\"\n"), "");
}

}  // namespace
}  // namespace mtasts::settings
