// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/key_table.h"

#include <fmt/format.h>

#include <array>

#include "base/printable.h"
#include "settings/nearest_name.h"
#include "settings/policy_tables.h"
#include "settings/report_parsers.h"
#include "settings/value_parsers.h"
#include "settings/web_parsers.h"

namespace mtasts::settings {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr milliseconds kLeastAboveZero{1};
constexpr milliseconds kLongestInterval = hours(24 * 365);
// Far above any sensible value, far below an overflow of the int milliseconds that libraries use.
constexpr milliseconds kLongestTimeout = hours(1);
constexpr milliseconds kLongestExpiry = hours(24 * 3650);

// The field at the end of a path of members, such as <&Settings::dns, &DnsSettings::tries>.
template <auto... path>
auto& field(Settings& settings) {
  return (settings.*....*path);
}
template <auto... path>
void set_integer(Settings& settings, int64_t value) {
  auto& target = field<path...>(settings);
  target = static_cast<std::remove_reference_t<decltype(target)>>(value);
}
template <auto... path>
void set_text(SettingsBuilder& builder, const SourceText& value) {
  field<path...>(builder.settings) = value.text;
}
template <auto... path>
void set_file(SettingsBuilder& builder, const SourceText& value) {
  field<path...>(builder.settings) = file_of(builder, value);
}

constexpr std::string_view kSeconds = "a string such as \"30s\"";
constexpr std::string_view kMinutes = "a string such as \"15m\"";
constexpr std::string_view kDays = "a string such as \"7d\"";
constexpr std::string_view kBoolean = "true or false";
constexpr std::string_view kFile = "a string such as \"/etc/ssl/certs/ca-certificates.crt\"";
constexpr std::string_view kHosts = "a list of strings such as [\"mail.example.com\"]";
constexpr std::string_view kPort = "an integer such as 443";
constexpr std::string_view kCount = "an integer such as 1";

template <auto... path>
DurationKey duration_key(milliseconds least, milliseconds most) {
  return {&field<path...>, least, most};
}
template <auto... path>
IntegerKey integer_key(int64_t least, int64_t most) {
  return {&set_integer<path...>, least, most};
}
template <auto... path>
BooleanKey boolean_key() {
  return {&field<path...>};
}
template <auto... path>
TextKey text_key() {
  return {&set_text<path...>};
}
template <auto... path>
TextKey file_key() {
  return {&set_file<path...>};
}
ListKey list_key(void (*take)(SettingsBuilder&, const Place&, const std::vector<SourceText>&)) {
  return {take, {}};
}

using S = Settings;
using Rows = std::vector<KeyRow>;

void add_domain_rows(Rows& rows) {
  rows.push_back(
      {"", "domains", "a list of strings such as [\"example.com\"]", list_key(take_domains)});
  rows.push_back({"", "domain_files", "a list of strings such as [\"domains.d/*.txt\"]",
                  list_key(take_domain_files)});
  rows.push_back(
      {kDomainSection, "name", "a string such as \"example.com\"", TextKey{take_domain_name}});
  rows.push_back(
      {kDomainSection, "labels", "a table of strings such as { team = \"mail\" }", LabelsKey{}});
  rows.push_back({kDomainSection, "expected_mode", "a string such as \"enforce\"",
                  TextKey{take_expected_mode}});
}

void add_check_rows(Rows& rows) {
  using C = CheckSettings;
  rows.push_back({"check", "interval", kMinutes,
                  duration_key<&S::check, &C::interval>(seconds(1), kLongestInterval)});
  rows.push_back({"check", "smtp_interval", "a string such as \"1h\"",
                  duration_key<&S::check, &C::smtp_interval>(seconds(1), kLongestInterval)});
  rows.push_back({"check", "timeout", "a string such as \"120s\"",
                  duration_key<&S::check, &C::timeout>(kLeastAboveZero, kLongestTimeout)});
  rows.push_back({"check", "concurrency", "an integer such as 256",
                  integer_key<&S::check, &C::concurrency>(1, 10000)});
  rows.push_back({"check", "expiry_warning", "a string such as \"21d\"",
                  duration_key<&S::check, &C::expiry_warning>(milliseconds(0), kLongestExpiry)});
  rows.push_back({"check", "expiry_critical", kDays,
                  duration_key<&S::check, &C::expiry_critical>(milliseconds(0), kLongestExpiry)});
  rows.push_back({"check", "change_hold", "a string such as \"24h\"",
                  duration_key<&S::check, &C::change_hold>(milliseconds(0), kLongestExpiry)});
}

void add_channel_rows(Rows& rows) {
  rows.push_back({"dns", "servers", "a list of strings such as [\"127.0.0.1:53\"]",
                  list_key(take_dns_servers)});
  rows.push_back({"dns", "timeout", "a string such as \"3s\"",
                  duration_key<&S::dns, &DnsSettings::timeout>(kLeastAboveZero, kLongestTimeout)});
  rows.push_back(
      {"dns", "tries", "an integer such as 2", integer_key<&S::dns, &DnsSettings::tries>(1, 10)});
  rows.push_back({"dns", "trust_ad", "\"auto\", true or false", TextKey{take_trust_ad, true}});
  rows.push_back({"https", "port", kPort, integer_key<&S::https, &HttpsSettings::port>(1, 65535)});
  rows.push_back(
      {"https", "timeout", kSeconds,
       duration_key<&S::https, &HttpsSettings::timeout>(kLeastAboveZero, kLongestTimeout)});
  rows.push_back({"https", "ca_file", kFile, text_key<&S::https, &HttpsSettings::ca_file>()});
  rows.push_back({"smtp", "port", "an integer such as 25",
                  integer_key<&S::smtp, &SmtpSettings::port>(1, 65535)});
  rows.push_back(
      {"smtp", "timeout", kSeconds,
       duration_key<&S::smtp, &SmtpSettings::timeout>(kLeastAboveZero, kLongestTimeout)});
  rows.push_back(
      {"smtp", "ehlo_name", "a string such as \"probe.example.com\"", TextKey{take_ehlo_name}});
  rows.push_back({"smtp", "ca_file", kFile, text_key<&S::smtp, &SmtpSettings::ca_file>()});
  rows.push_back({"smtp", "enabled", kBoolean, boolean_key<&S::smtp, &SmtpSettings::enabled>()});
  rows.push_back(
      {"canary", "dns", "a list of strings such as [\"com\"]", list_key(take_canary_dns)});
  rows.push_back({"canary", "https", kHosts, list_key(take_canary_https)});
  rows.push_back({"canary", "smtp", kHosts, list_key(take_canary_smtp)});
  rows.push_back({"network", "allow_private_addresses", kBoolean,
                  boolean_key<&S::network, &NetworkSettings::allow_private_addresses>()});
  rows.push_back({"network", "families", "a list of strings such as [\"ipv4\", \"ipv6\"]",
                  list_key(take_families)});
}

void add_web_access_rows(Rows& rows) {
  using T = WebTlsSettings;
  constexpr std::string_view kTls = "web.tls";
  rows.push_back({kTls, "cert_file", "a string such as \"/etc/ssl/web.crt\"",
                  file_key<&S::web, &WebSettings::tls, &T::cert_file>()});
  rows.push_back({kTls, "key_file", "a string such as \"/etc/ssl/web.key\"",
                  file_key<&S::web, &WebSettings::tls, &T::key_file>()});
  rows.push_back({kTls, "client_ca_file", "a string such as \"/etc/ssl/clients.crt\"",
                  file_key<&S::web, &WebSettings::tls, &T::client_ca_file>()});
  rows.push_back({kTls, "client_allowed_sans",
                  "a list of strings such as [\"prometheus.example.com\"]",
                  list_key(take_client_allowed_sans)});
  constexpr std::string_view kAuth = "web.basic_auth";
  rows.push_back({kAuth, "users", "a table of strings such as { prometheus = \"$2y$10$…\" }",
                  TextTableKey{take_web_users}});
  rows.push_back({kAuth, "roles", "a table of strings such as { prometheus = \"read\" }",
                  TextTableKey{take_web_roles}});
}

void add_process_rows(Rows& rows) {
  rows.push_back({"state", "path", "a string such as \"/var/lib/mtasts-exporter/state.db\"",
                  TextKey{take_state_path}});
  rows.push_back({"state", "retention", "a string such as \"400d\"",
                  duration_key<&S::state, &StateSettings::retention>(hours(24), kLongestExpiry)});
  rows.push_back({"shard", "index", "an integer such as 0",
                  integer_key<&S::shard, &ShardSettings::index>(0, 99999)});
  rows.push_back(
      {"shard", "total", kCount, integer_key<&S::shard, &ShardSettings::total>(1, 100000)});
  rows.push_back(
      {"web", "listen", "a list of strings such as [\"[::]:10058\"]", list_key(take_web_listen)});
  rows.push_back({"web", "external_url", "a string such as \"https://host.example/\"",
                  TextKey{take_external_url}});
  rows.push_back({"web", "hosts", "a list of strings such as [\"mtasts.example.com\"]",
                  list_key(take_web_hosts)});
  rows.push_back({"web", "config_file", "a string such as \"/etc/mtasts-exporter/web.yml\"",
                  file_key<&S::web, &WebSettings::config_file>()});
  rows.push_back(
      {"web", "anonymous_role", "a string such as \"read\"", TextKey{take_anonymous_role}});
  rows.push_back({"web", "reload", kBoolean, boolean_key<&S::web, &WebSettings::reload>()});
  add_web_access_rows(rows);
  rows.push_back({"metrics", "set", "\"full\" or \"lean\"", TextKey{take_metrics_set}});
  rows.push_back({"metrics", "exclude", "a list of strings such as [\"mtasts_stage_*\"]",
                  list_key(take_metrics_exclude)});
  rows.push_back(
      {"telemetry", "listen", "a string such as \"[::]:10059\"", TextKey{take_telemetry_listen}});
  rows.push_back({"probe", "allow",
                  "\"configured\", \"any\" or a list of strings such as [\"*.example.com\"]",
                  ListKey{take_probe_allow, {"configured", "any"}}});
}

void add_log_rows(Rows& rows) {
  rows.push_back({"log", "level", "a string such as \"info\"", TextKey{take_log_level}});
  rows.push_back({"log", "format", "a string such as \"logfmt\"", TextKey{take_log_format}});
}

void add_reports_rows(Rows& rows) {
  using R = ReportsSettings;
  using H = ReportsHttpsSettings;
  using M = ReportsMailboxSettings;
  constexpr milliseconds kDay = hours(24);
  rows.push_back({"reports", "enabled", kBoolean, boolean_key<&S::reports, &R::enabled>()});
  rows.push_back({"reports", "retention", "a string such as \"90d\"",
                  duration_key<&S::reports, &R::retention>(kDay * 29, kDay * 400)});
  rows.push_back(
      {"reports", "window", kDays, duration_key<&S::reports, &R::window>(kDay, kDay * 30)});
  rows.push_back(
      {"reports", "authserv_id", "a string such as \"mx.example.com\"", TextKey{take_authserv_id}});
  constexpr std::string_view kHttps = "reports.https";
  rows.push_back({kHttps, "listen", "a list of strings such as [\"[::]:10060\"]",
                  list_key(take_reports_listen)});
  rows.push_back({kHttps, "path", "a string such as \"/tlsrpt\"", TextKey{take_reports_path}});
  rows.push_back({kHttps, "cert_file", "a string such as \"/etc/ssl/reports.crt\"",
                  file_key<&S::reports, &R::https, &H::cert_file>()});
  rows.push_back({kHttps, "key_file", "a string such as \"/etc/ssl/reports.key\"",
                  file_key<&S::reports, &R::https, &H::key_file>()});
  rows.push_back({kHttps, "submit_token_file",
                  "a string such as \"/etc/mtasts-exporter/submit-token\"",
                  file_key<&S::reports, &R::https, &H::submit_token_file>()});
  constexpr std::string_view kMailbox = "reports.mailbox";
  rows.push_back({kMailbox, "url", "a string such as \"imaps://imap.example.com/INBOX\"",
                  TextKey{take_mailbox_url}});
  rows.push_back({kMailbox, "user", "a string such as \"tlsrpt@example.com\"",
                  text_key<&S::reports, &R::mailbox, &M::user>()});
  rows.push_back({kMailbox, "password_file",
                  "a string such as \"/etc/mtasts-exporter/mailbox-password\"",
                  file_key<&S::reports, &R::mailbox, &M::password_file>()});
  rows.push_back({kMailbox, "token_file", "a string such as \"/etc/mtasts-exporter/mailbox-token\"",
                  file_key<&S::reports, &R::mailbox, &M::token_file>()});
  rows.push_back({kMailbox, "ca_file", kFile, file_key<&S::reports, &R::mailbox, &M::ca_file>()});
  rows.push_back({kMailbox, "interval", "a string such as \"5m\"",
                  duration_key<&S::reports, &R::mailbox, &M::interval>(seconds(1), kDay)});
  rows.push_back(
      {kMailbox, "processed", "a string such as \"keep\"", TextKey{take_mailbox_processed}});
  rows.push_back({"reports.maildir", "path", "a string such as \"/var/mail/tlsrpt\"",
                  file_key<&S::reports, &R::maildir>()});
}

void add_policy_rows(Rows& rows) {
  using P = PolicyHostSettings;
  constexpr std::string_view kHost = "policy_host";
  rows.push_back({kHost, "listen", "a list of strings such as [\"[::]:10080\"]",
                  list_key(take_policy_host_listen)});
  rows.push_back({kHost, "cert_file", "a string such as \"/etc/ssl/mta-sts.crt\"",
                  file_key<&S::policy_host, &P::cert_file>()});
  rows.push_back({kHost, "key_file", "a string such as \"/etc/ssl/mta-sts.key\"",
                  file_key<&S::policy_host, &P::key_file>()});
  rows.push_back({kPolicySection, "domains", "a list of strings such as [\"example.com\"]",
                  list_key(take_policy_domains)});
  rows.push_back({kPolicySection, "domain_files", "a list of strings such as [\"hosted.d/*.txt\"]",
                  list_key(take_policy_domain_files)});
  rows.push_back(
      {kPolicySection, "mode", "a string such as \"testing\"", TextKey{take_policy_mode}});
  rows.push_back({kPolicySection, "mx", "a list of strings such as [\"mx1.example.com\"]",
                  list_key(take_policy_mx)});
  rows.push_back({kPolicySection, "max_age", kDays, TextKey{take_policy_max_age}});
}

// Other sections that have the key, for a valid key in the wrong section.
std::string where_it_belongs(std::string_view section, std::string_view key) {
  std::string places;
  for (const KeyRow& row : key_table()) {
    if (row.key != key || row.section == section) continue;
    if (!places.empty()) places += " or ";
    places += row.section.empty()          ? "the top of the file, before the first [section]"
              : is_table_list(row.section) ? fmt::format("[[{}]]", row.section)
                                           : fmt::format("[{}]", row.section);
  }
  return places;
}

}  // namespace

std::span<const KeyRow> key_table() {
  static const Rows rows = [] {
    Rows made;
    add_domain_rows(made);
    add_check_rows(made);
    add_channel_rows(made);
    add_process_rows(made);
    add_reports_rows(made);
    add_policy_rows(made);
    add_log_rows(made);
    return made;
  }();
  return rows;
}

const KeyRow* find_key(std::string_view section, std::string_view key) {
  for (const KeyRow& row : key_table())
    if (row.section == section && row.key == key) return &row;
  return nullptr;
}

bool is_table_list(std::string_view section) {
  return section == kDomainSection || section == kPolicySection;
}

bool is_below_another(std::string_view section) {
  return section.find('.') != std::string_view::npos;
}

bool is_section(std::string_view name) { return !name.empty() && !keys_of(name).empty(); }

std::vector<std::string_view> keys_of(std::string_view section) {
  std::vector<std::string_view> keys;
  for (const KeyRow& row : key_table())
    if (row.section == section) keys.push_back(row.key);
  return keys;
}

std::vector<std::string_view> top_level_names() {
  std::vector<std::string_view> names = keys_of("");
  for (const KeyRow& row : key_table())
    if (!row.section.empty() && !is_below_another(row.section) && names.back() != row.section)
      names.push_back(row.section);
  return names;
}

std::vector<std::string_view> sections_below(std::string_view section) {
  std::vector<std::string_view> names;
  for (const KeyRow& row : key_table()) {
    if (!row.section.starts_with(section) || row.section.size() <= section.size()) continue;
    std::string_view rest = row.section.substr(section.size());
    if (rest.front() != '.') continue;
    rest.remove_prefix(1);
    if (names.empty() || names.back() != rest) names.push_back(rest);
  }
  return names;
}

std::string title_of(std::string_view section, std::string_view key) {
  if (section.empty()) return std::string(key);
  if (is_table_list(section)) return fmt::format("[[{}]] {}", section, key);
  return fmt::format("[{}] {}", section, key);
}

std::string title_of(const KeyRow& row) { return title_of(row.section, row.key); }

std::string unknown_key(std::string_view section, std::string_view key) {
  std::string shown = printable(key, 60);
  auto candidates = section.empty() ? top_level_names() : keys_of(section);
  if (!section.empty())
    for (std::string_view below : sections_below(section)) candidates.push_back(below);
  std::string message = fmt::format("{} is not a setting", title_of(section, shown));
  if (auto nearest = nearest_name(key, candidates))
    return fmt::format("{}; did you mean \"{}\"?", message, *nearest);
  if (std::string places = where_it_belongs(section, key); !places.empty())
    return fmt::format("{}; it belongs in {}", message, places);
  return fmt::format("{}; remove it or use one of {}", message, fmt::join(candidates, ", "));
}

}  // namespace mtasts::settings
