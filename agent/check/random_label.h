// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A DNS label that nobody has published and no cache has seen: 100 random bits behind a prefix.
#pragma once

#include <random>
#include <string>

namespace mtasts::check {

inline std::string random_label(std::string prefix) {
  static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  std::random_device source;
  for (int i = 0; i < 20; ++i) prefix += kDigits[source() % 32];
  return prefix;
}

}  // namespace mtasts::check
