// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Cloudflare: a Worker that has the policy in its source, or Pages with the policy as a file.
#include <fmt/format.h>

#include "publish/hosting_targets.h"
#include "publish/hosting_text.h"

namespace mtasts::publish {
namespace {

constexpr std::string_view kWorker = R"(// MTA-STS policy of @domain@ (RFC 8461).

const HOST = @host@;
const PATH = @path@;
const POLICY =
@lines@;

export default {
  fetch(request) {
    const url = new URL(request.url);
    if (url.hostname !== HOST || url.pathname !== PATH) {
      return new Response("Not found\n", { status: 404 });
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Method not allowed\n", {
        status: 405,
        headers: { Allow: "GET, HEAD" },
      });
    }
    return new Response(POLICY, {
      headers: { "Content-Type": "text/plain", "Cache-Control": "no-store" },
    });
  },
};
)";

// Worked through with this date, on which nothing in the Worker depends.
constexpr std::string_view kWranglerWorker = R"(name = @name@
main = "worker.js"
compatibility_date = "2025-01-01"

# The policy is for its own host name alone, not for addresses of Cloudflare's.
workers_dev = false
preview_urls = false

# Cloudflare makes the DNS record and the certificate of this name. Remove other records of the name
# first.
[[routes]]
pattern = @host@
custom_domain = true
)";

constexpr std::string_view kWranglerPages = R"(name = @name@
pages_build_output_dir = "public"
compatibility_date = "2025-01-01"
)";

constexpr std::string_view kPagesHeaders = R"(@path@
  Content-Type: text/plain; charset=utf-8
  Cache-Control: no-store
)";

// Without this file Pages answers unknown paths with status 200 and the page at /.
constexpr std::string_view kPagesNotFound =
    "<!doctype html>\n<title>Not found</title>\nNot found\n";

std::string javascript_lines(std::string_view policy) {
  std::string lines;
  for (std::string_view line : lines_of(policy))
    lines += fmt::format("{}  {}", lines.empty() ? "" : " +\n", double_quoted(line));
  return lines.empty() ? "  \"\"" : lines;
}

// What Cloudflare may put in front of the policy that mail servers do not pass.
std::string settings_step(const HostedText& text) {
  return fmt::format(
      "In the zone's settings, let every client reach {}: no Bot Fight Mode (no rule can except a "
      "host from it), and by a configuration rule for this host no Browser Integrity Check (some "
      "senders send no User-Agent) and no Under Attack mode. Keep the minimum TLS version at 1.2, "
      "and see that no redirect rule, challenge, country block or Access application covers the "
      "host.",
      policy_host_of(text.domain));
}

}  // namespace

Hosting cloudflare_worker_hosting(const HostedText& text) {
  const std::string host = double_quoted(policy_host_of(text.domain));
  const std::string name = double_quoted(resource_name_of(text.domain));
  const std::string path = double_quoted(kPolicyPath);
  const std::string lines = javascript_lines(text.policy);
  Hosting hosting;
  hosting.files = {
      {"worker.js",
       fill(kWorker, {{"domain", text.domain}, {"host", host}, {"path", path}, {"lines", lines}})},
      {"wrangler.toml", fill(kWranglerWorker, {{"name", name}, {"host", host}})},
  };
  hosting.steps = {
      fmt::format(
          "Remove DNS records of {} that exist in the zone, because Cloudflare makes its own, "
          "and right after that run `npx wrangler deploy` in the folder of wrangler.toml.",
          policy_host_of(text.domain)),
      "A changed policy is a changed worker.js: deploy it before you change the TXT record's id.",
      settings_step(text),
      check_step(text),
  };
  return hosting;
}

Hosting cloudflare_pages_hosting(const HostedText& text) {
  const std::string name = resource_name_of(text.domain);
  const std::string quoted = double_quoted(name);
  Hosting hosting;
  hosting.files = {
      {fmt::format("public/{}", kPolicyFile), text.policy},
      {"public/_headers", fill(kPagesHeaders, {{"path", kPolicyPath}})},
      {"public/404.html", std::string(kPagesNotFound)},
      {"wrangler.toml", fill(kWranglerPages, {{"name", quoted}})},
      // Git may change line ends otherwise, where Pages builds from a repository.
      {".gitattributes", fmt::format("public/{} -text\n", kPolicyFile)},
  };
  hosting.steps = {
      fmt::format("Run `npx wrangler pages project create {0} --production-branch main`, then `npx "
                  "wrangler pages deploy --branch main`, in the folder of wrangler.toml.",
                  name),
      fmt::format("Add the custom domain {0} to the project: in the dashboard under Workers & "
                  "Pages, {1}, Custom domains. Where the zone is at another DNS provider, also "
                  "publish a CNAME record of {0} to the project's pages.dev name.",
                  policy_host_of(text.domain), name),
      settings_step(text),
      check_step(text),
  };
  return hosting;
}

}  // namespace mtasts::publish
