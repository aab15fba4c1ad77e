// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FaultList: where the grammars collect their faults. Bounded: of each code only the first few are
// kept, the last of them says how many more there were; a flood of one kind never hides another.
// Also remembers whether anything was outside the grammar, kept or not. One parse owns one.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "protocol/text/syntax_fault.h"

namespace mtasts::protocol {

class FaultList {
 public:
  void error(FindingCode code, int line, int column, std::string message, std::string fix);
  void differs(FindingCode code, int line, int column, std::string message, std::string fix);
  void advise(FindingCode code, int line, int column, std::string message, std::string fix);

  // Something of FaultClass::error or ::differs was added.
  bool outside_grammar() const { return outside_grammar_; }

  // The faults by position; leaves the list empty.
  std::vector<SyntaxFault> take();

 private:
  struct Tally {
    size_t seen = 0;
    size_t kept = 0;
    size_t last_kept = 0;  // index into faults_, when any was kept
  };
  void add(SyntaxFault fault);

  std::vector<SyntaxFault> faults_;
  std::map<FindingCode, Tally> tallies_;
  bool outside_grammar_ = false;
};

}  // namespace mtasts::protocol
