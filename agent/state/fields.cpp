// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/fields.h"

#include "base/printable.h"

namespace mtasts::state {

Json octets_json(std::string_view octets) {
  if (is_utf8(octets)) return Json(octets);
  return Json::binary({octets.begin(), octets.end()});
}

Json texts_json(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(octets_json(text));
  return list;
}

Json optional_octets_json(const std::optional<std::string>& value) {
  return value ? octets_json(*value) : Json(nullptr);
}

std::string octets_of(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>();
  if (!value.is_binary()) return {};
  const auto& octets = value.get_binary();
  return {octets.begin(), octets.end()};
}

const Json& Fields::at(const char* key) const {
  static const Json nothing;
  if (!object_.is_object()) return nothing;
  auto place = object_.find(key);
  return place == object_.end() ? nothing : *place;
}

std::optional<std::string> Fields::optional_text(const char* key) const {
  const Json& value = at(key);
  if (!value.is_string() && !value.is_binary()) return std::nullopt;
  return octets_of(value);
}

std::vector<std::string> Fields::texts(const char* key) const {
  std::vector<std::string> texts;
  const Json& list = at(key);
  if (!list.is_array()) return texts;
  texts.reserve(list.size());
  for (const Json& item : list) texts.push_back(octets_of(item));
  return texts;
}

bool Fields::flag(const char* key) const { return optional_flag(key).value_or(false); }

std::optional<bool> Fields::optional_flag(const char* key) const {
  const Json& value = at(key);
  if (!value.is_boolean()) return std::nullopt;
  return value.get<bool>();
}

protocol::CertificateTime Fields::seconds(const char* key) const {
  return protocol::CertificateTime(std::chrono::seconds(number<int64_t>(key)));
}

}  // namespace mtasts::state
