// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The notation of faults in the tests of the text grammars: "line:column code", by position.
#pragma once

#include <string>
#include <vector>

#include "protocol/text/syntax_fault.h"

namespace mtasts::protocol {

inline std::string placed(const SyntaxFault& fault) {
  return std::to_string(fault.line) + ":" + std::to_string(fault.column) + " " +
         std::string(fault.code);
}

inline std::string placed(const std::vector<SyntaxFault>& faults) {
  std::string all;
  for (const SyntaxFault& fault : faults) all += (all.empty() ? "" : ", ") + placed(fault);
  return all;
}

// Only faults that violate the grammar.
inline std::string placed_errors(const std::vector<SyntaxFault>& faults) {
  std::vector<SyntaxFault> errors;
  for (const SyntaxFault& fault : faults)
    if (is_outside_grammar(fault.fault_class)) errors.push_back(fault);
  return placed(errors);
}

inline const SyntaxFault& first_of(const std::vector<SyntaxFault>& faults, FindingCode code) {
  static const SyntaxFault kNone{"mx-null", FaultClass::advice, 0, 0, "no such fault", ""};
  for (const SyntaxFault& fault : faults)
    if (fault.code == code) return fault;
  return kNone;
}

}  // namespace mtasts::protocol
