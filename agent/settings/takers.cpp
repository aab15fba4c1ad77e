// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/takers.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/printable.h"
#include "settings/endpoint.h"

namespace mtasts::settings {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr std::string_view kListenExample = "write \"0.0.0.0:10059\", or \"\" to switch it off";

void complain(Draft& draft, const Place& place, std::string message) {
  draft.complaints.add(place, std::move(message));
}

// A host as DNS will be asked for it; empty after a complaint.
std::optional<std::string> host_of(Draft& draft, std::string_view title, const Written& value,
                                   std::string_view text) {
  auto name = DomainName::parse(text);
  if (name) return name->text();
  complain(draft, value.place, fmt::format("{}: {}", title, name.failure().detail));
  return std::nullopt;
}

std::vector<std::string> hosts_of(Draft& draft, std::string_view title,
                                  const std::vector<Written>& values) {
  std::vector<std::string> hosts;
  for (const Written& value : values)
    if (auto host = host_of(draft, title, value, value.text)) hosts.push_back(std::move(*host));
  return hosts;
}

std::vector<Endpoint> endpoints_of(Draft& draft, std::string_view title, uint16_t default_port,
                                   const std::vector<Written>& values) {
  std::vector<Endpoint> endpoints;
  for (const Written& value : values) {
    auto endpoint = parse_endpoint(value.text, default_port);
    if (!endpoint) {
      complain(draft, value.place, fmt::format("{}: {}", title, endpoint.failure().detail));
    } else if (std::find(endpoints.begin(), endpoints.end(), *endpoint) != endpoints.end()) {
      complain(draft, value.place,
               fmt::format("{} names {} twice; remove one", title, endpoint->text()));
    } else {
      endpoints.push_back(*endpoint);
    }
  }
  return endpoints;
}

}  // namespace

void take_domains(Draft& draft, const Place&, const std::vector<Written>& values) {
  draft.domains = values;
}

void take_domain_files(Draft& draft, const Place&, const std::vector<Written>& values) {
  draft.domain_files = values;
  for (const Written& value : values)
    if (value.text.empty())
      complain(draft, value.place,
               "domain_files holds an empty name; write a file or a pattern such as "
               "\"domains.d/*.txt\"");
  std::erase_if(draft.domain_files, [](const Written& value) { return value.text.empty(); });
}

void take_domain_name(Draft& draft, const Written& value) {
  draft.tables.back().name = value;
  draft.tables.back().named = true;
}

void take_expected_mode(Draft& draft, const Written& value) {
  auto mode = protocol::mode_named(value.text);
  if (!mode)
    return complain(draft, value.place,
                    fmt::format("[[domain]] expected_mode must be \"enforce\", \"testing\" or "
                                "\"none\", not \"{}\"",
                                printable(value.text, 40)));
  draft.tables.back().expected_mode = mode;
}

void take_dns_servers(Draft& draft, const Place&, const std::vector<Written>& values) {
  draft.settings.dns.servers = endpoints_of(draft, "[dns] servers", kDnsPort, values);
}

// RFC 5321 §4.1.1.1: a domain, or an address literal (§4.1.3) of a host without a name.
void take_ehlo_name(Draft& draft, const Written& value) {
  std::string_view text = value.text;
  bool literal = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (literal) {
    std::string_view address = text.substr(1, text.size() - 2);
    if (address.starts_with("IPv6:")) address.remove_prefix(5);
    if (!IpAddress::parse(address))
      return complain(draft, value.place,
                      fmt::format("[smtp] ehlo_name: \"{}\" is not an address literal; write "
                                  "\"[192.0.2.1]\", \"[IPv6:2001:db8::1]\" or a host name",
                                  printable(text, 80)));
    draft.settings.smtp.ehlo_name = value.text;
  } else if (text.empty()) {
    draft.settings.smtp.ehlo_name.clear();
  } else if (auto host = host_of(draft, "[smtp] ehlo_name", value, text)) {
    draft.settings.smtp.ehlo_name = std::move(*host);
  }
}

void take_canary_dns(Draft& draft, const Place&, const std::vector<Written>& values) {
  std::vector<std::string> names;
  for (const Written& value : values) {
    if (value.text == ".")
      names.emplace_back(".");
    else if (auto host = host_of(draft, "[canary] dns", value, value.text))
      names.push_back(std::move(*host));
  }
  draft.settings.canary.dns = std::move(names);
}

void take_canary_https(Draft& draft, const Place&, const std::vector<Written>& values) {
  draft.settings.canary.https = hosts_of(draft, "[canary] https", values);
}

void take_canary_smtp(Draft& draft, const Place&, const std::vector<Written>& values) {
  draft.settings.canary.smtp = hosts_of(draft, "[canary] smtp", values);
}

void take_families(Draft& draft, const Place& place, const std::vector<Written>& values) {
  std::vector<AddressFamily> families;
  for (const Written& value : values) {
    bool ipv4 = value.text == name_of(AddressFamily::ipv4);
    if (!ipv4 && value.text != name_of(AddressFamily::ipv6)) {
      complain(draft, value.place,
               fmt::format("[network] families knows \"ipv4\" and \"ipv6\", not \"{}\"",
                           printable(value.text, 40)));
      continue;
    }
    AddressFamily family = ipv4 ? AddressFamily::ipv4 : AddressFamily::ipv6;
    if (std::find(families.begin(), families.end(), family) == families.end())
      families.push_back(family);
  }
  if (values.empty())
    complain(draft, place,
             "[network] families must name \"ipv4\", \"ipv6\" or both; leave it out for those this "
             "machine has a route for");
  draft.settings.network.families = std::move(families);
}

void take_state_path(Draft& draft, const Written& value) {
  if (value.text.empty())
    return complain(draft, value.place,
                    "[state] path must not be empty; write a file, or \":memory:\" to forget "
                    "everything at exit");
  draft.settings.state.path = value.text;
}

void take_web_listen(Draft& draft, const Place& place, const std::vector<Written>& values) {
  if (values.empty())
    complain(draft, place,
             "[web] listen must name at least one address and port, such as \"[::]:10058\"");
  draft.settings.web.listen = endpoints_of(draft, "[web] listen", 0, values);
}

void take_external_url(Draft& draft, const Written& value) {
  std::string_view text = value.text;
  bool http = text.starts_with("http://") || text.starts_with("https://");
  size_t host = http ? text.find("://") + 3 : 0;
  bool plain = text.find_first_of(" \"<>\\^`{|}?#") == std::string_view::npos;
  bool with_host = host < text.size() && text[host] != '/' && text[host] != ':';
  if (!text.empty() && !(http && plain && with_host))
    return complain(draft, value.place,
                    fmt::format("[web] external_url: \"{}\" is not the URL of a page; write "
                                "\"https://host.example/\" or \"\"",
                                printable(text, 80)));
  draft.settings.web.external_url = value.text;
}

void take_telemetry_listen(Draft& draft, const Written& value) {
  if (value.text.empty()) {
    draft.settings.telemetry.listen.clear();
    return;
  }
  auto endpoint = parse_endpoint(value.text, 0);
  if (!endpoint)
    return complain(draft, value.place,
                    fmt::format("[telemetry] listen: {}", endpoint.failure().detail));
  // Debian's CivetWeb is built without IPv6.
  if (endpoint->address.family() == AddressFamily::ipv6)
    return complain(draft, value.place,
                    fmt::format("[telemetry] listen takes IPv4 addresses only, not \"{}\"; {}",
                                printable(value.text, 80), kListenExample));
  draft.settings.telemetry.listen = endpoint->text();
}

void take_probe_allow(Draft& draft, const Place& place, const std::vector<Written>& values) {
  ProbeSettings probe;
  bool one = values.size() == 1;
  if (values.empty())
    complain(draft, place,
             "[probe] allow is an empty list; write \"configured\" to allow the configured domains "
             "only");
  for (const Written& value : values) {
    std::string_view text = value.text;
    if (one && text == "configured") break;
    if (one && text == "any") {
      probe.any = true;
      break;
    }
    if (text == "any" || text == "configured" || text == "*") {
      complain(draft, value.place,
               fmt::format("[probe] allow: \"{}\" is not a pattern; write allow = \"{}\" alone, or "
                           "a list such as [\"*.example.com\"]",
                           text, text == "configured" ? text : "any"));
      continue;
    }
    bool wildcard = text.starts_with("*.");
    auto host = host_of(draft, "[probe] allow", value, wildcard ? text.substr(2) : text);
    if (host) probe.patterns.push_back(wildcard ? "*." + *host : *host);
  }
  draft.settings.probe = std::move(probe);
}

void take_log_level(Draft& draft, const Written& value) {
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
    draft.settings.log.level = row.level;
    return;
  }
  complain(draft, value.place,
           fmt::format("[log] level must be \"debug\", \"info\", \"warn\" or \"error\", not \"{}\"",
                       printable(value.text, 40)));
}

void take_log_format(Draft& draft, const Written& value) {
  if (value.text == "logfmt")
    draft.settings.log.format = LogFormat::logfmt;
  else if (value.text == "json")
    draft.settings.log.format = LogFormat::json;
  else
    complain(draft, value.place,
             fmt::format("[log] format must be \"logfmt\" or \"json\", not \"{}\"",
                         printable(value.text, 40)));
}

}  // namespace mtasts::settings
