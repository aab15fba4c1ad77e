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

#include "protocol/text/record_set.h"
#include "protocol/text/syntax_fault.h"

namespace mtasts::protocol {

struct StsRecord {
  std::string text;                 // as published
  bool valid = false;               // matches the ABNF, with a valid id
  std::string id;                   // also of an invalid record, where one can be read
  std::vector<SyntaxFault> faults;  // errors and notes, by position
};

// Parses one TXT record that is meant as an MTA-STS record.
StsRecord parse_sts_record(std::string_view text);

// The result of all TXT records at the name, as senders read them (RFC 8461 §3.1: discard records
// that do not begin with "v=STSv1;", then exactly one must remain). "v=STSv1 ;" counts as well
// (erratum 6285: it matches the ABNF); a second one makes senders see no policy.
struct StsRecordSet {
  using Status = RecordSetStatus;
  Status status = Status::none;
  StsRecord record;                    // found: the record; invalid: the record that was meant
  std::vector<std::string> unrelated;  // TXT records for other purposes (SPF …)
};
StsRecordSet read_sts_records(const std::vector<std::string>& texts);

}  // namespace mtasts::protocol
