// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The lines of a policy file (RFC 8461 §3.2, erratum 6253: LF or CRLF): splits the body into named
// fields with positions. Reports faults of lines and names; values are not checked here. Continues
// where the repair is obvious. Pure, any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/text/fault_list.h"

namespace mtasts::protocol {

struct PolicyPlace {
  int line = 1;
  int column = 1;
};

enum class PolicyKey : uint8_t { version, mode, max_age, mx, extension };

struct PolicyField {
  PolicyKey key = PolicyKey::extension;  // also for a nearly right name
  std::string_view name;                 // as written
  std::string_view value;                // without surrounding blanks
  int line = 1;
  int name_column = 1;
  int value_column = 1;
};

struct PolicyLines {
  bool is_policy = false;  // false: HTML, empty or not text; the faults name the reason
  std::vector<PolicyField> fields;
  std::deque<std::string> repaired;  // lines without their invisible characters, for the fields
  PolicyPlace end;                   // where a missing line would go
};

// The required field that a name is meant for: written with other case, hyphens or underscores, or
// one edit away with a value that fits. Null: an extension.
struct KnownPolicyName {
  std::string_view name;
  PolicyKey key;
  FindingCode missing_code;  // for a nearly right name that is also a valid extension name
};
const KnownPolicyName* meant_policy_name(std::string_view name, std::string_view value);

// Says that the field is ignored, and what was meant.
void advise_on_typo(const PolicyField& field, const KnownPolicyName& meant, FaultList& faults);

PolicyLines read_policy_lines(std::string_view body, FaultList& faults);

// Checks the value of an extension field: visible characters, UTF-8 and inner spaces. False: the
// reason was added to the faults.
bool check_policy_value(const PolicyField& field, FaultList& faults);

}  // namespace mtasts::protocol
