// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The MTA-STS TXT record at _mta-sts.<domain> (RFC 8461 §3.1). Strict by the ABNF, with the column
// of every fault, and lenient where a repair is obvious, so that one fault does not hide the next.
// Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/text/syntax_fault.h"

namespace mtasts::protocol {

struct StsRecord {
  std::string text;                 // as published
  bool valid = false;               // inside the ABNF and an id of the right form
  std::string id;                   // also of an invalid record, where one can be read
  std::vector<SyntaxFault> faults;  // errors and notes, by position; codes of findings
};

// One TXT record that is meant as an MTA-STS record.
StsRecord parse_sts_record(std::string_view text);

// What a sender makes of all TXT records at the name (RFC 8461 §3.1: discard what does not begin
// "v=STSv1;", then exactly one must be left). When none begins so, "v=STSv1 ;" counts, with advice
// (erratum 6285: it fits the ABNF, yet some senders discard it).
struct StsRecordSet {
  enum class Status {
    none,      // no record begins "v=STSv1;" and none looks meant to
    found,     // exactly one, valid
    invalid,   // exactly one, outside the grammar; or none, but one that was meant to (near miss)
    multiple,  // more than one begins "v=STSv1;"
  };
  Status status = Status::none;
  StsRecord record;                    // found: the record; invalid: the one that was meant
  std::vector<std::string> unrelated;  // TXT records that are something else (SPF …)
};
StsRecordSet read_sts_records(const std::vector<std::string>& texts);

}  // namespace mtasts::protocol
