// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/store_value.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "base/time.h"

namespace mtasts::settings {
namespace {

void remember(SettingsBuilder& builder, const KeyRow& row, const Place& place) {
  builder.set[title_of(row)] = place;
}

void refuse(SettingsBuilder& builder, const KeyRow& row, const Place& place, std::string message) {
  builder.refused.insert(title_of(row));
  builder.errors.add(place, std::move(message));
}

// A control character in a path, a name or a URL is a mistake, and a NUL would truncate it. TOML is
// UTF-8; the environment may contain any octets.
bool refuse_odd_characters(SettingsBuilder& builder, const KeyRow& row, const SourceText& value) {
  bool clean = std::none_of(value.text.begin(), value.text.end(), [](char c) {
    auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7F;
  });
  if (clean && is_utf8(value.text)) return false;
  builder.errors.add(
      value.place,
      fmt::format("{} contains a control character or invalid UTF-8 in \"{}\"; remove it",
                  title_of(row), printable(value.text, 80)));
  return true;
}

std::string range_text(milliseconds least, milliseconds most) {
  if (least.count() == 1) return fmt::format("more than 0 and at most {}", duration_text(most));
  return fmt::format("from {} to {}", duration_text(least), duration_text(most));
}

}  // namespace

void store_duration(SettingsBuilder& builder, const KeyRow& row, const DurationKey& key,
                    const SourceText& value) {
  auto duration = parse_duration(value.text);
  if (!duration) {
    refuse(builder, row, value.place,
           fmt::format("{}: {}", title_of(row), duration.failure().detail));
    return;
  }
  if (*duration < key.least || *duration > key.most) {
    refuse(builder, row, value.place,
           fmt::format("{} must be {}, not \"{}\"", title_of(row), range_text(key.least, key.most),
                       printable(value.text, 40)));
    return;
  }
  key.field(builder.settings) = *duration;
  remember(builder, row, value.place);
}

void store_integer(SettingsBuilder& builder, const KeyRow& row, const IntegerKey& key,
                   const Place& place, int64_t value) {
  if (value < key.least || value > key.most) {
    refuse(
        builder, row, place,
        fmt::format("{} must be from {} to {}, not {}", title_of(row), key.least, key.most, value));
    return;
  }
  key.store(builder.settings, value);
  remember(builder, row, place);
}

void store_boolean(SettingsBuilder& builder, const KeyRow& row, const BooleanKey& key,
                   const Place& place, bool value) {
  key.field(builder.settings) = value;
  remember(builder, row, place);
}

void store_text(SettingsBuilder& builder, const KeyRow& row, const TextKey& key,
                const SourceText& value) {
  if (refuse_odd_characters(builder, row, value)) return;
  key.take(builder, value);
  remember(builder, row, value.place);
}

void store_list(SettingsBuilder& builder, const KeyRow& row, const ListKey& key, const Place& place,
                const std::vector<SourceText>& values) {
  bool clean = true;
  for (const SourceText& value : values)
    clean = !refuse_odd_characters(builder, row, value) && clean;
  if (!clean) return;
  key.take(builder, place, values);
  remember(builder, row, place);
}

// The names and values may be secrets, so the parsers say what is wrong with them.
void store_texts(SettingsBuilder& builder, const KeyRow& row, const TextTableKey& key,
                 const Place& place, const std::vector<NamedText>& values) {
  key.take(builder, values);
  remember(builder, row, place);
}

void complain_of_type(SettingsBuilder& builder, const KeyRow& row, const Place& place,
                      std::string_view found) {
  refuse(builder, row, place, fmt::format("{} must be {}, not {}", title_of(row), row.form, found));
}

}  // namespace mtasts::settings
