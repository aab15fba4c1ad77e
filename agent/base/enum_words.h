// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Words of enumerations whose machine-readable words (labels, JSON, state file) are the names of
// their enumerators. Define such an enumeration with BOOST_DEFINE_FIXED_ENUM_CLASS, so that a new
// enumerator gets its word automatically; display texts are written by hand. Pure, any thread.
#pragma once

#include <array>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <optional>
#include <string_view>

namespace mtasts {

// All enumerators, in order.
template <typename Enum>
constexpr auto enumerators() {
  return []<template <typename...> typename List, typename... Each>(List<Each...>) {
    return std::array<Enum, sizeof...(Each)>{Each::value...};
  }(boost::describe::describe_enumerators<Enum>());
}

template <typename Enum>
constexpr auto enumerator_names() {
  return []<template <typename...> typename List, typename... Each>(List<Each...>) {
    return std::array<std::string_view, sizeof...(Each)>{Each::name...};
  }(boost::describe::describe_enumerators<Enum>());
}

template <typename Enum>
constexpr std::string_view enumerator_name(Enum value) {
  constexpr auto kValues = enumerators<Enum>();
  constexpr auto kNames = enumerator_names<Enum>();
  for (size_t i = 0; i < kValues.size(); ++i)
    if (kValues[i] == value) return kNames[i];
  return "?";
}

// Case-sensitive; empty when no enumerator has this name.
template <typename Enum>
constexpr std::optional<Enum> enumerator_named(std::string_view name) {
  for (Enum value : enumerators<Enum>())
    if (enumerator_name(value) == name) return value;
  return std::nullopt;
}

}  // namespace mtasts
