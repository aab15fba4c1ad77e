// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/hosted_metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "present/metrics_table.h"
#include "present/samples.h"

namespace mtasts::present {
namespace {

struct ReaderRow {
  std::string_view part;  // of the User-Agent, in lower case
  PolicyReader reader;
};
// Longer texts first where one contains the other.
constexpr ReaderRow kReaders[] = {
    {"google-smtp-sts", PolicyReader::google},
    {"postfix-tlspol", PolicyReader::postfix_tlspol},
    {"postfix-mta-sts-resolver", PolicyReader::postfix_mta_sts_resolver},
    {"stalwart", PolicyReader::stalwart},
    {"mtasts-exporter", PolicyReader::mtasts_exporter},
    {"microsoft", PolicyReader::microsoft},
    {"yahoo", PolicyReader::yahoo},
    {"go-http-client", PolicyReader::go},
};
constexpr size_t kLooked_bytes = 200;

void append_info(std::string& text, const HostedDomainFacts& domain) {
  fmt::format_to(std::back_inserter(text),
                 "mtasts_hosted_policy_info{{domain=\"{}\",id=\"{}\"}} 1\n",
                 label_value(domain.domain), label_value(domain.id));
}

void append_requests(std::string& text, const HostedDomainFacts& domain) {
  fmt::format_to(std::back_inserter(text),
                 "mtasts_hosted_policy_requests_total{{domain=\"{}\"}} {}\n",
                 label_value(domain.domain), domain.requests);
}

}  // namespace

std::string name_of(PolicyReader reader) {
  std::string name(enumerator_name(reader));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

PolicyReader policy_reader_of(std::string_view user_agent) {
  user_agent = trim(user_agent);
  if (user_agent.empty()) return PolicyReader::none;
  const std::string text = ascii_lower(user_agent.substr(0, kLooked_bytes));
  for (const ReaderRow& row : kReaders)
    if (text.find(row.part) != std::string::npos) return row.reader;
  return PolicyReader::other;
}

std::string hosted_metrics_text(const std::vector<HostedDomainFacts>& domains) {
  std::string text;
  if (domains.empty()) return text;
  text += metric_head(metric_named("mtasts_hosted_policy_info"));
  for (const HostedDomainFacts& domain : domains) append_info(text, domain);
  text += metric_head(metric_named("mtasts_hosted_policy_requests_total"));
  for (const HostedDomainFacts& domain : domains) append_requests(text, domain);
  return text;
}

}  // namespace mtasts::present
