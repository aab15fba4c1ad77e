// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Settings: the operator's configuration, validated. config/example.toml documents every key,
// default and unit. A plain value: loaded as a whole, never changed, replaced on reload. Any
// thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain_name.h"
#include "base/ip_address.h"
#include "base/log.h"
#include "protocol/sts/sts_policy.h"
#include "settings/web_settings.h"

namespace mtasts::settings {

using std::chrono::milliseconds;

struct Endpoint {  // "127.0.0.1:53", "[::1]:53"
  IpAddress address;
  uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
  std::string text() const;
};

struct DomainEntry {
  DomainName name;
  std::map<std::string, std::string> labels;  // of mtasts_domain_info
  std::optional<protocol::Mode> expected_mode;
  bool operator==(const DomainEntry&) const = default;
};

struct CheckSettings {
  milliseconds interval = std::chrono::minutes(15);
  milliseconds smtp_interval = std::chrono::hours(1);
  milliseconds timeout = std::chrono::seconds(120);
  int concurrency = 256;
  milliseconds expiry_warning = std::chrono::hours(24 * 21);
  milliseconds expiry_critical = std::chrono::hours(24 * 7);
  milliseconds change_hold = std::chrono::hours(24);  // how long a change is reported as a finding
  bool operator==(const CheckSettings&) const = default;
};

// Whether the resolver's word that an answer is secure, the AD bit, is believed (RFC 4035 §4.9.3).
enum class TrustAd : uint8_t {
  automatic,  // from a resolver on this machine, or where resolv.conf says trust-ad
  always,     // the path to it cannot be tampered with
  never,
};

struct DnsSettings {
  std::vector<Endpoint> servers;                   // empty: the system's
  milliseconds timeout = std::chrono::seconds(3);  // per try
  int tries = 2;
  TrustAd trust_ad = TrustAd::automatic;
  bool operator==(const DnsSettings&) const = default;
};

struct HttpsSettings {
  uint16_t port = 443;
  milliseconds timeout = std::chrono::seconds(30);  // per address, for the whole exchange
  std::string ca_file;                              // empty: the system's trust store
  bool operator==(const HttpsSettings&) const = default;
};

struct SmtpSettings {
  uint16_t port = 25;
  milliseconds timeout = std::chrono::seconds(30);  // per address, for the whole exchange
  std::string ehlo_name;                            // empty: this host's name
  std::string ca_file;
  bool enabled = true;
  bool operator==(const SmtpSettings&) const = default;
};

struct CanarySettings {  // empty list: no canary; only other targets show that a channel works
  // Zones below which a random name is asked for. None may sign its denials with NSEC, or NSEC3
  // without opt-out: resolvers then make up denials from their cache (RFC 8198). These are opt-out,
  // and each has another operator.
  std::vector<std::string> dns = {"com", "org", "de"};
  std::vector<std::string> https = {"dns.google", "one.one.one.one"};
  std::vector<std::string> smtp = {"gmail-smtp-in.l.google.com",
                                   "outlook-com.olc.protection.outlook.com",
                                   "in1-smtp.messagingengine.com"};
  bool operator==(const CanarySettings&) const = default;
};

struct NetworkSettings {
  bool allow_private_addresses = false;
  std::vector<AddressFamily> families;  // never empty after loading; default: those with a route
  bool uses(AddressFamily family) const {
    return std::find(families.begin(), families.end(), family) != families.end();
  }
  bool operator==(const NetworkSettings&) const = default;
};

struct StateSettings {
  std::string path = "/var/lib/mtasts-exporter/state.db";  // ":memory:" keeps nothing at exit
  // How long past data is kept; what senders may still hold is kept in any case.
  milliseconds retention = std::chrono::hours(24 * 400);
  bool operator==(const StateSettings&) const = default;
};

struct ShardSettings {
  int index = 0;
  int total = 1;
  bool operator==(const ShardSettings&) const = default;
};

struct WebSettings {
  std::vector<Endpoint> listen;  // default [::]:10058
  std::string external_url;
  // Further names under which the agent may be asked, in lower case: "mon.example.com",
  // "*.example.com"; "*": any.
  std::vector<std::string> hosts;
  std::string config_file;  // of exporter-toolkit's form; `tls` and `access` are read from it
  WebTlsSettings tls;
  WebAccessSettings access;
  bool reload = true;  // whether POST /-/reload is served; SIGHUP and changed files always reload
  bool operator==(const WebSettings&) const = default;
};

struct MetricsSettings {
  std::vector<std::string> exclude;  // names of metrics, in which '*' stands for any text
  bool is_lean = false;              // set = "lean"
  bool operator==(const MetricsSettings&) const = default;
};

struct TelemetrySettings {
  std::string listen = "[::]:10059";  // an endpoint; "" disables it
  bool operator==(const TelemetrySettings&) const = default;
};

struct ProbeSettings {
  bool any = false;                   // "any"
  std::vector<std::string> patterns;  // "*.example.com"; empty and not any: configured domains only
  bool operator==(const ProbeSettings&) const = default;
};

struct ReportsHttpsSettings {
  std::vector<Endpoint> listen;  // empty: no endpoint
  std::string path = "/tlsrpt";
  std::string cert_file;  // empty: plain HTTP
  std::string key_file;
  std::string submit_token_file;  // whoever sends it is our own mail server; empty: nobody is
  bool operator==(const ReportsHttpsSettings&) const = default;
};

struct ReportsMailboxSettings {
  std::string url;  // "imaps://imap.example.com/INBOX"; empty: no mailbox
  std::string user;
  std::string password_file;  // one of the two; read at each poll
  std::string token_file;     // OAuth 2 bearer token
  std::string ca_file;        // empty: the system's trust store
  milliseconds interval = std::chrono::minutes(5);
  enum class Processed : uint8_t { keep, remove, move } processed = Processed::keep;
  std::string move_to;  // folder, with `move`
  bool operator==(const ReportsMailboxSettings&) const = default;
};

struct ReportsSettings {
  bool enabled = false;
  milliseconds retention = std::chrono::hours(24 * 90);  // of report days
  milliseconds window = std::chrono::hours(24 * 7);      // whole days
  std::string authserv_id;  // whose Authentication-Results are believed; empty: nobody's
  ReportsHttpsSettings https;
  ReportsMailboxSettings mailbox;
  std::string maildir;  // [reports.maildir] path; empty: none
  bool operator==(const ReportsSettings&) const = default;
};

// One policy that the agent serves for several domains.
struct HostedPolicySettings {
  std::vector<DomainName> domains;  // not empty; a domain has one policy
  protocol::Mode mode = protocol::Mode::testing;
  std::vector<std::string> mx;  // as a policy lists them (RFC 8461 §3.2), lower case
  uint64_t max_age_seconds = 7 * 86400;
  bool operator==(const HostedPolicySettings&) const = default;
};

struct PolicyHostSettings {
  std::vector<Endpoint> listen;  // empty: no policy is served
  std::string cert_file;         // empty: plain HTTP, behind something that terminates TLS
  std::string key_file;
  std::vector<HostedPolicySettings> policies;  // [[policy]]
  bool operator==(const PolicyHostSettings&) const = default;
};

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::logfmt;
  bool operator==(const LogSettings&) const = default;
};

struct Settings {
  std::vector<DomainEntry> domains;  // from the file, its [[domain]] tables and its domain_files;
                                     // sorted by name, no duplicates
  CheckSettings check;
  DnsSettings dns;
  HttpsSettings https;
  SmtpSettings smtp;
  CanarySettings canary;
  NetworkSettings network;
  StateSettings state;
  ShardSettings shard;
  WebSettings web;
  MetricsSettings metrics;
  TelemetrySettings telemetry;
  ProbeSettings probe;
  ReportsSettings reports;
  PolicyHostSettings policy_host;
  LogSettings log;
  std::vector<std::filesystem::path> files;  // read, or missing although named; watched
  // Existing directories that wildcards of domain_files search; watched for new files.
  std::vector<std::filesystem::path> directories;
  std::string hash;  // of everything that was read, for mtasts_exporter_config_hash
  bool operator==(const Settings&) const = default;
};

// One error with its place. `line` 0: no place in a file (environment, command line).
struct SettingsError {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;       // what is wrong and how to fix it; one sentence
  std::string text() const;  // "file:line:column: message"
};

struct LoadedSettings {
  Settings settings;                  // valid only without errors
  std::vector<SettingsError> errors;  // all of them, by place
  bool ok() const { return errors.empty(); }
};

using Environment = std::map<std::string, std::string>;  // MTASTS_<SECTION>_<KEY> overrides
Environment process_environment();

// Reads the file and its domain_files. Empty path: defaults and environment only.
// `web_config_file`, of the command line, stands for [web] config_file.
LoadedSettings load_settings(const std::filesystem::path& file, const Environment& environment,
                             const std::string& web_config_file = {});
// The same from text; `file` names it in errors and is the base of relative paths.
LoadedSettings parse_settings(std::string_view toml, const std::filesystem::path& file,
                              const Environment& environment,
                              const std::string& web_config_file = {});

}  // namespace mtasts::settings
