// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/senders/senders.h"

namespace mtasts::verdict {

std::optional<bool> is_reachable(const MxAddressReport& address) {
  switch (address.status) {
    case AddressStatus::ok:
    case AddressStatus::tls_failed:
    case AddressStatus::smtp_failed:
      return true;
    case AddressStatus::refused:
    case AddressStatus::timeout:
    case AddressStatus::unreachable:
      return address.unobserved ? std::optional<bool>() : false;
    case AddressStatus::skipped:
      return std::nullopt;
  }
  return std::nullopt;
}

bool is_conclusive(const Report& report) {
  return std::none_of(report.stages.begin(), report.stages.end(),
                      [](StageResult result) { return result == StageResult::unknown; });
}

bool is_worth_repeating(const Report& report) {
  const bool unvalidated =
      std::any_of(report.findings.begin(), report.findings.end(), [](const Finding& finding) {
        return finding.row->code == FindingCode("probe-not-validating");
      });
  for (Stage stage : kStages)
    if (report.stage(stage) == StageResult::unknown && !(stage == Stage::dane && unvalidated))
      return true;
  return false;
}

std::optional<Time> held_from_today(const Report& report) {
  if (!report.policy.valid || !report.policy.max_age_seconds) return std::nullopt;
  uint64_t age = std::min(*report.policy.max_age_seconds, protocol::kMaxAgeLimit_seconds);
  return report.checked_at + report.duration + std::chrono::seconds(age);
}

std::vector<std::string> sender_cache_sentences(const Report& report) {
  std::vector<std::string> sentences;
  if (auto until = held_from_today(report))
    sentences.push_back(
        fmt::format("A sender that fetches the current policy may hold it until {}.",
                    until_text(*until, report.checked_at)));
  if (report.history == nullptr) return sentences;
  for (const HeldPolicy& held : held_policies(*report.history, report.checked_at))
    sentences.push_back(fmt::format("Senders may hold {} until {}{}.", held_text(held),
                                    until_text(held.until, report.checked_at),
                                    held_patterns(held)));
  // Expiry ends what a sender holds, except for these.
  const auto& known = report.history->policy.value;
  if (report.record.status == TxtStatus::found && !report.policy.valid && known &&
      (*known)->mode == protocol::Mode::enforce)
    sentences.push_back(fmt::format(
        "While the record stands and no policy can be fetched, {} enforce the last one even when "
        "it "
        "has expired.",
        protocol::names_text({protocol::Sender::mailauth7, protocol::Sender::mailauth5})));
  return sentences;
}

std::array<int, kSeverities.size()> count_by_severity(const Report& report) {
  std::array<int, kSeverities.size()> counts{};
  for (const Finding& finding : report.findings) ++counts[static_cast<size_t>(finding.severity)];
  return counts;
}

}  // namespace mtasts::verdict
