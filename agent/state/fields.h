// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Fields: reads a JSON object that may hold anything, without exceptions: what is missing or of
// another type is the default. Texts with octets that are no UTF-8 travel as binary (CBOR major
// type 2), so that the CBOR around them is well-formed. Pure, any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/x509/certificate.h"

namespace mtasts::state {

using Json = nlohmann::json;

Json octets_json(std::string_view octets);
Json texts_json(const std::vector<std::string>& texts);
// Null when empty.
template <typename T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json optional_octets_json(const std::optional<std::string>& value);

std::string octets_of(const Json& value);

class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  const Json& at(const char* key) const;  // null when there is none
  bool has(const char* key) const { return !at(key).is_null(); }
  std::string text(const char* key) const { return octets_of(at(key)); }
  std::optional<std::string> optional_text(const char* key) const;
  std::vector<std::string> texts(const char* key) const;
  bool flag(const char* key) const;
  std::optional<bool> optional_flag(const char* key) const;
  protocol::CertificateTime seconds(const char* key) const;

  // 0 when it is no number, or one that Integer cannot hold.
  template <typename Integer>
  Integer number(const char* key) const {
    const Json& value = at(key);
    if (value.is_number_unsigned()) {
      auto count = value.get<uint64_t>();
      constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<Integer>::max());
      return count <= kMost ? static_cast<Integer>(count) : Integer{0};
    }
    if (!value.is_number_integer() || !std::is_signed_v<Integer>) return 0;
    auto count = value.get<int64_t>();
    bool fits = count >= static_cast<int64_t>(std::numeric_limits<Integer>::min());
    return fits && count < 0 ? static_cast<Integer>(count) : Integer{0};
  }
  template <typename Integer>
  std::optional<Integer> optional_number(const char* key) const {
    if (!at(key).is_number()) return std::nullopt;
    return number<Integer>(key);
  }

  // The enumerator of that name, of those up to `last`; else `otherwise`.
  template <typename Enum>
  Enum named(const char* key, Enum last, Enum otherwise) const {
    const std::string name = text(key);
    for (int i = 0; i <= static_cast<int>(last); ++i)
      if (name_of(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
    return otherwise;
  }

 private:
  const Json& object_;
};

}  // namespace mtasts::state
