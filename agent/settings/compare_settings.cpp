// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/compare_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.h"
#include "settings/endpoint.h"

namespace mtasts::settings {
namespace {

constexpr milliseconds kDay = std::chrono::hours(24);
// What is new is judged against the 28 days before the window.
constexpr milliseconds kDaysBefore = kDay * 28;

// The error is reported at `first` if it is set, else at `second`; not at all if one of them was
// refused, since its default is not what was meant.
void require(SettingsBuilder& builder, bool holds, std::string_view first, std::string_view second,
             std::string message) {
  if (holds || builder.refused.contains(first) || builder.refused.contains(second)) return;
  auto found = builder.set.find(first);
  if (found == builder.set.end()) found = builder.set.find(second);
  Place place = found == builder.set.end() ? Place{} : found->second;
  builder.errors.add(place, std::move(message));
}

// Whether both cannot be listened on at once. An IPv6 any-address takes IPv4 as well.
bool collide(const Endpoint& one, const Endpoint& other) {
  const auto is_any = [](const Endpoint& endpoint) {
    return endpoint.address == IpAddress::v6({}) || endpoint.address == IpAddress::v4({});
  };
  return one.port == other.port && (one.address == other.address || is_any(one) || is_any(other));
}

struct Listener {
  std::string_view title;
  std::vector<Endpoint> endpoints;
  uint16_t own_port;  // a port to propose
};

// The first ones keep their port.
std::vector<Listener> listeners_of(const Settings& settings) {
  std::vector<Listener> listeners;
  listeners.push_back({"[web] listen", settings.web.listen, 10058});
  listeners.push_back({"[telemetry] listen", {}, 10059});
  if (auto telemetry = parse_endpoint(settings.telemetry.listen); telemetry.ok())
    listeners.back().endpoints.push_back(*telemetry);
  listeners.push_back({"[reports.https] listen", settings.reports.https.listen, 10060});
  listeners.push_back({"[policy_host] listen", settings.policy_host.listen, 10080});
  return listeners;
}

void compare_listeners(SettingsBuilder& builder) {
  const std::vector<Listener> listeners = listeners_of(builder.settings);
  for (size_t later = 2; later < listeners.size(); ++later) {
    const Listener& own = listeners[later];
    for (const Endpoint& endpoint : own.endpoints)
      for (size_t before = 0; before < later; ++before)
        for (const Endpoint& other : listeners[before].endpoints)
          require(builder, !collide(endpoint, other), own.title, listeners[before].title,
                  fmt::format("{} {} is the port of {} {}; give it a port of its own, such as {}",
                              own.title, endpoint.text(), listeners[before].title, other.text(),
                              own.own_port));
  }
}

void compare_policy_host(SettingsBuilder& builder) {
  const PolicyHostSettings& host = builder.settings.policy_host;
  const bool cert = !host.cert_file.empty();
  const bool key = !host.key_file.empty();
  require(
      builder, cert == key, "[policy_host] cert_file", "[policy_host] key_file",
      fmt::format("[policy_host] {} needs {}; set both for HTTPS, or none for plain HTTP behind "
                  "an ingress or proxy",
                  cert ? "cert_file" : "key_file", cert ? "key_file" : "cert_file"));
  require(builder, host.listen.empty() || !builder.policies.empty(), "[policy_host] listen",
          "[policy_host] listen",
          "[policy_host] listen has no policy to serve; add a [[policy]] table, or remove listen");
  const bool refused = builder.refused.contains("[policy_host] listen") ||
                       builder.errors.any_in("[policy_host] listen");
  if (!builder.policies.empty() && host.listen.empty() && !refused)
    builder.errors.add(builder.policies.front().place,
                       "[[policy]] is not served without [policy_host] listen; set it, to "
                       "[\"[::]:10080\"] for example");
}

void compare_mailbox(SettingsBuilder& builder) {
  const ReportsMailboxSettings& mailbox = builder.settings.reports.mailbox;
  require(builder, mailbox.password_file.empty() || mailbox.token_file.empty(),
          "[reports.mailbox] token_file", "[reports.mailbox] password_file",
          "[reports.mailbox] password_file and token_file are both set; remove the one that the "
          "server does not take");
  if (mailbox.url.empty()) return;
  require(builder, !mailbox.user.empty(), "[reports.mailbox] url", "[reports.mailbox] user",
          "[reports.mailbox] url needs user; set it to the name of the mailbox's account");
  require(builder, !mailbox.password_file.empty() || !mailbox.token_file.empty(),
          "[reports.mailbox] url", "[reports.mailbox] password_file",
          "[reports.mailbox] url needs password_file, or token_file for an OAuth 2 token");
}

void compare_reports(SettingsBuilder& builder) {
  const ReportsSettings& reports = builder.settings.reports;
  const bool refused = builder.errors.any_in("[reports.");  // perhaps the source that is missing
  require(builder, reports.window.count() % kDay.count() == 0, "[reports] window",
          "[reports] window",
          fmt::format("[reports] window must be whole days such as \"7d\", not {}",
                      duration_text(reports.window)));
  require(
      builder, reports.retention >= reports.window + kDaysBefore, "[reports] retention",
      "[reports] window",
      fmt::format("[reports] retention {} must be at least window plus 28d, which is {}",
                  duration_text(reports.retention), duration_text(reports.window + kDaysBefore)));
  const bool cert = !reports.https.cert_file.empty();
  const bool key = !reports.https.key_file.empty();
  require(builder, cert == key, "[reports.https] cert_file", "[reports.https] key_file",
          fmt::format("[reports.https] {} needs {}; set both for HTTPS, or none for plain HTTP "
                      "behind a proxy",
                      cert ? "cert_file" : "key_file", cert ? "key_file" : "cert_file"));
  compare_mailbox(builder);
  if (!reports.enabled) return;
  require(builder,
          refused || !reports.https.listen.empty() || !reports.mailbox.url.empty() ||
              !reports.maildir.empty(),
          "[reports] enabled", "[reports] enabled",
          "[reports] enabled has no source of reports; set [reports.https] listen, "
          "[reports.mailbox] url or [reports.maildir] path");
  const int shards = builder.settings.shard.total;
  require(builder, shards == 1, "[reports] enabled", "[shard] total",
          fmt::format("[reports] enabled works with [shard] total 1 only, not {}; disable it here "
                      "and receive reports with one agent that has all domains",
                      shards));
}

}  // namespace

void compare_settings(SettingsBuilder& builder) {
  const ShardSettings& shard = builder.settings.shard;
  require(builder, shard.index < shard.total, "[shard] index", "[shard] total",
          fmt::format("[shard] index {} must be less than total {}; shards count from 0",
                      shard.index, shard.total));
  const CheckSettings& check = builder.settings.check;
  require(builder, check.expiry_critical <= check.expiry_warning, "[check] expiry_critical",
          "[check] expiry_warning",
          fmt::format("[check] expiry_critical {} must not be more than expiry_warning {}",
                      duration_text(check.expiry_critical), duration_text(check.expiry_warning)));
  compare_listeners(builder);
  compare_reports(builder);
  compare_policy_host(builder);
}

}  // namespace mtasts::settings
