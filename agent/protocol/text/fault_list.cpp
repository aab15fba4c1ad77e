// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/text/fault_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace mtasts::protocol {
namespace {

// A reader fixes a few and runs the check again.
constexpr size_t kMostOfOneCode = 5;

}  // namespace

void FaultList::error(FindingCode code, int line, int column, std::string message, std::string fix,
                      SenderDifference difference) {
  add({code, FaultClass::error, line, column, std::move(message), std::move(fix), difference});
}

void FaultList::differs(FindingCode code, int line, int column, std::string message,
                        std::string fix, SenderDifference difference) {
  add({code, FaultClass::differs, line, column, std::move(message), std::move(fix), difference});
}

void FaultList::advise(FindingCode code, int line, int column, std::string message, std::string fix,
                       SenderDifference difference) {
  add({code, FaultClass::advice, line, column, std::move(message), std::move(fix), difference});
}

void FaultList::add(SyntaxFault fault) {
  bool outside = is_outside_grammar(fault.fault_class);
  outside_grammar_ = outside_grammar_ || outside;
  Tally& tally = tallies_[{fault.code, fault.difference, fault.fault_class}];
  ++tally.seen;
  size_t most = outside_grammar_ ? kMostFaults : kMostFaults - 1;  // one place is for an error
  if (tally.kept >= kMostOfOneCode || faults_.size() >= most) return;
  ++tally.kept;
  tally.last_kept = faults_.size();
  if (fault.difference != SenderDifference::none)
    fault.message +=
        "; " + (outside ? effect_text(fault.difference) : difference_text(fault.difference));
  faults_.push_back(std::move(fault));
}

std::vector<SyntaxFault> FaultList::take() {
  for (const auto& [code, tally] : tallies_) {
    if (tally.kept == 0 || tally.kept == tally.seen) continue;
    faults_[tally.last_kept].message +=
        fmt::format(" (and {} more like this)", tally.seen - tally.kept);
  }
  std::stable_sort(faults_.begin(), faults_.end(), [](const SyntaxFault& a, const SyntaxFault& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  tallies_.clear();
  return std::exchange(faults_, {});
}

}  // namespace mtasts::protocol
