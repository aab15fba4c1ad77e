// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The files of tests/golden: texts that are a contract, or whose layout has to be reviewed by a
// person.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

namespace mtasts::fakes {

inline std::string golden(const std::string& name) {
  std::ifstream file(std::string(MTASTS_TESTS_DIR) + "/golden/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace mtasts::fakes
