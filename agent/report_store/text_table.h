// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TextTable: the texts of reports, each stored once and referred to by a number. An object belongs
// to one transaction or one reader: it remembers what it read. Database thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "reports/policy_text.h"
#include "reports/stored_report.h"
#include "state/database.h"

namespace mtasts::report_store {

// Octets kept of one text, cut at the end of a character.
inline constexpr size_t kTextLimit_bytes = 256;
// A policy that is cut could not be compared with any other.
inline constexpr size_t kPolicyLimit_bytes = reports::kPolicyTextLimit_bytes;

inline constexpr int64_t kNoText = 0;

int64_t number_of(reports::Day day);  // days since 1970
reports::Day day_of(int64_t number);
// From 1970 to the year 9999, so that its times do not overflow.
int64_t bounded_day(int64_t number);

class TextTable {
 public:
  explicit TextTable(state::Database& database) : database_(database) {}

  // The number of the text, which is stored if it is new; used by a row about `day`.
  int64_t put(std::string_view text, int64_t day, size_t limit = kTextLimit_bytes);
  // kNoText if it is not stored, or empty.
  int64_t find(std::string_view text) const;
  const std::string& text(int64_t number);

 private:
  struct Put {
    int64_t number = kNoText;
    int64_t used_until = 0;
  };
  Put store(std::string_view text, int64_t day);

  state::Database& database_;
  std::unordered_map<std::string, Put> numbers_;
  std::unordered_map<int64_t, std::string> texts_;
};

}  // namespace mtasts::report_store
