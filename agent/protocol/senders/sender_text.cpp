// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include "protocol/senders/senders.h"

namespace mtasts::protocol {
namespace {

// What the finding's code is about.
struct Subject {
  std::string_view rfc;
  std::string_view one_refuses, many_refuse;
};

Subject subject_of(FindingCode code) {
  if (code.text().starts_with("tlsrpt"))
    return {"RFC 8460 §3", "refuses the record", "refuse the record"};
  if (code.text().starts_with("sts-txt"))
    return {"RFC 8461 §3.1", "sees no record", "see no record"};
  if (code == FindingCode("sts-http-slow")) return {"RFC 8461 §3.3", "gives up", "give up"};
  return {code.text().starts_with("sts-http") ? "RFC 8461 §3.3" : "RFC 8461 §3.2",
          "refuses the policy", "refuse the policy"};
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

bool is_one(SenderSet senders) { return names_of(senders).size() == 1; }

}  // namespace

SenderSet senders_affected_by(SenderDifference difference) {
  if (difference == SenderDifference::none) return {};
  const DifferenceRow& row = row_of(difference);
  return row.refuse | row.misreading.senders | row.other_misreading.senders;
}

std::vector<std::string> names_of(SenderSet senders) {
  std::vector<std::string> names;
  for (const SenderRow& row : senders_table())
    if (senders.contains(row.sender)) names.emplace_back(row.name);
  return names;
}

std::string names_text(SenderSet senders) {
  std::vector<std::string> others;
  for (const SenderRow& row : senders_table())
    if (row.uses_policies && !senders.contains(row.sender)) others.emplace_back(row.name);
  if (others.empty()) return "every tested sender";
  std::vector<std::string> names = names_of(senders);
  if (others.size() == 1 && names.size() > 2) return "every tested sender but " + others.front();
  return joined(names);
}

std::string effect_text(SenderDifference difference) {
  if (difference == SenderDifference::none) return {};
  const DifferenceRow& row = row_of(difference);
  Subject subject = subject_of(row.code);
  std::string text;
  if (!row.refuse.empty()) {
    std::string names = names_text(row.refuse);
    bool one = is_one(row.refuse) || names.starts_with("every");
    text = fmt::format("{} {}", names, one ? subject.one_refuses : subject.many_refuse);
  }
  for (const Misreading& misreading : {row.misreading, row.other_misreading}) {
    if (misreading.senders.empty()) continue;
    text += fmt::format("{}{} {} {}", text.empty() ? "" : "; ", names_text(misreading.senders),
                        is_one(misreading.senders) ? "reads" : "read", misreading.as);
  }
  return text;
}

std::string difference_text(SenderDifference difference) {
  if (difference == SenderDifference::none) return {};
  return fmt::format("valid by {}, but {}", subject_of(row_of(difference).code).rfc,
                     effect_text(difference));
}

}  // namespace mtasts::protocol
