// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/store_value.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "base/time.h"

namespace mtasts::settings {
namespace {

void remember(Draft& draft, const KeyRow& row, const Place& place) {
  draft.set[title_of(row)] = place;
}

void refuse(Draft& draft, const KeyRow& row, const Place& place, std::string message) {
  draft.refused.insert(title_of(row));
  draft.complaints.add(place, std::move(message));
}

// A control character in a path, a name or a URL is a mistake, and a NUL would cut it short. TOML
// is UTF-8, the environment may be anything.
bool refuse_odd_characters(Draft& draft, const KeyRow& row, const Written& value) {
  bool clean = std::none_of(value.text.begin(), value.text.end(), [](char c) {
    auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7F;
  });
  if (clean && is_utf8(value.text)) return false;
  draft.complaints.add(
      value.place, fmt::format("{} holds a control character or broken UTF-8 in \"{}\"; remove it",
                               title_of(row), printable(value.text, 80)));
  return true;
}

std::string range_text(milliseconds least, milliseconds most) {
  if (least.count() == 1) return fmt::format("more than 0 and at most {}", duration_text(most));
  return fmt::format("from {} to {}", duration_text(least), duration_text(most));
}

}  // namespace

void store_duration(Draft& draft, const KeyRow& row, const DurationKey& key, const Written& value) {
  auto duration = parse_duration(value.text);
  if (!duration) {
    refuse(draft, row, value.place,
           fmt::format("{}: {}", title_of(row), duration.failure().detail));
    return;
  }
  if (*duration < key.least || *duration > key.most) {
    refuse(draft, row, value.place,
           fmt::format("{} must be {}, not \"{}\"", title_of(row), range_text(key.least, key.most),
                       printable(value.text, 40)));
    return;
  }
  key.field(draft.settings) = *duration;
  remember(draft, row, value.place);
}

void store_integer(Draft& draft, const KeyRow& row, const IntegerKey& key, const Place& place,
                   int64_t value) {
  if (value < key.least || value > key.most) {
    refuse(
        draft, row, place,
        fmt::format("{} must be from {} to {}, not {}", title_of(row), key.least, key.most, value));
    return;
  }
  key.store(draft.settings, value);
  remember(draft, row, place);
}

void store_boolean(Draft& draft, const KeyRow& row, const BooleanKey& key, const Place& place,
                   bool value) {
  key.field(draft.settings) = value;
  remember(draft, row, place);
}

void store_text(Draft& draft, const KeyRow& row, const TextKey& key, const Written& value) {
  if (refuse_odd_characters(draft, row, value)) return;
  key.take(draft, value);
  remember(draft, row, value.place);
}

void store_list(Draft& draft, const KeyRow& row, const ListKey& key, const Place& place,
                const std::vector<Written>& values) {
  bool clean = true;
  for (const Written& value : values) clean = !refuse_odd_characters(draft, row, value) && clean;
  if (!clean) return;
  key.take(draft, place, values);
  remember(draft, row, place);
}

void complain_of_type(Draft& draft, const KeyRow& row, const Place& place, std::string_view found) {
  refuse(draft, row, place, fmt::format("{} must be {}, not {}", title_of(row), row.form, found));
}

}  // namespace mtasts::settings
