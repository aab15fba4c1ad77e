// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The TLSRPT TXT record at _smtp._tls.<domain> (RFC 8460 §3). Strict by the ABNF with the column of
// every fault, lenient where the repair is obvious. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/text/record_set.h"
#include "protocol/text/syntax_fault.h"

namespace mtasts::protocol {

struct TlsrptRecord {
  std::string text;
  bool valid = false;            // matches the ABNF, with at least one rua URI
  std::vector<std::string> rua;  // URIs of the first rua field, as written, blanks stripped, also
                                 // faulty ones that have a scheme; at most kMostRua
  std::vector<SyntaxFault> faults;
};

inline constexpr size_t kMostRua = 100;

TlsrptRecord parse_tlsrpt_record(std::string_view text);

// RFC 8460 §3: discard records that do not begin with "v=TLSRPTv1;"; exactly one must remain.
struct TlsrptRecordSet {
  using Status = RecordSetStatus;
  Status status = Status::none;
  TlsrptRecord record;
  std::vector<std::string> unrelated;
  std::vector<std::string> counted_by_some;  // of those: some readers count them as records, too
};
TlsrptRecordSet read_tlsrpt_records(const std::vector<std::string>& texts);

}  // namespace mtasts::protocol
