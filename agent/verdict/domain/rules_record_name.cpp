// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "base/time.h"
#include "verdict/domain/extra_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using std::chrono::seconds;

constexpr seconds kLongTtl = std::chrono::hours(24);

bool is_record(const DnsAnswer& answer) {
  return answer.status == DnsStatus::answered &&
         protocol::read_sts_records(answer.texts).status == protocol::RecordSetStatus::found;
}

bool has_record(const RuleContext& context) {
  return context.evidence.record.status == DnsStatus::answered &&
         context.records.status != protocol::RecordSetStatus::none;
}

std::string days_text(seconds ttl) {
  return fmt::format("{} seconds ({:.1f} days)", ttl.count(),
                     static_cast<double>(ttl.count()) / 86400);
}

// A cache answers with what is left of the TTL. The authoritative servers have all of it; where
// they could not be asked, the TTL is known to be at least what is left.
void judge_ttl(RuleContext& context) {
  const auto& authorities = context.evidence.extra.authorities;
  seconds whole{0};
  if (authorities != nullptr)
    for (const AuthorityLook& look : authorities->looks)
      if (look.kind == AuthorityLook::Kind::record) whole = std::max(whole, look.ttl);
  seconds ttl = std::max(whole, context.evidence.record.ttl);
  if (ttl <= kLongTtl) return;
  context.add("sts-txt-ttl-high",
              {.message = fmt::format("The TTL of the TXT record at {} is {}{}",
                                      printable(context.evidence.record.name, 253),
                                      whole >= ttl ? "" : "at least ", days_text(ttl))});
}

// The wildcard's record need not be the same as the one at _mta-sts: what it says about the names
// below the domain is wrong in any case.
void judge_wildcard(RuleContext& context) {
  const auto& unused = context.evidence.extra.unused_name;
  if (unused == nullptr || unused->status != DnsStatus::answered) return;
  if (protocol::read_sts_records(unused->texts).status == protocol::RecordSetStatus::none) return;
  auto text = std::find_if(unused->texts.begin(), unused->texts.end(), [](const std::string& one) {
    return protocol::read_sts_records({one}).status != protocol::RecordSetStatus::none;
  });
  context.add(
      "sts-txt-wildcard",
      {.message = fmt::format(
           "A wildcard answers below {}: {}, a name that does not exist, has the TXT record "
           "\"{}\"",
           context.evidence.domain.text(), printable(unused->name, 253),
           printable(text == unused->texts.end() ? unused->texts.front() : *text, 80))});
}

void judge_other_names(RuleContext& context) {
  std::vector<const DnsAnswer*> found;
  if (context.evidence.extra.other_names != nullptr)
    for (const DnsAnswer& answer : *context.evidence.extra.other_names)
      if (is_record(answer)) found.push_back(&answer);
  // The record of reports is looked up in any case.
  if (is_record(context.evidence.tlsrpt)) found.push_back(&context.evidence.tlsrpt);
  for (const DnsAnswer* answer : found)
    context.add("sts-txt-wrong-location",
                {.message = fmt::format(
                     "The record \"{}\" is published at {} instead of {}",
                     printable(protocol::read_sts_records(answer->texts).record.text, 80),
                     printable(answer->name, 253), printable(context.evidence.record.name, 253)),
                 .host = answer->name});
}

}  // namespace

void judge_record_name(RuleContext& context) {
  if (has_record(context)) {
    judge_ttl(context);
    judge_wildcard(context);
  } else if (protocol::is_conclusive(context.evidence.record.status)) {
    judge_other_names(context);
  }
}

}  // namespace mtasts::verdict
