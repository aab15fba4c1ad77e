// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/report_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace mtasts::reports {
namespace {

using protocol::ReportPolicy;

std::string digest_of(const ReportPolicy& policy) {
  Sha256 hash;
  add_field(hash, name_of(policy.type));
  add_field(hash, policy.domain);
  for (const auto* texts : {&policy.policy_strings, &policy.mx_hosts}) {
    add_field(hash, std::to_string(texts->size()));
    for (const std::string& text : *texts) add_field(hash, text);
  }
  hash.add(fmt::format("{} {}\n", policy.successful, policy.failed));
  for (const protocol::ReportFailure& failure : policy.failures) {
    for (const std::string* text :
         {&failure.type_text, &failure.sending_mta_ip, &failure.receiving_mx_hostname,
          &failure.receiving_mx_helo, &failure.receiving_ip, &failure.additional_information,
          &failure.failure_reason_code})
      add_field(hash, *text);
    hash.add(fmt::format("{}\n", failure.sessions));
  }
  return hex(hash.finish());
}

}  // namespace

void add_field(Sha256& hash, std::string_view text) {
  hash.add(fmt::format("{}:", text.size())).add(text);
}

std::string policies_digest(const protocol::TlsReport& report) {
  std::vector<std::string> digests;
  digests.reserve(report.policies.size());
  for (const ReportPolicy& policy : report.policies) digests.push_back(digest_of(policy));
  std::sort(digests.begin(), digests.end());
  Sha256 hash;
  for (const std::string& digest : digests) hash.add(digest);
  return hex(hash.finish());
}

}  // namespace mtasts::reports
