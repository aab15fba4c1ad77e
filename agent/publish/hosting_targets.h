// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One function for each hosting target; hosting_for() has checked `text`. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "publish/hosting.h"

namespace mtasts::publish {

Hosting nginx_hosting(const HostedText& text);
Hosting apache_hosting(const HostedText& text);
Hosting caddy_hosting(const HostedText& text);
Hosting cloudflare_worker_hosting(const HostedText& text);
Hosting cloudflare_pages_hosting(const HostedText& text);
Hosting github_pages_hosting(const HostedText& text);
Hosting azure_hosting(const HostedText& text);
Hosting kubernetes_hosting(const HostedText& text);
Hosting agent_hosting(const HostedText& text);

// The body of an nginx server that serves the policy of `host` and nothing else. `source` is the
// directive that says where the policy is: "root /var/www/mta-sts.example.com".
std::string nginx_locations(std::string_view host, std::string_view source);

// The last step of every target.
std::string check_step(const HostedText& text);

}  // namespace mtasts::publish
