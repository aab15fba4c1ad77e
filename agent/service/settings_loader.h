// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SettingsLoader: reads settings, and the recorded state of new domains, on its own thread, so that
// slow disks do not block the loop that runs checks. Does not apply them. Created and used on the
// loop thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <string>
#include <vector>

#include "board/latest_reports.h"
#include "settings/settings.h"
#include "state/state.h"

namespace mtasts::service {

struct Candidate {
  settings::LoadedSettings loaded;
  // The next two are set only if there are no errors.
  std::vector<settings::DomainEntry> domains;  // of this shard
  std::vector<state::Remembered> remembered;   // of domains without an entry in LatestReports
};

// Reads all settings again, including the command line.
using Load = std::function<settings::LoadedSettings()>;

// Blocks; any thread.
Candidate candidate_of(settings::LoadedSettings loaded, const board::LatestReports& reports,
                       state::State& state);

class SettingsLoader {
 public:
  // All must outlive the loader.
  SettingsLoader(boost::asio::any_io_executor loop, Load load, const board::LatestReports& reports,
                 state::State& state);
  // Waits for a load in progress.
  ~SettingsLoader();
  SettingsLoader(const SettingsLoader&) = delete;
  SettingsLoader& operator=(const SettingsLoader&) = delete;

  // `done` runs on the loop. An exception during loading becomes a settings error.
  void start(std::function<void(Candidate)> done);

 private:
  boost::asio::any_io_executor loop_;
  Load load_;
  const board::LatestReports& reports_;
  state::State& state_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace mtasts::service
