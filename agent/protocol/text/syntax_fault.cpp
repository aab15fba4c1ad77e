// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/text/syntax_fault.h"

#include <algorithm>

namespace mtasts::protocol {

bool has_error(const std::vector<SyntaxFault>& faults) {
  return std::any_of(faults.begin(), faults.end(), [](const SyntaxFault& fault) {
    return is_outside_grammar(fault.fault_class);
  });
}

bool has_code(const std::vector<SyntaxFault>& faults, FindingCode code) {
  return std::any_of(faults.begin(), faults.end(),
                     [&](const SyntaxFault& fault) { return fault.code == code; });
}

}  // namespace mtasts::protocol
