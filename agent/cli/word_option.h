// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// An option or argument that is one of a few words, each of which stands for a value of an
// enumeration. Any thread.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "base/printable.h"

namespace mtasts::cli {

// For CLI::Option::transform. The library's own transformer shows the numbers of an enumeration in
// its error, as raw octets.
template <typename Value>
CLI::Validator one_of(const std::map<std::string, Value>& words) {
  auto read = [words](std::string& text) {
    auto found = words.find(text);
    if (found != words.end()) {
      text = std::to_string(static_cast<int>(found->second));
      return std::string();
    }
    std::string known;
    for (const auto& [word, value] : words) known += (known.empty() ? "" : ", ") + word;
    return fmt::format("\"{}\" is none of {}", printable(text, 80), known);
  };
  return CLI::Validator(read, "", "");
}

}  // namespace mtasts::cli
