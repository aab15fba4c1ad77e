// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/domain/coverage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "protocol/sts/policy_writer.h"

namespace mtasts::verdict {
namespace {

struct Provider {
  std::string_view suffix;  // with the leading dot; hosts end with it, or equal it without
  std::string_view name;
  bool wildcard;  // hosts of customers or pools differ in the label before the suffix
};

// Taken from live MX records. A wildcard is used only where it covers exactly one label.
constexpr Provider kProviders[] = {
    {".mail.protection.outlook.com", "Microsoft 365", true},
    {".olc.protection.outlook.com", "Outlook.com", true},
    {".mx.microsoft", "Microsoft 365", false},
    {".aspmx.l.google.com", "Google Workspace", true},
    {".l.google.com", "Google Workspace", false},
    {".smtp.google.com", "Google Workspace", false},
    {".googlemail.com", "Google Workspace", true},
    {".mail.protonmail.ch", "Proton", false},
    {".mailsec.protonmail.ch", "Proton", false},
    {".messagingengine.com", "Fastmail", false},
    {".zoho.com", "Zoho", false},
    {".zoho.eu", "Zoho", false},
    {".zoho.in", "Zoho", false},
    {".mail.ovh.net", "OVHcloud", true},
    {".mx.cloudflare.net", "Cloudflare", true},
    {".gslb.pphosted.com", "Proofpoint", true},
    {".pphosted.com", "Proofpoint", true},
    {".ppe-hosted.com", "Proofpoint Essentials", false},
    {".mimecast.com", "Mimecast", true},
    {".ess.barracudanetworks.com", "Barracuda", true},
    {".iphmx.com", "Cisco Secure Email", true},
    {".messagelabs.com", "Symantec Email Security", true},
    {".improvmx.com", "ImprovMX", false},
    {".mail.icloud.com", "iCloud", false},
    {".migadu.com", "Migadu", false},
};

const Provider* find_provider(std::string_view mx_host) {
  std::string host = "." + ascii_lower(mx_host);
  for (const Provider& provider : kProviders)
    if (host.ends_with(provider.suffix)) return &provider;
  return nullptr;
}

// For hosts named <customer>.<letter>-v1.mx.microsoft, the wildcard is one label deeper than the
// suffix.
std::string customary_pattern(std::string_view host, const Provider& provider) {
  if (provider.suffix == ".mx.microsoft") {
    std::string_view parent = host.substr(std::min(host.find('.'), host.size()));
    // A wildcard below the suffix itself would cover every customer of every kind.
    return parent.size() > provider.suffix.size() ? "*" + std::string(parent) : std::string();
  }
  return provider.wildcard ? "*" + std::string(provider.suffix) : std::string();
}

}  // namespace

std::optional<std::string> covering_pattern(const std::vector<std::string>& patterns,
                                            std::string_view host) {
  for (const std::string& pattern : patterns)
    if (protocol::mx_pattern_matches(pattern, host)) return pattern;
  return std::nullopt;
}

std::string_view provider_of(std::string_view mx_host) {
  const Provider* provider = find_provider(mx_host);
  return provider == nullptr ? std::string_view() : provider->name;
}

std::string_view provider_with_hosts_below(std::string_view base) {
  std::string_view name;
  for (const Provider& provider : kProviders) {
    std::string_view suffix = provider.suffix.substr(1);
    // A customary pattern, or hosts directly below.
    if (suffix == base) return {};
    if (provider.wildcard && suffix.size() > base.size() && suffix.ends_with(base) &&
        suffix[suffix.size() - base.size() - 1] == '.')
      name = provider.name;
  }
  return name;
}

std::string_view provider_hint(std::string_view provider) {
  if (provider == "Microsoft 365")
    return "Microsoft runs these MX hosts and their certificates; the policy must list "
           "*.mail.protection.outlook.com, or *.<x>-v1.mx.microsoft after a move to DNSSEC.";
  if (provider == "Google Workspace")
    return "Google runs these MX hosts; *.google.com does not cover aspmx.l.google.com, because a "
           "wildcard matches exactly one label.";
  if (provider == "Cloudflare")
    return "Cloudflare Email Routing runs these MX hosts; the policy must list "
           "*.mx.cloudflare.net.";
  if (provider == "OVHcloud") return "OVHcloud runs these MX hosts; *.mail.ovh.net covers them.";
  if (provider == "Proton")
    return "Proton runs these MX hosts; list mail.protonmail.ch and mailsec.protonmail.ch.";
  if (provider == "Fastmail")
    return "Fastmail runs these MX hosts; list in1-smtp.messagingengine.com and "
           "in2-smtp.messagingengine.com.";
  if (provider == "Zoho") return "Zoho runs these MX hosts; list each of them by name.";
  return {};
}

std::vector<std::string> suggested_patterns(const std::vector<std::string>& hosts) {
  std::vector<std::string> patterns;
  for (const std::string& host : hosts) {
    // Neither addresses nor names that mean something only locally.
    bool dotted = host.find('.') != std::string::npos;
    if (!protocol::is_rfc1123_host_name(host) || !dotted || host.ends_with(".localhost")) continue;
    std::string pattern = ascii_lower(host);
    if (const Provider* provider = find_provider(host)) {
      std::string customary = customary_pattern(pattern, *provider);
      if (protocol::mx_pattern_matches(customary, host)) pattern = customary;
    }
    if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end())
      patterns.push_back(std::move(pattern));
  }
  return patterns;
}

std::string suggested_policy(const std::vector<std::string>& hosts, protocol::Mode mode,
                             uint64_t max_age_seconds) {
  std::vector<std::string> patterns = suggested_patterns(hosts);
  if (patterns.empty()) return {};
  return protocol::write_policy(mode, patterns, max_age_seconds);
}

}  // namespace mtasts::verdict
