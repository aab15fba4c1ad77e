// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/text/characters.h"
#include "protocol/text/invisible_character.h"
#include "protocol/text/tag_list.h"

namespace mtasts::protocol {

using Difference = SenderDifference;

bool check_extension_value(const TagField& field, const TagListDialect& dialect,
                           FaultList& faults) {
  auto allowed = [](char c) { return is_visible(c) && c != ';' && c != '='; };
  if (field.value.empty()) {
    faults.error(dialect.syntax_code, 1, field.value_column,
                 fmt::format("the field \"{}\" has no value", field.name),
                 fmt::format("remove {}= or give it a value", field.name),
                 dialect.tested(Difference::record_value_empty));
    return false;
  }
  auto bad = std::find_if_not(field.value.begin(), field.value.end(), allowed);
  if (bad == field.value.end()) return true;
  auto offset = static_cast<size_t>(bad - field.value.begin());
  const std::string_view rest = field.value.substr(offset);
  const auto invisible = find_invisible(rest);
  const bool hidden = invisible && invisible->offset == 0;
  faults.error(dialect.syntax_code, 1, field.value_column + static_cast<int>(offset),
               fmt::format("{} is not allowed in the value of \"{}\"",
                           hidden ? invisible->name : quoted(first_character(rest), 8), field.name),
               fmt::format("remove {}= or correct its value", field.name),
               dialect.tested(!is_ascii(*bad)                 ? Difference::record_value_not_ascii
                              : is_blank(*bad) || *bad == '=' ? Difference::record_value_characters
                                                              : Difference::none));

  return false;
}

}  // namespace mtasts::protocol
