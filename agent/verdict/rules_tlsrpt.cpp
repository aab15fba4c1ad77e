// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include "verdict/judgement.h"

namespace mtasts::verdict {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::TlsrptRecordSet;

void judge_tlsrpt(Judgement& judgement) {
  const DnsAnswer& answer = judgement.evidence.tlsrpt;
  bool blind = !judgement.evidence.sight.dns || protocol::is_our_sight(answer.status);
  switch (answer.status) {
    case DnsStatus::answered:
      break;
    case DnsStatus::nodata:
    case DnsStatus::nxdomain:
      judgement.add("tlsrpt-missing",
                    {.message = fmt::format("There is no TXT record at {} ({})", answer.name,
                                            protocol::name_of(answer.status))});
      return;
    case DnsStatus::timeout:
      judgement.add("tlsrpt-timeout", {.message = what_came(answer), .blind = blind});
      return;
    case DnsStatus::unreachable:
    case DnsStatus::cancelled:
      judgement.add("tlsrpt-timeout", {.message = what_came(answer), .blind = true});
      return;
    case DnsStatus::servfail:
    case DnsStatus::refused:
    case DnsStatus::malformed:
      judgement.add("tlsrpt-servfail", {.message = what_came(answer), .blind = blind});
      return;
  }

  TlsrptRecordSet set = protocol::read_tlsrpt_records(answer.texts);
  switch (set.status) {
    case TlsrptRecordSet::Status::found:
    case TlsrptRecordSet::Status::invalid:
      judgement.add_faults(set.record.faults, "record");
      break;
    case TlsrptRecordSet::Status::multiple:
      judgement.add(
          "tlsrpt-multiple",
          {.message = fmt::format("{} records at {} begin v=TLSRPTv1;",
                                  answer.texts.size() - set.unrelated.size(), answer.name)});
      break;
    case TlsrptRecordSet::Status::none:
      judgement.add("tlsrpt-missing", {.message = fmt::format(
                                           "No TXT record at {} begins v=TLSRPTv1;", answer.name)});
      break;
  }
}

}  // namespace mtasts::verdict
