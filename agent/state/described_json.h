// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Values as JSON and back, for the state file: structs by their description (BOOST_DESCRIBE_STRUCT
// next to the struct), member by member, so that a new member needs no code here. Decoding accepts
// any JSON, without exceptions: a member that is missing or of another type keeps its default; a
// list element that cannot be decoded is omitted. Text that is not UTF-8 is encoded as a byte
// string (CBOR major type 2), so that the CBOR is well-formed. Pure, any thread.
#pragma once

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/enum_words.h"
#include "base/ip_address.h"
#include "base/time.h"
#include "protocol/x509/certificate.h"
#include "state/bounded_value.h"
#include "state/chain_codec.h"
#include "verdict/report.h"

namespace mtasts::state {

Json octets_json(std::string_view octets);
// Empty: neither text nor binary.
std::optional<std::string> octets_of(const Json& value);
// Null when there is none.
const Json& member(const Json& object, const char* key);

// Members whose key in the file differs from their name.
constexpr const char* key_of(std::string_view name, const char* otherwise) {
  if (name == "max_age_seconds") return "max_age";
  if (name == "unobserved") return "blind";
  if (name == "row") return "code";
  if (name == "fingerprint_sha256") return "fingerprint";
  if (name == "signature_algorithm") return "signature";
  if (name == "presented_count") return "presented";
  if (name == "chain_not_after") return "not_after";
  return otherwise;
}

// Members that are stored in columns of their own.
template <typename Struct>
constexpr bool has_column(std::string_view name) {
  if constexpr (std::is_same_v<Struct, verdict::Report>)
    return name == "domain" || name == "checked_at" || name == "duration" || name == "history" ||
           name == "changes";
  if constexpr (std::is_same_v<Struct, verdict::MxHostReport>)
    return name == "host" || name == "probed_at";
  return false;
}

// Calls `take` with the key and the pointer to each member that is encoded.
template <typename Struct, typename Take>
void for_each_member(Take take) {
  using Members = boost::describe::describe_members<Struct, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto described) {
    if constexpr (!has_column<Struct>(decltype(described)::name))
      take(key_of(described.name, described.name), described.pointer);
  });
}

template <typename T>
concept Enumeration = boost::describe::has_describe_enumerators<T>::value;
template <typename T>
concept Structure = boost::describe::has_describe_members<T>::value;

// --- Encoding. Overloads are found by argument-dependent lookup through ChainTable.

inline Json encoded(bool value, ChainTable&) { return value; }
template <std::integral Integer>
Json encoded(Integer value, ChainTable&) {
  return value;
}
inline Json encoded(const std::string& octets, ChainTable&) { return octets_json(octets); }
template <Enumeration Enum>
Json encoded(Enum value, ChainTable&) {
  return std::string(enumerator_name(value));
}
inline Json encoded(const IpAddress& address, ChainTable&) { return address.text(); }
inline Json encoded(Time time, ChainTable&) { return time.time_since_epoch().count(); }
inline Json encoded(protocol::CertificateTime time, ChainTable&) {
  return time.time_since_epoch().count();
}
inline Json encoded(const protocol::PeerChainPtr& chain, ChainTable& chains) {
  return chains.place(chain);
}
inline Json encoded(const verdict::FindingRow* row, ChainTable&) {
  return row == nullptr ? Json(nullptr) : Json(row->code.text());
}
// The facts themselves are stored by host.
inline Json encoded(const std::shared_ptr<const verdict::MxHostReport>& facts, ChainTable&) {
  return facts == nullptr ? Json(nullptr) : octets_json(facts->host);
}
template <size_t Size>
Json encoded(const std::array<verdict::StageResult, Size>& stages, ChainTable& chains) {
  Json object = Json::object();
  for (verdict::Stage stage : verdict::kStages)
    object[std::string(name_of(stage))] = encoded(stages[static_cast<size_t>(stage)], chains);
  return object;
}
template <typename Value>
Json encoded(const std::optional<Value>& value, ChainTable& chains) {
  return value ? encoded(*value, chains) : Json(nullptr);
}
template <typename Value>
Json encoded(const std::vector<Value>& values, ChainTable& chains) {
  Json list = Json::array();
  for (const Value& value : values) list.push_back(encoded(value, chains));
  return list;
}
template <Structure Struct>
Json encoded(const Struct& value, ChainTable& chains) {
  Json object = Json::object();
  for_each_member<Struct>(
      [&](const char* key, auto pointer) { object[key] = encoded(value.*pointer, chains); });
  return object;
}

// --- Decoding. False: cannot be decoded; `value` is unchanged.

inline bool decode(const Json& json, bool& value, const ChainTable&) {
  if (json.is_boolean()) value = json.get<bool>();
  return json.is_boolean();
}
template <std::integral Integer>
bool decode(const Json& json, Integer& value, const ChainTable&) {
  if (json.is_number_unsigned()) {
    auto count = json.get<uint64_t>();
    if (!std::in_range<Integer>(count)) return false;
    value = static_cast<Integer>(count);
    return true;
  }
  if (!json.is_number_integer() || !std::in_range<Integer>(json.get<int64_t>())) return false;
  value = static_cast<Integer>(json.get<int64_t>());
  return true;
}
inline bool decode(const Json& json, std::string& value, const ChainTable&) {
  std::optional<std::string> octets = octets_of(json);
  if (octets) value = std::move(*octets);
  return octets.has_value();
}
template <Enumeration Enum>
bool decode(const Json& json, Enum& value, const ChainTable&) {
  std::optional<std::string> word = octets_of(json);
  std::optional<Enum> named = word ? enumerator_named<Enum>(*word) : std::nullopt;
  if (named) value = *named;
  return named.has_value();
}
// An unknown fault must not turn the chain into a trusted one.
inline bool decode(const Json& json, protocol::ChainFault& value, const ChainTable&) {
  value = enumerator_named<protocol::ChainFault>(octets_of(json).value_or(""))
              .value_or(protocol::ChainFault::invalid);
  return true;
}
inline bool decode(const Json& json, IpAddress& value, const ChainTable&) {
  auto address = IpAddress::parse(octets_of(json).value_or(""));
  if (address) value = *address;
  return static_cast<bool>(address);
}
inline bool decode(const Json& json, Time& value, const ChainTable& chains) {
  int64_t milliseconds = 0;
  if (!decode(json, milliseconds, chains)) return false;
  value = bounded_time(milliseconds);
  return true;
}
inline bool decode(const Json& json, protocol::CertificateTime& value, const ChainTable& chains) {
  int64_t seconds = 0;
  if (!decode(json, seconds, chains)) return false;
  value = bounded_certificate_time(seconds);
  return true;
}
inline bool decode(const Json& json, protocol::PeerChainPtr& value, const ChainTable& chains) {
  value = chains.find(json);
  return true;
}
inline bool decode(const Json& json, const verdict::FindingRow*& value, const ChainTable&) {
  value = verdict::find_row(octets_of(json).value_or(""));
  return value != nullptr;
}
inline bool decode(const Json& json, std::shared_ptr<const verdict::MxHostReport>& value,
                   const ChainTable&) {
  std::optional<std::string> host = octets_of(json);
  if (!host) return false;
  auto facts = std::make_shared<verdict::MxHostReport>();
  facts->host = std::move(*host);
  value = std::move(facts);
  return true;
}
template <size_t Size>
bool decode(const Json& json, std::array<verdict::StageResult, Size>& stages,
            const ChainTable& chains) {
  stages.fill(verdict::StageResult::not_applicable);
  for (verdict::Stage stage : verdict::kStages)
    decode(member(json, std::string(name_of(stage)).c_str()), stages[static_cast<size_t>(stage)],
           chains);
  return true;
}
template <typename Value>
bool decode(const Json& json, std::optional<Value>& value, const ChainTable& chains) {
  Value read{};
  if (decode(json, read, chains)) value = std::move(read);
  return true;
}
template <Structure Struct>
bool decode(const Json& json, Struct& value, const ChainTable& chains) {
  if (!json.is_object()) return false;
  for_each_member<Struct>(
      [&](const char* key, auto pointer) { decode(member(json, key), value.*pointer, chains); });
  return true;
}
// A finding with an unknown code cannot be decoded.
inline bool decode(const Json& json, verdict::Finding& value, const ChainTable& chains) {
  value.severity = verdict::Severity::unknown;
  return decode<verdict::Finding>(json, value, chains) && value.row != nullptr;
}
inline bool decode(const Json& json, verdict::HeldFault& value, const ChainTable& chains) {
  return decode<verdict::HeldFault>(json, value, chains) && value.row != nullptr;
}
template <typename Value>
bool decode(const Json& json, std::vector<Value>& values, const ChainTable& chains) {
  if (!json.is_array()) return false;
  values.reserve(json.size());
  for (const Json& item : json) {
    Value value{};
    if (decode(item, value, chains)) values.push_back(std::move(value));
  }
  return true;
}

}  // namespace mtasts::state
