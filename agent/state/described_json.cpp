// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/described_json.h"

#include "base/printable.h"

namespace mtasts::state {

Json octets_json(std::string_view octets) {
  if (is_utf8(octets)) return Json(octets);
  return Json::binary({octets.begin(), octets.end()});
}

std::optional<std::string> octets_of(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>();
  if (!value.is_binary()) return std::nullopt;
  const auto& octets = value.get_binary();
  return std::string(octets.begin(), octets.end());
}

const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  auto place = object.find(key);
  return place == object.end() ? nothing : *place;
}

}  // namespace mtasts::state
