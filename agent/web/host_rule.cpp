// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/host_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ip_address.h"
#include "base/printable.h"
#include "settings/external_url.h"
#include "web/authority.h"

namespace mtasts::web {
namespace {

constexpr size_t kLongestShown = 80;

// Docker's and Podman's names for the machine that runs the containers; .internal is never
// delegated in public DNS.
constexpr std::string_view kHostOfContainers[] = {"host.docker.internal",
                                                  "host.containers.internal"};

bool is_address(std::string_view host) {
  return host.starts_with('[') || IpAddress::parse(host).ok();
}

// Not in public DNS: names without a dot (RFC 7085 §2) and below localhost (RFC 6761 §6.3).
bool is_local(std::string_view host) {
  return host.find('.') == std::string_view::npos || host.ends_with(".localhost") ||
         std::find(std::begin(kHostOfContainers), std::end(kHostOfContainers), host) !=
             std::end(kHostOfContainers);
}

}  // namespace

void HostRule::use(const settings::WebSettings& settings, std::set<std::string> machine) {
  Names fresh;
  for (const std::string& name : settings.hosts) {
    if (name == "*")
      fresh.all = true;
    else if (name.starts_with("*."))
      fresh.suffixes.push_back(name.substr(1));
    else
      fresh.exact.insert(name);
  }
  for (const std::string& name : machine) fresh.exact.insert(name);
  if (auto url = settings::parse_external_url(settings.external_url); url.ok())
    if (auto host = host_of_authority(url->authority)) fresh.exact.insert(*host);
  auto made = std::make_shared<const Names>(std::move(fresh));
  std::lock_guard lock(mutex_);
  names_.swap(made);
}

std::shared_ptr<const HostRule::Names> HostRule::names() const {
  std::lock_guard lock(mutex_);
  return names_;
}

bool HostRule::admits(std::string_view host) const {
  if (is_address(host) || is_local(host)) return true;
  const auto own = names();
  return own->all || own->exact.contains(host) ||
         std::any_of(own->suffixes.begin(), own->suffixes.end(), [host](const auto& suffix) {
           return host.size() > suffix.size() && host.ends_with(suffix);
         });
}

std::optional<HttpResponse> HostRule::refusal_of(const HttpRequest& request) const {
  if (request.host.empty() && request.host_fields == 0) return std::nullopt;
  const auto host = host_of_authority(request.host);
  if (host && admits(*host)) return std::nullopt;
  const std::string shown = printable(host ? *host : request.host, kLongestShown);
  return text_response(
      421, fmt::format("The agent is not known as {0}; if it should be, add \"{0}\" to the setting "
                       "[web] hosts.",
                       shown));
}

}  // namespace mtasts::web
