// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include "base/printable.h"
#include "protocol/senders/senders.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::TlsrptRecordSet;

void judge_tlsrpt(RuleContext& context) {
  const DnsAnswer& answer = context.evidence.tlsrpt;
  switch (answer.status) {
    case DnsStatus::answered:
      break;
    case DnsStatus::nodata:
    case DnsStatus::nxdomain:
      context.add("tlsrpt-missing",
                  {.message = fmt::format("There is no TXT record at {} ({})", answer.name,
                                          protocol::name_of(answer.status))});
      return;
    case DnsStatus::timeout:
      context.add("tlsrpt-timeout", {.message = lookup_result(answer)});
      return;
    case DnsStatus::unreachable:
    case DnsStatus::cancelled:
      context.add("tlsrpt-timeout", {.message = lookup_result(answer), .unobserved = true});
      return;
    case DnsStatus::servfail:
    case DnsStatus::refused:
    case DnsStatus::referral:
    case DnsStatus::denied:
    case DnsStatus::malformed:
      context.add("tlsrpt-servfail", {.message = lookup_result(answer),
                                      .unobserved = protocol::is_local_failure(answer.status)});
      return;
  }

  TlsrptRecordSet set = protocol::read_tlsrpt_records(answer.texts);
  switch (set.status) {
    case TlsrptRecordSet::Status::found:
    case TlsrptRecordSet::Status::invalid:
      context.add_faults(set.record.faults, FaultySource::record);
      break;
    case TlsrptRecordSet::Status::multiple:
      context.add(
          "tlsrpt-multiple",
          {.message = fmt::format("{} records at {} begin with \"v=TLSRPTv1;\"",
                                  answer.texts.size() - set.unrelated.size(), answer.name)});
      break;
    case TlsrptRecordSet::Status::none:
      context.add(
          "tlsrpt-missing",
          {.message = fmt::format("No TXT record at {} begins with \"v=TLSRPTv1;\"", answer.name)});
      break;
  }
  if (!set.counted_by_some.empty())
    context.add(
        "tlsrpt-unrelated-records",
        {.message = fmt::format(
             "{} has another record, \"{}\", with whitespace before its first semicolon; {}",
             answer.name, printable(set.counted_by_some.front(), 80),
             protocol::effect_text(protocol::SenderDifference::tlsrpt_second_record))});
}

}  // namespace mtasts::verdict
