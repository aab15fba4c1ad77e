// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The agent itself: its own settings, and what its systemd unit needs to serve HTTPS on port 443.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/time.h"
#include "publish/hosting_targets.h"
#include "publish/hosting_text.h"

namespace mtasts::publish {
namespace {

constexpr std::string_view kSettings =
    R"(# The agent serves the MTA-STS policy of @domain@ (RFC 8461).

[policy_host]
listen = ["[::]:443"]
cert_file = "/run/credentials/mtasts-exporter.service/policy-host.pem"
key_file = "/run/credentials/mtasts-exporter.service/policy-host.key"

[[policy]]
domains = [@quoted_domain@]
mode = @mode@
mx = [@mx@]
max_age = @max_age@
)";

// The unit gives the agent no capability and a user namespace, in which one would not count.
constexpr std::string_view kDropIn =
    R"(# For /etc/systemd/system/mtasts-exporter.service.d: port 443, and the certificate, which the agent's
# user cannot read otherwise.

[Service]
PrivateUsers=no
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
LoadCredential=policy-host.pem:/etc/letsencrypt/live/@host@/fullchain.pem
LoadCredential=policy-host.key:/etc/letsencrypt/live/@host@/privkey.pem
)";

constexpr std::string_view kDropInStep =
    "Install the drop-in: `sudo install -D -m 644 policy-host.conf "
    "/etc/systemd/system/mtasts-exporter.service.d/policy-host.conf && sudo systemctl "
    "daemon-reload`. Behind an ingress or proxy that ends TLS, leave it out, and in the settings "
    "set "
    "listen to [\"[::]:10080\"] and remove cert_file and key_file.";
constexpr std::string_view kSettingsStep =
    "Set the keys of [policy_host] in /etc/mtasts-exporter/config.toml as policy-host.toml has "
    "them, "
    "and append its [[policy]] table. For a further domain, append its [[policy]] table and get a "
    "certificate with the host names of all (one -d for each).";
constexpr std::string_view kStartStep =
    "Run `mtasts-exporter check-config /etc/mtasts-exporter/config.toml && sudo systemctl restart "
    "mtasts-exporter`.";

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts)
    list += fmt::format("{}{}", list.empty() ? "" : ", ", double_quoted(text));
  return list;
}

}  // namespace

Hosting agent_hosting(const HostedText& text) {
  const std::string host = policy_host_of(text.domain);
  const std::chrono::seconds max_age{
      std::min(text.max_age_seconds, protocol::kMaxAgeLimit_seconds)};
  const std::string domain = double_quoted(text.domain);
  const std::string mode = double_quoted(name_of(text.mode));
  const std::string duration = double_quoted(duration_text(max_age));
  const std::string mx = quoted_list(text.mx);
  Hosting hosting;
  hosting.files = {
      {"policy-host.toml", fill(kSettings, {{"domain", text.domain},
                                            {"quoted_domain", domain},
                                            {"mode", mode},
                                            {"mx", mx},
                                            {"max_age", duration}})},
      {"policy-host.conf", fill(kDropIn, {{"host", host}})},
  };
  hosting.steps = {
      fmt::format("Publish A and AAAA records for {} that name the agent's machine.", host),
      fmt::format("Get a certificate: `sudo certbot certonly --standalone -d {} --deploy-hook "
                  "\"systemctl restart mtasts-exporter\"`. The hook gives the agent each renewed "
                  "certificate.",
                  host),
      std::string(kDropInStep),
      std::string(kSettingsStep),
      std::string(kStartStep),
      check_step(text),
  };
  return hosting;
}

}  // namespace mtasts::publish
