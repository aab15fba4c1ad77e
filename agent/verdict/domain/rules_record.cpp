// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "protocol/senders/senders.h"
#include "verdict/domain/hosted_rules.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::StsRecordSet;

// The lookup was conclusive: the record is missing, or its delegation is broken.
void judge_absence(RuleContext& context, const DnsAnswer& answer) {
  // An existing target without a TXT record is what any wildcard CNAME yields.
  if (!answer.cname_chain.empty() && answer.status == DnsStatus::nxdomain) {
    context.add(
        "sts-txt-cname-dangling",
        {.message = fmt::format("{} is a CNAME to {}, which has no TXT record ({})", answer.name,
                                listed(answer.cname_chain), protocol::name_of(answer.status))});
    return;
  }
  context.add("sts-txt-missing",
              {.message = fmt::format("There is no TXT record at {} ({})", answer.name,
                                      protocol::name_of(answer.status)),
               .fix = hosted_publication_fix(context)});
  if (answer.status == DnsStatus::nxdomain)
    context.add("sts-txt-nxdomain",
                {.message = fmt::format("The name {} does not exist (NXDOMAIN)", answer.name)});
}

void judge_unrelated(RuleContext& context, const DnsAnswer& answer) {
  const StsRecordSet& set = context.records;
  if (set.unrelated.empty()) return;
  std::string message = fmt::format(
      "{} has {} other TXT record{}; the first is \"{}\"", answer.name, set.unrelated.size(),
      set.unrelated.size() == 1 ? "" : "s", printable(set.unrelated.front(), 80));
  // Without a record of its own there is nothing that senders could miss.
  if (set.status == StsRecordSet::Status::found) {
    bool longer = std::any_of(set.unrelated.begin(), set.unrelated.end(),
                              [](const std::string& text) { return text.starts_with("v=STSv1"); });
    message +=
        "; " + protocol::difference_text(longer ? protocol::SenderDifference::record_longer_version
                                                : protocol::SenderDifference::record_foreign);
  }
  context.add("sts-txt-unrelated-records", {.message = std::move(message)});
}

void judge_texts(RuleContext& context, const DnsAnswer& answer) {
  const StsRecordSet& set = context.records;
  switch (set.status) {
    case StsRecordSet::Status::found:
    case StsRecordSet::Status::invalid:
      context.add_faults(set.record.faults, FaultySource::record);
      break;
    case StsRecordSet::Status::multiple:
      context.add(
          "sts-txt-multiple",
          {.message = fmt::format(
               "{} records at {} have the version \"v=STSv1\": {}; {}",
               answer.texts.size() - set.unrelated.size(), answer.name, listed(answer.texts, 3),
               protocol::effect_text(protocol::SenderDifference::record_several))});
      break;
    case StsRecordSet::Status::none:
      context.add(
          "sts-txt-missing",
          {.message = fmt::format("No TXT record at {} begins with \"v=STSv1;\"", answer.name),
           .fix = hosted_publication_fix(context)});
      break;
  }
  judge_unrelated(context, answer);
}

}  // namespace

void judge_record(RuleContext& context) {
  const DnsAnswer& answer = context.evidence.record;
  if (answer.cname_loop) {
    context.add("sts-txt-cname-loop",
                {.message = fmt::format("The CNAME chain at {} forms a loop: {}", answer.name,
                                        listed(answer.cname_chain))});
    return;
  }
  switch (answer.status) {
    case DnsStatus::answered:
      judge_texts(context, answer);
      judge_hosted_record(context);
      break;
    case DnsStatus::nodata:
    case DnsStatus::nxdomain:
      judge_absence(context, answer);
      break;
    case DnsStatus::timeout:
      context.add("sts-txt-timeout", {.message = lookup_result(answer)});
      break;
    case DnsStatus::unreachable:
    case DnsStatus::cancelled:
      context.add("sts-txt-timeout", {.message = lookup_result(answer), .unobserved = true});
      break;
    case DnsStatus::servfail:
    case DnsStatus::refused:
    case DnsStatus::referral:
    case DnsStatus::denied:
    case DnsStatus::malformed:
      context.add("sts-txt-servfail", {.message = lookup_result(answer),
                                       .unobserved = protocol::is_local_failure(answer.status)});
      break;
  }
}

}  // namespace mtasts::verdict
