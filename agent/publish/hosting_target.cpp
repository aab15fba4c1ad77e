// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/hosting.h"

namespace mtasts::publish {

std::string_view name_of(HostingTarget target) {
  switch (target) {
    case HostingTarget::nginx:
      return "nginx";
    case HostingTarget::apache:
      return "apache";
    case HostingTarget::caddy:
      return "caddy";
    case HostingTarget::cloudflare_worker:
      return "cloudflare-worker";
    case HostingTarget::cloudflare_pages:
      return "cloudflare-pages";
    case HostingTarget::github_pages:
      return "github-pages";
    case HostingTarget::azure_static_web_apps:
      return "azure-static-web-apps";
    case HostingTarget::kubernetes:
      return "kubernetes";
    case HostingTarget::agent:
      return "agent";
  }
  return "";
}

std::optional<HostingTarget> hosting_target_of(std::string_view name) {
  for (HostingTarget target : kHostingTargets)
    if (name_of(target) == name) return target;
  return std::nullopt;
}

}  // namespace mtasts::publish
