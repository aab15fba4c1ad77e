// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/value_parsers.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/printable.h"
#include "settings/domain_list.h"
#include "settings/endpoint.h"
#include "settings/external_url.h"

namespace mtasts::settings {
namespace {

constexpr uint16_t kDnsPort = 53;

void complain(SettingsBuilder& builder, const Place& place, std::string message) {
  builder.errors.add(place, std::move(message));
}

// A host name as it will be queried in DNS; empty after an error.
std::optional<std::string> host_of(SettingsBuilder& builder, std::string_view title,
                                   const SourceText& value, std::string_view text) {
  auto name = DomainName::parse(text);
  if (name) return name->text();
  complain(builder, value.place, fmt::format("{}: {}", title, name.failure().detail));
  return std::nullopt;
}

std::vector<std::string> hosts_of(SettingsBuilder& builder, std::string_view title,
                                  const std::vector<SourceText>& values) {
  std::vector<std::string> hosts;
  for (const SourceText& value : values)
    if (auto host = host_of(builder, title, value, value.text)) hosts.push_back(std::move(*host));
  return hosts;
}

}  // namespace

std::vector<Endpoint> endpoints_of(SettingsBuilder& builder, std::string_view title,
                                   uint16_t default_port, const std::vector<SourceText>& values) {
  std::vector<Endpoint> endpoints;
  for (const SourceText& value : values) {
    auto endpoint = parse_endpoint(value.text, default_port);
    if (!endpoint) {
      complain(builder, value.place, fmt::format("{}: {}", title, endpoint.failure().detail));
    } else if (std::find(endpoints.begin(), endpoints.end(), *endpoint) != endpoints.end()) {
      complain(builder, value.place,
               fmt::format("{} lists {} twice; remove one", title, endpoint->text()));
    } else {
      endpoints.push_back(*endpoint);
    }
  }
  return endpoints;
}

void take_domains(SettingsBuilder& builder, const Place&, const std::vector<SourceText>& values) {
  builder.domains = values;
}

void take_domain_files(SettingsBuilder& builder, const Place&,
                       const std::vector<SourceText>& values) {
  builder.domain_files = file_patterns_of(builder, "domain_files", values);
}

void take_domain_name(SettingsBuilder& builder, const SourceText& value) {
  builder.tables.back().name = value;
  builder.tables.back().named = true;
}

void take_expected_mode(SettingsBuilder& builder, const SourceText& value) {
  auto mode = protocol::mode_named(value.text);
  if (!mode)
    return complain(builder, value.place,
                    fmt::format("[[domain]] expected_mode must be \"enforce\", \"testing\" or "
                                "\"none\", not \"{}\"",
                                printable(value.text, 40)));
  builder.tables.back().expected_mode = mode;
}

void take_dns_servers(SettingsBuilder& builder, const Place&,
                      const std::vector<SourceText>& values) {
  builder.settings.dns.servers = endpoints_of(builder, "[dns] servers", kDnsPort, values);
}

// RFC 5321 §4.1.1.1: a domain, or an address literal (§4.1.3) of a host without a name.
void take_ehlo_name(SettingsBuilder& builder, const SourceText& value) {
  std::string_view text = value.text;
  bool literal = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (literal) {
    std::string_view address = text.substr(1, text.size() - 2);
    if (address.starts_with("IPv6:")) address.remove_prefix(5);
    if (!IpAddress::parse(address))
      return complain(builder, value.place,
                      fmt::format("[smtp] ehlo_name: \"{}\" is not an address literal; write "
                                  "\"[192.0.2.1]\", \"[IPv6:2001:db8::1]\" or a host name",
                                  printable(text, 80)));
    builder.settings.smtp.ehlo_name = value.text;
  } else if (text.empty()) {
    builder.settings.smtp.ehlo_name.clear();
  } else if (auto host = host_of(builder, "[smtp] ehlo_name", value, text)) {
    builder.settings.smtp.ehlo_name = std::move(*host);
  }
}

void take_canary_dns(SettingsBuilder& builder, const Place&,
                     const std::vector<SourceText>& values) {
  std::vector<std::string> names;
  for (const SourceText& value : values) {
    if (value.text == ".")
      names.emplace_back(".");
    else if (auto host = host_of(builder, "[canary] dns", value, value.text))
      names.push_back(std::move(*host));
  }
  builder.settings.canary.dns = std::move(names);
}

void take_canary_https(SettingsBuilder& builder, const Place&,
                       const std::vector<SourceText>& values) {
  builder.settings.canary.https = hosts_of(builder, "[canary] https", values);
}

void take_canary_smtp(SettingsBuilder& builder, const Place&,
                      const std::vector<SourceText>& values) {
  builder.settings.canary.smtp = hosts_of(builder, "[canary] smtp", values);
}

void take_trust_ad(SettingsBuilder& builder, const SourceText& value) {
  TrustAd& trust = builder.settings.dns.trust_ad;
  if (value.text == "auto")
    trust = TrustAd::automatic;
  else if (value.text == "true")
    trust = TrustAd::always;
  else if (value.text == "false")
    trust = TrustAd::never;
  else
    complain(builder, value.place,
             fmt::format("[dns] trust_ad must be \"auto\", true or false, not \"{}\"",
                         printable(value.text, 40)));
}

void take_families(SettingsBuilder& builder, const Place& place,
                   const std::vector<SourceText>& values) {
  std::vector<AddressFamily> families;
  for (const SourceText& value : values) {
    bool ipv4 = value.text == name_of(AddressFamily::ipv4);
    if (!ipv4 && value.text != name_of(AddressFamily::ipv6)) {
      complain(builder, value.place,
               fmt::format("[network] families must contain only \"ipv4\" and \"ipv6\", not \"{}\"",
                           printable(value.text, 40)));
      continue;
    }
    AddressFamily family = ipv4 ? AddressFamily::ipv4 : AddressFamily::ipv6;
    if (std::find(families.begin(), families.end(), family) == families.end())
      families.push_back(family);
  }
  if (values.empty())
    complain(builder, place,
             "[network] families must list \"ipv4\", \"ipv6\" or both; omit it to use those that "
             "this machine has a route for");
  builder.settings.network.families = std::move(families);
}

void take_state_path(SettingsBuilder& builder, const SourceText& value) {
  if (value.text.empty())
    return complain(builder, value.place,
                    "[state] path must not be empty; write a file, or \":memory:\" to keep the "
                    "state in memory only");
  builder.settings.state.path = value.text;
}

void take_web_listen(SettingsBuilder& builder, const Place& place,
                     const std::vector<SourceText>& values) {
  if (values.empty())
    complain(builder, place,
             "[web] listen must contain at least one address and port, such as \"[::]:10058\"");
  builder.settings.web.listen = endpoints_of(builder, "[web] listen", 0, values);
}

void take_external_url(SettingsBuilder& builder, const SourceText& value) {
  auto url = parse_external_url(value.text);
  if (!url) return complain(builder, value.place, "[web] external_url: " + url.failure().detail);
  builder.settings.web.external_url = value.text;
}

void take_web_hosts(SettingsBuilder& builder, const Place&, const std::vector<SourceText>& values) {
  std::vector<std::string> hosts;
  for (const SourceText& value : values) {
    std::string_view text = value.text;
    if (text == "*") {
      hosts.emplace_back(text);
    } else if (text.find_first_of(":/[") != std::string_view::npos) {
      complain(builder, value.place,
               fmt::format("[web] hosts: write a name without scheme, port and path, such as "
                           "\"mtasts.example.com\", not \"{}\"; addresses are always accepted",
                           printable(text, 80)));
    } else if (IpAddress::parse(text).ok()) {
      complain(builder, value.place,
               fmt::format("[web] hosts: remove {}; addresses are always accepted", text));
    } else {
      const bool wildcard = text.starts_with("*.");
      auto host = host_of(builder, "[web] hosts", value, wildcard ? text.substr(2) : text);
      if (host) hosts.push_back(wildcard ? "*." + *host : *host);
    }
  }
  builder.settings.web.hosts = std::move(hosts);
}

void take_telemetry_listen(SettingsBuilder& builder, const SourceText& value) {
  if (value.text.empty()) {
    builder.settings.telemetry.listen.clear();
    return;
  }
  auto endpoint = parse_endpoint(value.text, 0);
  if (!endpoint)
    return complain(builder, value.place,
                    fmt::format("[telemetry] listen: {}", endpoint.failure().detail));
  builder.settings.telemetry.listen = endpoint->text();
}

void take_metrics_set(SettingsBuilder& builder, const SourceText& value) {
  builder.settings.metrics.is_lean = value.text == "lean";
  if (value.text != "lean" && value.text != "full")
    complain(
        builder, value.place,
        fmt::format("[metrics] set must be \"full\" or \"lean\", not {}", quoted(value.text, 40)));
}

void take_metrics_exclude(SettingsBuilder& builder, const Place&,
                          const std::vector<SourceText>& values) {
  std::vector<std::string> exclude;
  for (const SourceText& value : values) {
    const std::string_view text = value.text;
    const bool is_name = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return is_alphanumeric(c) || c == '_' || c == ':' || c == '*';
    });
    if (!is_name)
      complain(
          builder, value.place,
          fmt::format("[metrics] exclude: {} is not the name of a metric; write a name such as "
                      "\"mtasts_finding\", or a pattern such as \"mtasts_stage_*\"",
                      quoted(text, 60)));
    else if (text.find_first_not_of('*') == std::string_view::npos)
      complain(builder, value.place,
               fmt::format("[metrics] exclude: \"{}\" leaves out every metric; write a longer "
                           "pattern such as \"mtasts_stage_*\"",
                           text));
    else
      exclude.emplace_back(text);
  }
  builder.settings.metrics.exclude = std::move(exclude);
}

void take_probe_allow(SettingsBuilder& builder, const Place& place,
                      const std::vector<SourceText>& values) {
  ProbeSettings probe;
  bool one = values.size() == 1;
  if (values.empty())
    complain(builder, place,
             "[probe] allow is an empty list; write \"configured\" to allow the configured domains "
             "only");
  for (const SourceText& value : values) {
    std::string_view text = value.text;
    if (one && text == "configured") break;
    if (one && text == "any") {
      probe.any = true;
      break;
    }
    if (text == "any" || text == "configured" || text == "*") {
      complain(builder, value.place,
               fmt::format("[probe] allow: \"{}\" is not a pattern; write allow = \"{}\" alone, or "
                           "a list such as [\"*.example.com\"]",
                           text, text == "configured" ? text : "any"));
      continue;
    }
    bool wildcard = text.starts_with("*.");
    auto host = host_of(builder, "[probe] allow", value, wildcard ? text.substr(2) : text);
    if (host) probe.patterns.push_back(wildcard ? "*." + *host : *host);
  }
  builder.settings.probe = std::move(probe);
}

void take_log_level(SettingsBuilder& builder, const SourceText& value) {
  struct Row {
    std::string_view name;
    LogLevel level;
  };
  static constexpr Row kLevels[] = {{"debug", LogLevel::debug},
                                    {"info", LogLevel::info},
                                    {"warn", LogLevel::warning},
                                    {"error", LogLevel::error}};
  for (const Row& row : kLevels) {
    if (value.text != row.name) continue;
    builder.settings.log.level = row.level;
    return;
  }
  complain(builder, value.place,
           fmt::format("[log] level must be \"debug\", \"info\", \"warn\" or \"error\", not \"{}\"",
                       printable(value.text, 40)));
}

void take_log_format(SettingsBuilder& builder, const SourceText& value) {
  if (value.text == "logfmt")
    builder.settings.log.format = LogFormat::logfmt;
  else if (value.text == "json")
    builder.settings.log.format = LogFormat::json;
  else
    complain(builder, value.place,
             fmt::format("[log] format must be \"logfmt\" or \"json\", not \"{}\"",
                         printable(value.text, 40)));
}

}  // namespace mtasts::settings
