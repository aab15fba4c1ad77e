// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The text of an exposition, and what holds for every one.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "present/exposition.h"

namespace mtasts::present {

inline std::string whole(BodySource source) {
  std::string text;
  while (source(text)) {
  }
  return text;
}

// Every line's metric, families contiguous, no label set twice.
inline void expect_well_formed(const std::string& text) {
  std::set<std::string> series;
  std::set<std::string> ended;
  std::string family;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      ended.insert(family);
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_FALSE(ended.contains(family)) << family << " is not contiguous";
      continue;
    }
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(line.starts_with(family)) << line;
    EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
}

}  // namespace mtasts::present
