// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FaultList: collects the faults of a grammar. Bounded: only the first few of each code are kept,
// and the last of them has the number of omitted ones; a flood of one code never hides another.
// Also records whether anything violated the grammar, kept or not. Each parse owns one.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "protocol/text/syntax_fault.h"

namespace mtasts::protocol {

class FaultList {
 public:
  // What senders do with `difference` is added to the message.
  void error(FindingCode code, int line, int column, std::string message, std::string fix,
             SenderDifference difference = SenderDifference::none);
  void differs(FindingCode code, int line, int column, std::string message, std::string fix,
               SenderDifference difference = SenderDifference::none);
  void advise(FindingCode code, int line, int column, std::string message, std::string fix,
              SenderDifference difference = SenderDifference::none);
  // For any class.
  void add(SyntaxFault fault);

  // A fault of FaultClass::error or ::differs was added.
  bool outside_grammar() const { return outside_grammar_; }

  // The faults by position; leaves the list empty.
  std::vector<SyntaxFault> take();

 private:
  struct Tally {
    size_t seen = 0;
    size_t kept = 0;
    size_t last_kept = 0;  // index into faults_, if any was kept
  };

  std::vector<SyntaxFault> faults_;
  // By code, difference and class, so that a flood of faults hides neither one that senders differ
  // on nor an error.
  std::map<std::tuple<FindingCode, SenderDifference, FaultClass>, Tally> tallies_;
  bool outside_grammar_ = false;
};

}  // namespace mtasts::protocol
