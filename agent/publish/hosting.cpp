// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/hosting.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/domain_name.h"
#include "publish/hosting_targets.h"
#include "publish/hosting_text.h"

namespace mtasts::publish {
namespace {

// Names stand unquoted in configuration files, so what is none must not get there.
void require_names(const HostedText& text) {
  auto host = DomainName::parse(policy_host_of(text.domain));
  bool valid = host.ok() && host->text() == policy_host_of(text.domain) &&
               std::all_of(text.mx.begin(), text.mx.end(), protocol::is_mx_pattern);
  if (!valid) throw std::invalid_argument("hosting_for: not a domain with MX patterns");
}

}  // namespace

Hosting hosting_for(HostingTarget target, const HostedText& text) {
  require_names(text);
  switch (target) {
    case HostingTarget::nginx:
      return nginx_hosting(text);
    case HostingTarget::apache:
      return apache_hosting(text);
    case HostingTarget::caddy:
      return caddy_hosting(text);
    case HostingTarget::cloudflare_worker:
      return cloudflare_worker_hosting(text);
    case HostingTarget::cloudflare_pages:
      return cloudflare_pages_hosting(text);
    case HostingTarget::github_pages:
      return github_pages_hosting(text);
    case HostingTarget::azure_static_web_apps:
      return azure_hosting(text);
    case HostingTarget::kubernetes:
      return kubernetes_hosting(text);
    case HostingTarget::agent:
      return agent_hosting(text);
  }
  return {};
}

std::string check_step(const HostedText& text) {
  return fmt::format(
      "See that it works: `curl -i https://{0}{1}` answers with status 200, Content-Type "
      "text/plain and the policy. Once the TXT record _mta-sts.{2} is published, too, run "
      "`mtasts-exporter check {2}`.",
      policy_host_of(text.domain), kPolicyPath, text.domain);
}

}  // namespace mtasts::publish
