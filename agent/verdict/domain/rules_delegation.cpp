// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Delegation to a provider by CNAME (RFC 8461 §8.2) takes two of them, at _mta-sts and at mta-sts.
// A record of one's own beside a policy host at a hoster is the most usual arrangement, and a
// provider may serve the record and the policy below different domains. So only what really fails
// is reported, and only where the other half leads to a provider and works.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "base/public_suffix.h"
#include "verdict/domain/extra_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using Chain = std::vector<std::string>;

// The chain leads out of the domain's own names.
bool is_delegated(const RuleContext& context, const Chain& chain) {
  std::string own = organisational_domain(context.evidence.domain.text());
  return std::any_of(chain.begin(), chain.end(),
                     [&](const std::string& name) { return organisational_domain(name) != own; });
}

bool share_a_domain(const Chain& one, const Chain& other) {
  return std::any_of(one.begin(), one.end(), [&](const std::string& name) {
    return std::any_of(other.begin(), other.end(), [&](const std::string& peer) {
      return organisational_domain(name) == organisational_domain(peer);
    });
  });
}

const Chain& chain_of_host(const RuleContext& context) {
  static const Chain kNone;
  for (const DnsAnswer& answer : context.evidence.policy.addresses.answers)
    if (!answer.cname_chain.empty()) return answer.cname_chain;
  return kNone;
}

bool has_no_address(const RuleContext& context) {
  const auto& answers = context.evidence.policy.addresses.answers;
  return answers.size() > 1 &&
         std::all_of(answers.begin(), answers.end(), [](const DnsAnswer& answer) {
           return answer.status == DnsStatus::nodata || answer.status == DnsStatus::nxdomain;
         });
}

// The server that answers does not know the policy host: another certificate, no such file, a web
// page. A server that is down or slow may be the right one.
bool is_another_server(const HttpsAttempt& attempt) {
  if (attempt.chain != nullptr && !attempt.chain->name_matches) return true;
  if (attempt.status != HttpsStatus::responded) return false;
  if (attempt.http_status == 404 || attempt.http_status == 410 || attempt.http_status == 421)
    return true;
  if (attempt.http_status != 200) return false;
  return !protocol::parse_sts_policy(attempt.body).mode;
}

bool is_at_another_server(const RuleContext& context) {
  const auto& attempts = context.evidence.policy.attempts;
  return !attempts.empty() && std::all_of(attempts.begin(), attempts.end(), is_another_server);
}

std::string where_host_leads(const RuleContext& context, const Chain& chain) {
  const std::string& host = context.evidence.policy.host;
  if (has_no_address(context))
    return chain.empty() ? fmt::format("{} has no address", host)
                         : fmt::format("{} is a CNAME to {}, which has no address", host,
                                       printable(chain.back(), 253));
  if (!chain.empty())
    return fmt::format("{} is a CNAME to {}, where the policy is not served", host,
                       printable(chain.back(), 253));
  return fmt::format("{} has addresses of its own, {}, where the policy is not served", host,
                     context.evidence.policy.attempts.front().address.text());
}

// _mta-sts leads to a provider and has a record; mta-sts does not lead to its policy.
void judge_host_half(RuleContext& context) {
  const DnsAnswer& record = context.evidence.record;
  const Chain& host = chain_of_host(context);
  bool elsewhere = !share_a_domain(record.cname_chain, host) && is_at_another_server(context);
  if (!has_no_address(context) && !elsewhere) return;
  context.add(
      "sts-delegation-half",
      {.message =
           fmt::format("{} is a CNAME to {}, but {}", record.name,
                       printable(record.cname_chain.back(), 253), where_host_leads(context, host)),
       .fix = fmt::format(
           "Point {0} at the policy host that belongs to {1}, or serve the policy at {0} yourself.",
           context.evidence.policy.host, printable(record.cname_chain.back(), 253))});
}

// mta-sts leads to a provider that serves a valid policy; _mta-sts is a CNAME without a record.
void judge_record_half(RuleContext& context) {
  const DnsAnswer& record = context.evidence.record;
  const Chain& host = chain_of_host(context);
  if (!is_delegated(context, host) || !context.reading.read || !context.reading.policy.valid)
    return;
  const auto& chain = context.reading.attempt->chain;
  if (chain == nullptr || !chain->verified()) return;
  context.add(
      "sts-delegation-half",
      {.message = fmt::format("{} is a CNAME to {}, which serves a policy, but {} is a CNAME to "
                              "{}, which has no MTA-STS record",
                              context.evidence.policy.host, printable(host.back(), 253),
                              record.name, printable(record.cname_chain.back(), 253)),
       .fix =
           fmt::format("Point {} at the name that the provider of {} specifies, or publish a TXT "
                       "record there in place of the CNAME.",
                       record.name, printable(host.back(), 253))});
}

}  // namespace

void judge_delegation(RuleContext& context) {
  const DnsAnswer& record = context.evidence.record;
  if (record.cname_loop || !is_delegated(context, record.cname_chain)) return;
  if (record.status == DnsStatus::answered &&
      context.records.status == protocol::RecordSetStatus::found)
    return judge_host_half(context);
  bool none = record.status == DnsStatus::nodata || record.status == DnsStatus::nxdomain ||
              (record.status == DnsStatus::answered &&
               context.records.status == protocol::RecordSetStatus::none);
  if (none) judge_record_half(context);
}

}  // namespace mtasts::verdict
