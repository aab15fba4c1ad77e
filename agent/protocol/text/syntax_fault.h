// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One fault or remark about a text, with its position; shared by the grammars. The meaning of its
// code and its severity are in the table of findings (verdict/findings/). Plain value.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/finding_code.h"
#include "protocol/senders/senders.h"

namespace mtasts::protocol {

enum class FaultClass : unsigned char {
  error,     // violates the ABNF or lacks a required field: senders need not use it
  differs,   // outside the ABNF too, but some senders take it (blank line, trailing blanks)
  unusable,  // inside the ABNF, but of no use to any sender: a name that cannot exist, a URI scheme
             // that nobody reports to
  advice,    // inside the ABNF; worth knowing, or refused by some senders all the same
};
inline constexpr bool is_outside_grammar(FaultClass fault_class) {
  return fault_class == FaultClass::error || fault_class == FaultClass::differs;
}

struct SyntaxFault {
  FindingCode code;
  FaultClass fault_class = FaultClass::error;
  int line = 1;         // from 1
  int column = 1;       // from 1, in octets
  std::string message;  // one sentence with the observed value, printable; no final period
  std::string fix;      // what to write instead, for this very text
  SenderDifference difference = SenderDifference::none;  // what senders do; in the message, too

  bool operator==(const SyntaxFault&) const = default;
};

// At most this many faults of one text are kept, because hostile texts can have any number. Five of
// each repeatable code and one of each other code stay below it.
inline constexpr size_t kMostFaults = 100;

// True when there is a fault of FaultClass::error or ::differs: the text violates the grammar.
bool has_error(const std::vector<SyntaxFault>& faults);
bool has_code(const std::vector<SyntaxFault>& faults, FindingCode code);

}  // namespace mtasts::protocol
