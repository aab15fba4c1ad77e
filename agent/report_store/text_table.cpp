// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/text_table.h"

#include <algorithm>

#include "base/printable.h"
#include "state/bounded_value.h"

namespace mtasts::report_store {
namespace {

// A text that is used every day is marked once a week.
constexpr int64_t kSlack_days = 7;

}  // namespace

int64_t number_of(reports::Day day) { return day.time_since_epoch().count(); }

reports::Day day_of(int64_t number) {
  return reports::Day(std::chrono::days(static_cast<int>(bounded_day(number))));
}

int64_t bounded_day(int64_t number) { return std::clamp<int64_t>(number, 0, state::kLastDay); }

TextTable::Put TextTable::store(std::string_view text, int64_t day) {
  int64_t until = day + kSlack_days;
  {
    state::Rows rows =
        database_.query("SELECT id, used_until FROM tlsrpt_text WHERE text=?1", {text});
    if (rows.next() && rows.integer(1) >= day) return {rows.integer(0), rows.integer(1)};
  }
  std::optional<int64_t> number = database_.number(
      "INSERT INTO tlsrpt_text (text, used_until) VALUES (?1, ?2)"
      " ON CONFLICT (text) DO UPDATE SET used_until=excluded.used_until RETURNING id",
      {text, until});
  return {number.value_or(kNoText), until};
}

int64_t TextTable::put(std::string_view text, int64_t day, size_t limit) {
  text = cut_text(text, limit);
  if (text.empty()) return kNoText;
  Put& put = numbers_[std::string(text)];
  if (put.number == kNoText || put.used_until < day) put = store(text, day);
  return put.number;
}

int64_t TextTable::find(std::string_view text) const {
  return database_.number("SELECT id FROM tlsrpt_text WHERE text=?1", {text}).value_or(kNoText);
}

const std::string& TextTable::text(int64_t number) {
  auto [place, is_new] = texts_.try_emplace(number);
  if (!is_new || number == kNoText) return place->second;
  state::Rows rows = database_.query("SELECT text FROM tlsrpt_text WHERE id=?1", {number});
  if (rows.next()) place->second = rows.text(0);
  return place->second;
}

}  // namespace mtasts::report_store
