// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// State files on disk, for tests of what is opened and what is set aside.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "state/database.h"
#include "state/state.h"
#include "state/state_samples.h"

namespace mtasts::state {

inline constexpr const char* kDated = "20261121T225852Z";

// 2026-11-21T22:58:52Z
inline Time noon() { return Time(seconds(1795301932)); }

inline Result<std::unique_ptr<State>> try_open(const std::string& path,
                                               milliseconds patience = {}) {
  State::Options options;
  options.path = path;
  options.clock = noon;
  options.lock_timeout = patience;
  return State::open(options);
}

// Many pages, all in the main file.
inline void make_state(const std::string& path, int domains = 300) {
  auto state = open_state(path);
  for (int i = 0; i < domains; ++i) {
    Plain plain;
    plain.domain = "d" + std::to_string(i) + ".example";
    state->remember(plain_report(plain), {});
  }
}

inline void expect_works(State& state) {
  state.remember(plain_report({}), {});
  state.flush();
  EXPECT_TRUE(state.writable());
  EXPECT_EQ(state.backlog(), 0u);
  EXPECT_EQ(state.recall({"example.com"}).size(), 1u);
}

inline void change_file(const std::string& path, const char* sql) {
  DatabaseError error;
  auto database = Database::open(path, Access::write, error);
  ASSERT_NE(database, nullptr) << error.text;
  ASSERT_TRUE(database->execute(sql)) << database->error().text;
}

}  // namespace mtasts::state
