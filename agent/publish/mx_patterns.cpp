// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/mx_patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/ip_address.h"
#include "base/printable.h"
#include "base/public_suffix.h"
#include "base/time.h"
#include "protocol/sts/sts_policy.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/mx_name.h"
#include "verdict/text.h"

namespace mtasts::publish {
namespace {

constexpr size_t kShown_bytes = 80;

bool is_address(std::string_view text) {
  bool bracketed = text.size() > 1 && text.front() == '[' && text.back() == ']';
  return bracketed || static_cast<bool>(IpAddress::parse(text));
}

// What is wrong with the form, before the name itself is read; empty: nothing.
std::string complaint_about_form(std::string_view written, std::string_view name) {
  std::string shown = quoted(written, kShown_bytes);
  if (trim(written, " \t\r\n").empty()) return "an empty pattern covers no host";
  if (equals_ignoring_case(written.substr(0, 3), "mx:"))
    return fmt::format("{} begins with the name of the field; give the pattern alone", shown);
  if (written.find_first_of(" \t\r\n,;") != std::string_view::npos)
    return fmt::format("{} has blanks or separators; give each pattern alone", shown);
  if (is_address(name))
    return fmt::format(
        "{} is an address; a policy lists the names of MX hosts, as the MX records have them",
        shown);
  if (name.empty() || name == "*")
    return fmt::format("{} has no domain; write a pattern such as *.mail.example.com", shown);
  if (name.find('*') != std::string_view::npos)
    return fmt::format("{} has a wildcard that is not the whole first label", shown);
  if (name.front() == '.')
    return fmt::format("{} begins with a dot; write * in front of it, or the name of a host",
                       shown);
  if (name.back() == '.')
    return fmt::format("{} has a final dot, which only zone files have; write it without", shown);
  if (name.find('_') != std::string_view::npos)
    return fmt::format(
        "{} has an underscore, which host names do not have: no policy and no certificate can list "
        "it, so give the MX host another name",
        shown);
  return {};
}

// Why `*.base` covers what it should not, or nothing at all; empty: it is sound.
std::string complaint_about_wildcard(std::string_view written, const std::string& base,
                                     std::string_view domain) {
  if (base == domain) return {};  // the owner of the domain knows what is below it
  std::string shown = quoted(written, kShown_bytes);
  if (is_public_suffix(base))
    return fmt::format("{} matches the names that anybody can register below {}", shown, base);
  std::string_view provider = verdict::provider_with_hosts_below(base);
  // Its hosts are <customer>.<letter>-v1.mx.microsoft.
  if (base == "mx.microsoft") provider = "Microsoft 365";
  if (provider.empty()) return {};
  return fmt::format(
      "{} has the wrong depth: a wildcard matches exactly one label, and {} has MX hosts deeper "
      "than that; list the hosts as the MX records have them",
      shown, provider);
}

Result<std::string> read_pattern(std::string_view written, std::string_view domain) {
  bool wildcard = written.starts_with("*.");
  std::string_view name = wildcard ? written.substr(2) : written;
  auto failure = [](std::string sentence) {
    return Failure{FailureKind::invalid, std::move(sentence)};
  };
  if (std::string form = complaint_about_form(written, name); !form.empty()) return failure(form);
  auto host = DomainName::parse(name);
  if (!host) return host.failure();
  if (!protocol::is_rfc1123_host_name(host->text()))
    return failure(
        fmt::format("{} is no host name that a policy can list", quoted(written, kShown_bytes)));
  if (wildcard) {
    std::string broad = complaint_about_wildcard(written, host->text(), domain);
    if (!broad.empty()) return failure(broad);
    return "*." + host->text();
  }
  verdict::MxName read;
  if (host->text() != domain) read = verdict::read_mx_name(host->text(), domain);
  if (verdict::is_wrong_name(read.slip))
    return failure(fmt::format("{} is no MX host: {}", quoted(written, kShown_bytes),
                               verdict::correction_of(host->text(), read)));
  return host->text();
}

}  // namespace

PatternReading read_patterns(const std::vector<std::string>& written, std::string_view domain) {
  PatternReading reading;
  if (written.size() > protocol::kMostMxPatterns) {
    reading.errors.push_back(fmt::format("there are {} patterns; at most {} are supported",
                                         written.size(), protocol::kMostMxPatterns));
    return reading;
  }
  for (const std::string& text : written) {
    auto pattern = read_pattern(text, domain);
    const auto& known = reading.patterns;
    if (!pattern)
      reading.errors.push_back(pattern.failure().detail);
    else if (std::find(known.begin(), known.end(), *pattern) != known.end())
      reading.errors.push_back(
          fmt::format("{} is given twice; remove one of them", quoted(text, kShown_bytes)));
    else
      reading.patterns.push_back(std::move(*pattern));
  }
  return reading;
}

std::vector<std::string> compare_with_live(const std::vector<std::string>& patterns,
                                           const std::vector<std::string>& hosts) {
  std::vector<std::string> errors;
  for (const std::string& pattern : patterns) {
    auto any = [&](auto& matches) {
      return std::any_of(hosts.begin(), hosts.end(),
                         [&](const std::string& host) { return matches(pattern, host); });
    };
    if (any(protocol::mx_pattern_matches)) continue;
    errors.push_back(fmt::format(
        "\"{}\" covers none of the live MX hosts ({}){}", pattern,
        printable(verdict::listed(hosts), 1000),
        any(protocol::mx_pattern_is_too_shallow) ? ": a wildcard matches exactly one label" : ""));
  }
  for (const std::string& host : hosts)
    if (!verdict::covering_pattern(patterns, host))
      errors.push_back(fmt::format("no pattern covers the MX host {}", printable(host, 253)));
  return errors;
}

Result<uint64_t> read_max_age(std::string_view text) {
  std::string shown = quoted(text, kShown_bytes);
  uint64_t seconds = 0;
  if (!text.empty() && all_of(text, is_digit)) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc()) seconds = UINT64_MAX;
  } else {
    auto duration = parse_duration(text);
    if (!duration || duration->count() % 1000 != 0)
      return Failure{FailureKind::invalid,
                     fmt::format("{} is neither a number of whole seconds, such as 604800, nor a "
                                 "duration, such as 7d",
                                 shown)};
    seconds = static_cast<uint64_t>(duration->count()) / 1000;
  }
  if (seconds == 0)
    return Failure{FailureKind::invalid, shown + " makes senders keep no policy at all"};
  if (seconds > protocol::kMaxAgeLimit_seconds)
    return Failure{FailureKind::invalid,
                   fmt::format("{} exceeds the limit of {} seconds (about a year)", shown,
                               protocol::kMaxAgeLimit_seconds)};
  return seconds;
}

}  // namespace mtasts::publish
