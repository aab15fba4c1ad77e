// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SettingsLoader: reads settings, and what the state remembers of new domains, on a thread of its
// own, so that slow disks do not delay the loop that runs checks. Made, used and destroyed on the
// loop thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "board/latest_reports.h"
#include "schedule/file_watch.h"
#include "settings/settings.h"
#include "state/state.h"

namespace mtasts::service {

struct Candidate {
  settings::LoadedSettings loaded;
  // These three only without errors.
  schedule::FileWatch watch;                   // of the files, as they were read
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
  // `reports` and `state` must outlive this.
  SettingsLoader(boost::asio::any_io_executor loop, Load load, const board::LatestReports& reports,
                 state::State& state);
  // Does not wait for a load that hangs (a network file system that does not answer): it is
  // abandoned, and touches nothing but `load` any more.
  ~SettingsLoader();
  SettingsLoader(const SettingsLoader&) = delete;
  SettingsLoader& operator=(const SettingsLoader&) = delete;

  // `done` runs on the loop. An exception out of loading becomes an error of the settings. Only one
  // load at a time.
  void start(std::function<void(const Candidate&)> done);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace mtasts::service
