// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SettingsLoader: reads settings, and what the state remembers of new domains, on a thread of its
// own, so that slow disks do not delay the loop that runs checks. It also works out there what
// differs from the settings in use, so that the loop has to apply the differences alone. Made, used
// and destroyed on the loop thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check/engine_inputs.h"
#include "check/hosted_policies.h"
#include "settings/settings.h"
#include "state/state.h"

namespace mtasts::service {

// Settings in use, or about to be. Never changed, so that threads can share them.
struct Active {
  settings::Settings settings;                 // without `domains`
  std::vector<settings::DomainEntry> domains;  // of this shard, by name
  check::EngineInputs engine;
};
using ActivePtr = std::shared_ptr<const Active>;

// What a load is compared with.
struct Basis {
  ActivePtr active;                 // null: nothing is in use yet
  check::HostedPoliciesPtr hosted;  // of the settings in use
  bool whole = true;                // all that the settings ask for runs
};

// Settings that were read, and how they differ from those in use.
struct Candidate {
  std::vector<std::string> errors;  // not empty: nothing below counts
  ActivePtr next;
  bool same = false;                           // all that matters; only the text may be another
  std::optional<check::TrustStores> trust;     // for a new engine; none: the one in use will do
  check::HostedPoliciesPtr hosted;             // null: those in use will do
  std::vector<std::string> removed;            // domains
  std::vector<settings::DomainEntry> changed;  // their labels or expected mode
  std::vector<settings::DomainEntry> added;    // in random order
  std::vector<state::Remembered> remembered;   // of those added
};
using CandidatePtr = std::shared_ptr<Candidate>;

// Reads everything anew, command line included.
using Load = std::function<settings::LoadedSettings()>;

// Blocks; any thread. The state is asked for a part of the new domains at a time, as long as
// `go_on` returns true.
Candidate candidate_of(settings::LoadedSettings loaded, const Basis& basis, state::State& state,
                       const std::function<bool()>& go_on = {});

class SettingsLoader {
 public:
  // `state` must outlive this.
  SettingsLoader(boost::asio::any_io_executor loop, Load load, state::State& state);
  // Does not wait for a load that hangs (a network file system that does not answer): it is
  // abandoned, and touches nothing but `load` any more.
  ~SettingsLoader();
  SettingsLoader(const SettingsLoader&) = delete;
  SettingsLoader& operator=(const SettingsLoader&) = delete;

  // The files of settings that were read otherwise.
  void watch(std::vector<std::filesystem::path> files);
  // Loads, watches the files that were read, and calls `done` on the loop. An exception out of
  // loading becomes an error of the settings. One at a time.
  void load(Basis basis, std::function<void(CandidatePtr)> done);
  // Calls `done` on the loop: whether the files have changed since they were read.
  void look(std::function<void(bool changed)> done);
  // Destroys what is large elsewhere than on the loop.
  void discard(std::shared_ptr<const void> object);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

// The files that settings were read from, and directories where more may come.
std::vector<std::filesystem::path> files_of(const settings::Settings& settings);

}  // namespace mtasts::service
