// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/domain/mx_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/ip_address.h"
#include "base/printable.h"
#include "protocol/sts/sts_policy.h"
#include "verdict/domain/coverage.h"
#include "verdict/host/host_verdict.h"

namespace mtasts::verdict {
namespace {

// Names that end like this exist in no public zone (RFC 6761, RFC 6762, RFC 8375, RFC 7686), or are
// in use inside networks.
constexpr std::string_view kLocalEndings[] = {
    ".local",   ".localdomain", ".internal", ".intranet",  ".lan",   ".home",
    ".private", ".corp",        ".test",     ".home.arpa", ".onion", ".invalid",
};

bool is_at_or_below(std::string_view name, std::string_view zone) {
  return name == zone || (name.size() > zone.size() && name.ends_with(zone) &&
                          name[name.size() - zone.size() - 1] == '.');
}

bool is_address(std::string_view text) { return static_cast<bool>(IpAddress::parse(text)); }

bool is_localhost(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost") || name == "localhost.localdomain";
}

// Without what web forms and editors add ("mx1.example.com\032"), and with plain dots for those
// that were escaped. Names from DNS have other octets as \DDD. Empty: that makes no host name.
std::string without_additions(std::string_view host) {
  std::string bare;
  for (size_t at = 0; at < host.size(); ++at) {
    std::string_view escape = host.substr(at, 4);
    if (host[at] != '\\') {
      bare += host[at];
      continue;
    }
    if (escape == "\\046") bare += '.';
    // Tab, line ends, blank, quotation marks, semicolon.
    else if (escape != "\\009" && escape != "\\010" && escape != "\\013" && escape != "\\032" &&
             escape != "\\034" && escape != "\\039" && escape != "\\059")
      return {};
    at += 3;
  }
  bare = std::string(trim(bare, ".,:"));
  return protocol::is_rfc1123_host_name(bare) ? bare : std::string();
}

// What stands before `origin`, when that may have been appended to a complete name.
MxName before_origin(std::string_view front, std::string_view origin, std::string_view domain) {
  bool zone = origin.find('.') != std::string_view::npos;
  if (zone && is_address(front)) return {MxSlip::address, {}};
  if (zone && is_localhost(front)) return {MxSlip::local, {}};
  bool complete = is_at_or_below(front, domain) ||
                  (zone && (is_at_or_below(front, origin) || !provider_of(front).empty()));
  return complete ? MxName{MxSlip::doubled, std::string(front)} : MxName();
}

MxName appended(std::string_view host, std::string_view domain) {
  // The origin is the domain itself, or the zone above that holds it; or the last part of a
  // complete name was written twice ("mx1.example.com.com").
  for (std::string_view origin = domain; !origin.empty();) {
    if (host.size() > origin.size() + 1 && is_at_or_below(host, origin)) {
      MxName name = before_origin(host.substr(0, host.size() - origin.size() - 1), origin, domain);
      // A name below the domain has only the domain as its origin.
      if (name.slip != MxSlip::none || origin == domain) return name;
    }
    size_t dot = origin.find('.');
    origin = dot == std::string_view::npos ? std::string_view() : origin.substr(dot + 1);
  }
  return {};
}

bool has_finding(const MxTarget& target, FindingCode code) {
  return target.verdict != nullptr &&
         std::any_of(target.verdict->findings.begin(), target.verdict->findings.end(),
                     [&](const UngradedFinding& finding) { return finding.row->code == code; });
}

// Not known to have none.
bool has_address(const MxTarget& target) {
  return target.verdict == nullptr || !has_finding(target, "mx-no-address");
}

bool has_private_addresses_only(const MxTarget& target) {
  if (target.verdict == nullptr) return false;
  const auto& attempts = target.verdict->evidence->attempts;
  return !attempts.empty() && std::all_of(attempts.begin(), attempts.end(), [](const auto& each) {
    return each.status == protocol::SmtpStatus::not_allowed;
  });
}

// With the domain's own ending, or a very common one, "mail.hoster.net.example.com" may well be a
// name without its final dot.
std::string perhaps_meant(std::string_view host, std::string_view domain) {
  if (!is_at_or_below(host, domain) || host == domain) return {};
  std::string_view front = host.substr(0, host.size() - domain.size() - 1);
  size_t dot = front.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string_view ending = front.substr(dot + 1);
  for (std::string_view common : {"com", "net", "org", "info", "eu", "de", "uk", "fr", "nl", "ch"})
    if (ending == common) return std::string(front);
  return ending == domain.substr(domain.rfind('.') + 1) ? std::string(front) : std::string();
}

}  // namespace

MxName read_mx_name(std::string_view written, std::string_view domain) {
  std::string host = ascii_lower(written);
  if (is_address(host)) return {MxSlip::address, {}};
  if (!protocol::is_rfc1123_host_name(host)) {
    std::string bare = without_additions(host);
    if (bare.empty()) return {MxSlip::no_host_name, {}};
    MxName name = appended(bare, domain);
    return {MxSlip::no_host_name, name.slip == MxSlip::doubled ? name.meant : bare};
  }
  if (is_localhost(host) || host.find('.') == std::string::npos) return {MxSlip::local, {}};
  return appended(host, domain);
}

MxName with_reach(MxName name, std::string_view host, std::string_view domain, HostReach reach) {
  if (name.slip != MxSlip::none) return name;
  if (reach == HostReach::no_address) {
    auto ends = [&](std::string_view ending) { return host.ends_with(ending); };
    if (std::any_of(std::begin(kLocalEndings), std::end(kLocalEndings), ends))
      return {MxSlip::local, {}};
    return {MxSlip::no_address, perhaps_meant(host, domain)};
  }
  return {reach == HostReach::not_public ? MxSlip::not_public : MxSlip::none, {}};
}

MxName read_mx_target(const MxTarget& target, const Evidence& evidence,
                      const std::vector<std::string>& patterns) {
  if (target.host.empty()) return {};
  std::string_view domain = evidence.domain.text();
  bool address = has_address(target);
  MxName name;
  if (!evidence.implicit_mx) name = read_mx_name(target.host, domain);
  bool deliberate = target.verdict != nullptr && address &&
                    covering_pattern(patterns, target.host) && !is_address(target.host) &&
                    !is_localhost(target.host);
  if (is_wrong_name(name.slip) && deliberate) name = {};
  HostReach reach = !address                             ? HostReach::no_address
                    : has_private_addresses_only(target) ? HostReach::not_public
                                                         : HostReach::unknown;
  return with_reach(std::move(name), target.host, domain, reach);
}

std::string correction_of(std::string_view host, const MxName& name) {
  std::string shown = printable(host, 253);
  std::string meant = printable(name.meant, 253);
  switch (name.slip) {
    case MxSlip::none:
      return {};
    case MxSlip::address:
      return fmt::format("use the name of the server in the MX record instead of {}", shown);
    case MxSlip::doubled:
      return fmt::format("write {}. with a final dot in the MX record, instead of {}", meant,
                         shown);
    case MxSlip::local:
      return fmt::format(
          "write the complete public name of the mail server in the MX record, instead of {}",
          shown);
    case MxSlip::no_host_name:
      if (!meant.empty())
        return fmt::format("write {}. in the MX record, without other characters", meant);
      return fmt::format(
          "correct the MX record: {} is no host name, so no policy and no certificate can list it",
          shown);
    case MxSlip::no_address:
      if (!meant.empty())
        return fmt::format(
            "if {0} was meant, write {0}. with a final dot in the MX record; otherwise publish an "
            "A "
            "or AAAA record for {1}",
            meant, shown);
      return fmt::format(
          "correct the MX record, or publish an A or AAAA record for {}, which has no address",
          shown);
    case MxSlip::not_public:
      return fmt::format("publish a public address for {}, or correct the MX record", shown);
  }
  return {};
}

std::vector<std::string> listable_hosts(const Report& report) {
  std::vector<std::string> hosts;
  for (const MxReport& mx : report.mx) {
    if (mx.host.empty()) continue;
    bool slip =
        std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
          std::string_view code = finding.code();
          return finding.subject == printable(mx.host, 253) &&
                 (code == "mx-ip-literal" || code == "mx-name-doubled" || code == "mx-name-local" ||
                  code == "mx-underscore" || code == "mx-no-address");
        });
    if (!slip && read_mx_name(mx.host, report.domain).slip != MxSlip::address)
      hosts.push_back(mx.host);
  }
  return hosts;
}

}  // namespace mtasts::verdict
