// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The shape that the MTA-STS and the TLSRPT TXT record share (RFC 8461 §3.1, RFC 8460 §3):
//     version 1*(*WSP ";" *WSP name "=" value) [*WSP ";" *WSP]
// Cuts a text into fields, reports what is outside that shape, and reads on where the repair is
// obvious. What a field's value must be is its record's affair. Pure, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/text/fault_list.h"

namespace mtasts::protocol {

// All literals.
struct TagListDialect {
  std::string_view version;         // "v=STSv1"
  std::string_view stem;            // lower case; a version beginning so was meant: "sts"
  std::string_view required_field;  // "id"
  std::string_view record_name;     // for people: "MTA-STS"
  FindingCode syntax_code;
  FindingCode version_code;
  FindingCode version_case_code;
  FindingCode space_before_semicolon_code;
  FindingCode trailing_space_code;
};

struct TagField {
  std::string_view name;   // a valid field name
  std::string_view value;  // no blanks around it; may be empty, may hold anything
  int name_column = 1;
  int value_column = 1;
};

// The fields behind the version, in order. Views into `text`. Empty: the text is something else, as
// a fault says.
std::optional<std::vector<TagField>> read_tag_list(std::string_view text,
                                                   const TagListDialect& dialect,
                                                   FaultList& faults);

// A value of an extension field: 1*(%x21-3A / %x3C / %x3E-7E). False: a fault says why not.
bool check_extension_value(const TagField& field, const TagListDialect& dialect, FaultList& faults);

// Which of all TXT records at a name senders take.
struct TagListChoice {
  enum class Status { none, one, multiple };
  Status status = Status::none;
  size_t index = 0;                    // of the one, or of the near miss when there was no other
  std::vector<std::string> unrelated;  // what is not taken
};
TagListChoice choose_tag_list(const std::vector<std::string>& texts, const TagListDialect& dialect);

}  // namespace mtasts::protocol
