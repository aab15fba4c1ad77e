// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/policy_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "base/time.h"
#include "protocol/sts/policy_location.h"
#include "protocol/sts/policy_writer.h"
#include "settings/domain_list.h"
#include "settings/value_parsers.h"

namespace mtasts::settings {
namespace {

constexpr std::string_view kWildcard = "*.";
constexpr size_t kLongestName_bytes = 253;  // RFC 1035 §2.3.4

void complain(SettingsBuilder& builder, const Place& place, std::string message) {
  builder.errors.add(place, std::move(message));
}

bool is_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return IpAddress::parse(text).ok();
}

// The host name of a pattern as a policy lists it. `whole` is the pattern as written.
Result<std::string> pattern_host(std::string_view whole, std::string_view text) {
  const auto refused = [whole](std::string_view why) {
    return Failure{FailureKind::invalid, fmt::format("\"{}\" {}", printable(whole, 80), why)};
  };
  if (text.empty()) return refused("has no name; write one such as \"mx1.example.com\"");
  if (text.find('*') != std::string_view::npos)
    return refused(
        "has a wildcard where none may be; it is the first label alone, as in \"*.example.com\"");
  if (is_address(text))
    return refused("is an address; write the name of the mail server as the MX record has it");
  if (text.ends_with('.'))
    return refused("ends with a dot; remove it, because senders do not match such a pattern");
  std::string name = ascii_lower(text);
  const bool has_a_label = name.find("xn--") != std::string::npos;
  if (!has_a_label && protocol::is_mx_pattern(name)) return name;
  auto converted = DomainName::parse(text);  // U-labels, or the reason
  if (!converted.ok()) return converted.failure();
  return converted->text();
}

// RFC 8461 §3.2, §4.1: a host name, or `*.` and one.
std::optional<std::string> pattern_of(SettingsBuilder& builder, const SourceText& value) {
  std::string_view text = value.text;
  const bool wildcard = text.starts_with(kWildcard);
  if (wildcard) text.remove_prefix(kWildcard.size());
  auto host = pattern_host(value.text, text);
  if (host.ok()) return wildcard ? std::string(kWildcard) + *host : *host;
  complain(builder, value.place, fmt::format("[[policy]] mx: {}", host.failure().detail));
  return std::nullopt;
}

// The domains of all policies so far, with the table of each.
using Owners = std::unordered_map<std::string, const PolicyTable*>;

class PolicyGatherer {
 public:
  explicit PolicyGatherer(SettingsBuilder& builder) : builder_(builder) {}

  void gather(const PolicyTable& table) {
    HostedPolicySettings policy;
    policy.mode = table.mode;
    policy.mx = table.mx;
    policy.max_age_seconds = table.max_age_seconds;
    for (const SourceText& value : table.domains) {
      auto name = DomainName::parse(value.text);
      if (name.ok())
        add(table, value.place, std::move(*name), policy);
      else
        complain(builder_, value.place,
                 fmt::format("[[policy]] domains: {}", name.failure().detail));
    }
    std::vector<DomainEntry> listed;
    read_domain_files(builder_, "[[policy]] domain_files", table.domain_files, listed);
    for (DomainEntry& entry : listed) add(table, table.files_place, std::move(entry.name), policy);
    check_size(table, policy);
    if (policy.domains.empty() && table.names_domains && builder_.errors.count() == before_)
      complain(
          builder_, table.place,
          "[[policy]] has no domain; name one in domains, or in a file that domain_files finds");
    std::sort(policy.domains.begin(), policy.domains.end());
    builder_.settings.policy_host.policies.push_back(std::move(policy));
    before_ = builder_.errors.count();
  }

 private:
  void add(const PolicyTable& table, const Place& place, DomainName name,
           HostedPolicySettings& policy) {
    if (name.text().size() + protocol::kPolicyHostPrefix.size() > kLongestName_bytes)
      return complain(
          builder_, place,
          fmt::format("[[policy]] domains: \"{}\" is too long for a policy host, because "
                      "mta-sts.{} has more than {} octets",
                      printable(name.display(), 80), printable(name.text(), 40),
                      kLongestName_bytes));
    if (owners_.size() == kMostDomains)
      return complain(builder_, place,
                      fmt::format("[[policy]] has more than {} domains; serve the policies from "
                                  "several agents",
                                  kMostDomains));
    auto [owner, fresh] = owners_.emplace(name.text(), &table);
    if (fresh) {
      policy.domains.push_back(std::move(name));
    } else if (owner->second != &table) {
      complain(
          builder_, place,
          fmt::format("[[policy]] domains: \"{}\" is in the [[policy]] of line {} and in that of "
                      "line {}; a domain has one policy, so remove it from one",
                      printable(name.display(), 80), owner->second->place.line, table.place.line));
    }
  }

  void check_size(const PolicyTable& table, const HostedPolicySettings& policy) {
    const size_t size =
        protocol::write_policy(policy.mode, policy.mx, policy.max_age_seconds).size();
    if (size > protocol::kLongestPolicy_bytes)
      complain(builder_, table.mx_place,
               fmt::format("[[policy]] mx makes a policy of {} octets, and senders read {}; list "
                           "fewer names, or a wildcard for several",
                           size, protocol::kLongestPolicy_bytes));
  }

  SettingsBuilder& builder_;
  Owners owners_;
  size_t before_ = builder_.errors.count();
};

}  // namespace

void take_policy_host_listen(SettingsBuilder& builder, const Place&,
                             const std::vector<SourceText>& values) {
  builder.settings.policy_host.listen = endpoints_of(builder, "[policy_host] listen", 0, values);
}

void take_policy_domains(SettingsBuilder& builder, const Place&,
                         const std::vector<SourceText>& values) {
  builder.policies.back().domains = values;
  builder.policies.back().names_domains = true;
}

void take_policy_domain_files(SettingsBuilder& builder, const Place& place,
                              const std::vector<SourceText>& values) {
  PolicyTable& table = builder.policies.back();
  table.domain_files = file_patterns_of(builder, "[[policy]] domain_files", values);
  table.files_place = place;
  table.names_domains = true;
}

void take_policy_mode(SettingsBuilder& builder, const SourceText& value) {
  auto mode = protocol::mode_named(value.text);
  if (!mode)
    return complain(builder, value.place,
                    fmt::format("[[policy]] mode must be \"enforce\", \"testing\" or \"none\", not "
                                "\"{}\"",
                                printable(value.text, 40)));
  builder.policies.back().mode = *mode;
}

// In mode none RFC 8461 §3.2 demands no mx, but Stalwart refuses a policy without.
void take_policy_mx(SettingsBuilder& builder, const Place& place,
                    const std::vector<SourceText>& values) {
  PolicyTable& table = builder.policies.back();
  table.mx_place = place;
  if (values.empty())
    return complain(builder, place,
                    "[[policy]] mx must list at least one mail server, also in mode none, because "
                    "Stalwart refuses a policy without one");
  if (values.size() > protocol::kMostMxPatterns)
    return complain(
        builder, place,
        fmt::format("[[policy]] mx lists {} patterns; at most {} are possible, so write a "
                    "wildcard for several",
                    values.size(), protocol::kMostMxPatterns));
  std::unordered_set<std::string> known;
  for (const SourceText& value : values) {
    auto pattern = pattern_of(builder, value);
    if (!pattern) continue;
    if (known.insert(*pattern).second)
      table.mx.push_back(std::move(*pattern));
    else
      complain(builder, value.place,
               fmt::format("[[policy]] mx lists {} twice; remove one", *pattern));
  }
}

void take_policy_max_age(SettingsBuilder& builder, const SourceText& value) {
  const auto duration = parse_duration(value.text);
  if (!duration.ok())
    return complain(builder, value.place,
                    fmt::format("[[policy]] max_age: {}", duration.failure().detail));
  const auto whole = std::chrono::floor<std::chrono::seconds>(*duration);
  if (whole != *duration)
    return complain(builder, value.place,
                    fmt::format("[[policy]] max_age must be whole seconds, not \"{}\"",
                                printable(value.text, 40)));
  const auto age_seconds = static_cast<uint64_t>(whole.count());
  if (age_seconds > protocol::kMaxAgeLimit_seconds)
    return complain(
        builder, value.place,
        fmt::format("[[policy]] max_age must be from 0s to {}s, which is about a year, not "
                    "\"{}\"",
                    protocol::kMaxAgeLimit_seconds, printable(value.text, 40)));
  builder.policies.back().max_age_seconds = age_seconds;
}

void gather_policies(SettingsBuilder& builder) {
  PolicyGatherer gatherer(builder);
  for (const PolicyTable& table : builder.policies) gatherer.gather(table);
}

}  // namespace mtasts::settings
