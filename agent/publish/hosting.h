// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Hosting: the files and steps by which a web server, a hosting service or the agent itself serves
// the policy of a domain at https://mta-sts.<domain>/.well-known/mta-sts.txt (RFC 8461 §3.3): as
// text/plain, with status 200, without redirects or content coding, whatever the client sends, and
// with HTTP/1.1 offered. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sts/sts_policy.h"

namespace mtasts::publish {

enum class HostingTarget : uint8_t {
  nginx,
  apache,
  caddy,
  cloudflare_worker,
  cloudflare_pages,
  github_pages,
  azure_static_web_apps,
  kubernetes,
  agent,
};
inline constexpr HostingTarget kHostingTargets[] = {
    HostingTarget::nginx,
    HostingTarget::apache,
    HostingTarget::caddy,
    HostingTarget::cloudflare_worker,
    HostingTarget::cloudflare_pages,
    HostingTarget::github_pages,
    HostingTarget::azure_static_web_apps,
    HostingTarget::kubernetes,
    HostingTarget::agent,
};
std::string_view name_of(HostingTarget target);  // "nginx", "cloudflare-worker", …
std::optional<HostingTarget> hosting_target_of(std::string_view name);

// What is to be served.
struct HostedText {
  std::string domain;  // A-labels
  protocol::Mode mode = protocol::Mode::testing;
  std::vector<std::string> mx;
  uint64_t max_age_seconds = 0;
  std::string policy;  // of the three, as protocol::write_policy() writes it
};

struct GeneratedFile {
  std::string path;  // relative; "mta-sts.example.com.conf"
  std::string content;
};

struct Hosting {
  std::vector<GeneratedFile> files;
  // What to do with them, one or two sentences each, in this order; the last one says how to see
  // that it works.
  std::vector<std::string> steps;
};

// The same for the same text. Throws std::invalid_argument if `mta-sts.` and the domain make no
// host name (a domain of more than 245 octets), or a pattern is none.
Hosting hosting_for(HostingTarget target, const HostedText& text);

}  // namespace mtasts::publish
