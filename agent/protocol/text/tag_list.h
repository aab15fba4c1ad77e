// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The syntax shared by the MTA-STS and TLSRPT TXT records (RFC 8461 §3.1, RFC 8460 §3):
//     version 1*(*WSP ";" *WSP name "=" value) [*WSP ";" *WSP]
// Splits a text into fields, reports violations of the syntax, and continues where the repair is
// obvious. The parser of each record checks the values. Pure, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/text/fault_list.h"

namespace mtasts::protocol {

// The parts that differ between the records. All members refer to literals.
struct TagListDialect {
  std::string_view version;  // "v=STSv1"
  std::string_view stem;     // lower case; any version that begins with it is a near miss: "sts"
  std::string_view required_field;  // "id"
  std::string_view record_name;     // for display: "MTA-STS"
  FindingCode syntax_code;
  FindingCode version_code;
  FindingCode version_case_code;
  FindingCode space_before_semicolon_code;
  FindingCode trailing_space_code;
  bool spaced_counts;        // senders count records whose version is followed by " ;" like others
  bool senders_were_tested;  // with texts outside this grammar: SenderDifference::record_…

  SenderDifference tested(SenderDifference difference) const {
    return senders_were_tested ? difference : SenderDifference::none;
  }
};

struct TagField {
  std::string_view name;   // a valid field name
  std::string_view value;  // without surrounding blanks; may be empty, may hold any octets
  int name_column = 1;
  int value_column = 1;
};

// The fields after the version, in order. Views into `text`. Empty: the text is something else; the
// reason was added to the faults.
std::optional<std::vector<TagField>> read_tag_list(std::string_view text,
                                                   const TagListDialect& dialect,
                                                   FaultList& faults);

// Checks the value of an extension field: 1*(%x21-3A / %x3C / %x3E-7E). False: the reason was added
// to the faults.
bool check_extension_value(const TagField& field, const TagListDialect& dialect, FaultList& faults);

// Which of the TXT records at a name senders use.
struct TagListChoice {
  enum class Status { none, one, multiple };
  Status status = Status::none;
  size_t index = 0;                    // of that record, or of the near miss when there was none
  std::vector<std::string> unrelated;  // the other texts
};
TagListChoice choose_tag_list(const std::vector<std::string>& texts, const TagListDialect& dialect);

}  // namespace mtasts::protocol
