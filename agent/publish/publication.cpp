// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/publication.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "protocol/sts/policy_writer.h"
#include "publish/mx_patterns.h"
#include "verdict/domain/coverage.h"
#include "verdict/findings/finding.h"

namespace mtasts::publish {
namespace {

using protocol::Mode;

// RFC 1035 §2.3.4: 253 octets as text, of which "_smtp._tls." takes eleven.
constexpr size_t kLongestDomain_bytes = 242;

bool is_null_mx(const LiveMail& mail) {
  return mail.hosts.size() == 1 && mail.hosts[0].host.empty();
}

// The hosts that a policy may list; the others go to `left_out`.
std::vector<std::string> listable_hosts(const LiveMail& mail, const std::string& domain,
                                        std::vector<LeftOut>& left_out) {
  std::vector<std::string> hosts;
  for (const LiveHost& live : mail.hosts) {
    if (live.host.empty()) {
      left_out.push_back(
          {".", "remove the null MX, which must stand alone, or the other MX records"});
      continue;
    }
    verdict::MxName name;
    if (!mail.implicit) name = verdict::read_mx_name(live.host, domain);
    name = verdict::with_reach(std::move(name), live.host, domain, live.reach);
    if (name.slip == verdict::MxSlip::none)
      hosts.push_back(live.host);
    else
      left_out.push_back({printable(live.host, 253), verdict::correction_of(live.host, name)});
  }
  return hosts;
}

void add_providers(const std::vector<std::string>& names, std::vector<std::string>& providers) {
  for (const std::string& name : names) {
    std::string provider(verdict::provider_of(name));
    if (!provider.empty() &&
        std::find(providers.begin(), providers.end(), provider) == providers.end())
      providers.push_back(std::move(provider));
  }
}

// A wildcard stands for any host that it matches.
std::vector<std::string> hosts_like(const std::vector<std::string>& patterns) {
  std::vector<std::string> names;
  for (const std::string& pattern : patterns)
    names.push_back(pattern.starts_with("*.") ? "any" + pattern.substr(1) : pattern);
  return names;
}

std::string refusal_of(const PolicyRequest& request) {
  if (is_null_mx(*request.mail))
    return fmt::format(
        "{0} has a null MX (RFC 7505), so it receives no mail and needs no MTA-STS; if a policy "
        "was published before, follow `mtasts-exporter plan remove {0}`",
        request.domain);
  if (request.mail->hosts.empty())
    return fmt::format(
        "{} has neither MX records nor an address, so it receives no mail; publish "
        "MX records first",
        request.domain);
  return fmt::format("no MX host of {} can be listed in a policy", request.domain);
}

void add_notes(const PolicyRequest& request, GeneratedPolicy& policy) {
  if (request.mail && request.mail->implicit)
    policy.notes.push_back(
        fmt::format("{} has no MX record, so the domain itself is the MX host (RFC 5321 §5.1)",
                    request.domain));
  auto regime =
      policy.mode == Mode::enforce ? verdict::Regime::enforce : verdict::Regime::otherwise;
  for (const protocol::SyntaxFault& fault : protocol::parse_sts_policy(policy.text).faults) {
    bool minor = fault.difference == protocol::SenderDifference::none &&
                 verdict::severity_of(fault, regime) == verdict::Severity::info;
    if (!minor) policy.notes.push_back(fault.message + "; " + fault.fix);
  }
  if (policy.mode == Mode::enforce)
    policy.notes.push_back(
        "in mode enforce, senders hold back mail for MX hosts without a valid certificate; publish "
        "it after two weeks of mode testing without failures");
  if (policy.mode == Mode::none)
    policy.notes.push_back(fmt::format(
        "to retire MTA-STS, follow the order of `mtasts-exporter plan remove {}`", request.domain));
}

}  // namespace

uint64_t usual_max_age(Mode mode) { return mode == Mode::enforce ? 604800 : 86400; }

GeneratedPolicy generate_policy(const PolicyRequest& request) {
  GeneratedPolicy policy;
  if (request.domain.size() > kLongestDomain_bytes) {
    policy.errors.push_back(fmt::format(
        "{} is so long that the names of its records, such as _smtp._tls.{}, cannot exist",
        printable(request.domain, 40), printable(request.domain, 40)));
    return policy;
  }
  policy.mode = request.mode;
  policy.max_age_seconds = request.max_age_seconds.value_or(usual_max_age(request.mode));
  std::vector<std::string> hosts;
  if (request.mail) hosts = listable_hosts(*request.mail, request.domain, policy.left_out);
  if (request.patterns.empty()) {
    add_providers(hosts, policy.providers);
    policy.mx = verdict::suggested_patterns(hosts);
  } else {
    PatternReading reading = read_patterns(request.patterns, request.domain);
    policy.mx = std::move(reading.patterns);
    policy.errors = std::move(reading.errors);
    if (policy.errors.empty() && request.mail) {
      if (hosts.empty())
        policy.errors.push_back(refusal_of(request));
      else
        policy.errors = compare_with_live(policy.mx, hosts);
    }
    add_providers(hosts_like(policy.mx), policy.providers);
  }
  if (!policy.errors.empty()) return policy;
  if (policy.mx.empty()) {
    policy.refusal = refusal_of(request);
    if (is_null_mx(*request.mail)) policy.left_out.clear();
    return policy;
  }
  policy.text = protocol::write_policy(policy.mode, policy.mx, policy.max_age_seconds);
  if (policy.text.size() > protocol::kLongestPolicy_bytes) {
    policy.refusal = fmt::format(
        "the policy would have {} octets, and senders read {} at most; use wildcards, or fewer MX "
        "hosts",
        policy.text.size(), protocol::kLongestPolicy_bytes);
    policy.text.clear();
    return policy;
  }
  add_notes(request, policy);
  return policy;
}

}  // namespace mtasts::publish
