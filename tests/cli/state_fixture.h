// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A temporary directory with a settings file and, on request, a state with the history of a domain.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "plan/planned_domain.h"
#include "state/state.h"

namespace mtasts::cli {

class StateFixture : public testing::Test {
 protected:
  StateFixture() {
    std::string name = testing::TempDir() + "state-XXXXXX";
    directory_ = mkdtemp(name.data());
    file_ = directory_ / "settings.toml";
    state_ = directory_ / "state.db";
    write_settings("");
  }
  ~StateFixture() override { std::filesystem::remove_all(directory_); }

  void write_settings(const std::string& more) {
    std::ofstream(file_) << "[state]\npath = \"" << state_.string() << "\"\n" << more;
  }

  // One report with its history, as the agent would write it.
  void remember(verdict::Report report, verdict::HistoryPtr history,
                std::vector<verdict::Change> changes = {}) {
    report.history = std::move(history);
    report.changes = std::move(changes);
    state::State::Options options;
    options.path = state_.string();
    options.clock = [] { return plan::kPlanNow; };
    auto state = state::State::open(options);
    ASSERT_TRUE(state.ok()) << state.failure().detail;
    (*state)->remember(std::make_shared<const verdict::Report>(std::move(report)), {});
    (*state)->flush();
    ASSERT_TRUE((*state)->writable());
  }

  std::filesystem::path directory_;
  std::filesystem::path file_;
  std::filesystem::path state_;
};

}  // namespace mtasts::cli
