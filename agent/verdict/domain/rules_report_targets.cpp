// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "protocol/tlsrpt/rua_target.h"
#include "verdict/domain/extra_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using protocol::RuaTarget;

bool is_null_mx(const DnsAnswer& mx) {
  return mx.status == DnsStatus::answered && !mx.mx.empty() &&
         std::all_of(mx.mx.begin(), mx.mx.end(),
                     [](const protocol::MxRecord& record) { return record.host.empty(); });
}

bool are_none(const std::vector<DnsAnswer>& answers) {
  return answers.size() > 1 &&
         std::all_of(answers.begin(), answers.end(), [](const DnsAnswer& answer) {
           return answer.status == DnsStatus::nodata || answer.status == DnsStatus::nxdomain;
         });
}

// Why a domain cannot receive mail (RFC 5321 §5.1, RFC 7505); empty: it can, or that is not known.
std::string why_no_mail(const DnsAnswer& mx, const std::vector<DnsAnswer>& addresses) {
  if (is_null_mx(mx)) return "has a null MX";
  if (mx.status == DnsStatus::nxdomain) return "does not exist (NXDOMAIN)";
  if (mx.status == DnsStatus::nodata && are_none(addresses))
    return "has neither MX nor address records";
  return {};
}

void judge_mail(RuleContext& context, const std::string& domain) {
  std::string why;
  if (domain == context.evidence.domain.text())
    why = why_no_mail(context.evidence.mx, context.evidence.apex);
  for (const auto& other : context.evidence.extra.report_domains)
    if (other->domain == domain) why = why_no_mail(other->mx, other->addresses);
  if (why.empty()) return;
  context.add("tlsrpt-rua-mailto-no-mx",
              {.message = fmt::format("The record asks for reports by mail to {}, which {}",
                                      printable(domain, 253), why),
               .host = domain});
}

bool is_unobserved(const ReportHost& host, const HttpsAttempt& attempt) {
  Channel channel = channel_of(ChannelKind::https, attempt.address.family());
  return attempt.status == HttpsStatus::cancelled ||
         (protocol::may_be_local(attempt) && !host.channels.contains(channel));
}

std::string why_unreachable(const ReportHost& host) {
  if (are_none(host.addresses)) return "has no address";
  if (host.attempts.empty() || host.untried > 0) return {};
  for (const DnsAnswer& answer : host.addresses)
    if (!protocol::is_conclusive(answer.status)) return {};
  std::string why;
  for (const HttpsAttempt& attempt : host.attempts) {
    if (attempt.status == HttpsStatus::responded || is_unobserved(host, attempt)) return {};
    std::string reason = attempt.status == HttpsStatus::not_allowed
                             ? fmt::format("a {} address", name_of(attempt.address.scope()))
                             : std::string(protocol::name_of(attempt.status));
    if (!attempt.detail.empty()) reason += ", " + printable(attempt.detail, 120);
    why += fmt::format("{}{} ({})", why.empty() ? "cannot be reached: " : "; ",
                       attempt.address.text(), reason);
  }
  return why;
}

void judge_web(RuleContext& context, const std::string& name) {
  for (const auto& host : context.evidence.extra.report_hosts) {
    if (host->host != name) continue;
    std::string why = why_unreachable(*host);
    if (why.empty()) return;
    context.add("tlsrpt-rua-https-unreachable",
                {.message = fmt::format("The record asks for reports to https://{}, which {}",
                                        printable(name, 253), why),
                 .host = name});
    return;
  }
}

}  // namespace

void judge_report_targets(RuleContext& context) {
  if (context.evidence.tlsrpt.status != DnsStatus::answered) return;
  auto set = protocol::read_tlsrpt_records(context.evidence.tlsrpt.texts);
  if (set.status != protocol::RecordSetStatus::found) return;
  for (const std::string& uri : set.record.rua) {
    auto target = protocol::rua_target(uri);
    if (!target) continue;
    if (target->kind == RuaTarget::Kind::mailto)
      judge_mail(context, target->host);
    else if (target->port == 443)
      judge_web(context, target->host);
  }
}

}  // namespace mtasts::verdict
