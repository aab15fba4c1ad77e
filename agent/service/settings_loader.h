// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SettingsLoader: reads settings, and what the state remembers of new domains, on a thread of its
// own, so that slow disks do not hold the loop that runs checks. Made and used on the loop thread.
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
  // These two only without errors.
  std::vector<settings::DomainEntry> domains;  // of this shard
  std::vector<state::Remembered> remembered;   // of those that the board does not know
};

// Reads everything anew, command line included.
using Load = std::function<settings::LoadedSettings()>;

// Blocks; any thread.
Candidate candidate_of(settings::LoadedSettings loaded, const board::LatestReports& reports,
                       state::State& state);

class SettingsLoader {
 public:
  // All must outlive this.
  SettingsLoader(boost::asio::any_io_executor loop, Load load, const board::LatestReports& reports,
                 state::State& state);
  // Waits for a load that is under way.
  ~SettingsLoader();
  SettingsLoader(const SettingsLoader&) = delete;
  SettingsLoader& operator=(const SettingsLoader&) = delete;

  // `done` runs on the loop. An exception out of loading becomes an error of the settings.
  void start(std::function<void(Candidate)> done);

 private:
  boost::asio::any_io_executor loop_;
  Load load_;
  const board::LatestReports& reports_;
  state::State& state_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace mtasts::service
