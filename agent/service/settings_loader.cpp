// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/settings_loader.h"

#include <boost/asio/post.hpp>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "schedule/scheduler.h"

namespace mtasts::service {

Candidate candidate_of(settings::LoadedSettings loaded, const board::LatestReports& reports,
                       state::State& state) {
  Candidate candidate;
  candidate.loaded = std::move(loaded);
  if (!candidate.loaded.ok()) return candidate;
  const settings::Settings& settings = candidate.loaded.settings;
  std::vector<std::filesystem::path> watched = settings.files;
  watched.insert(watched.end(), settings.directories.begin(), settings.directories.end());
  candidate.watch.watch(std::move(watched));
  candidate.domains = schedule::domains_of_shard(settings);
  std::vector<std::string> unknown;
  for (const settings::DomainEntry& entry : candidate.domains)
    if (reports.find(entry.name.text()) == nullptr) unknown.push_back(entry.name.text());
  candidate.remembered = state.recall(unknown);
  return candidate;
}

// What the thread and the loader share; the thread may outlive the loader.
struct SettingsLoader::Shared {
  boost::asio::any_io_executor loop;
  Load load;
  const board::LatestReports& reports;
  state::State& state;

  std::mutex mutex;        // held while the thread uses anything but `load`
  bool abandoned = false;  // under mutex: only `load` is still there

  settings::LoadedSettings load_settings() const {
    try {
      return load();
    } catch (const std::exception& broken) {
      settings::LoadedSettings failed;
      failed.errors.push_back({"internal error", 0, 0, broken.what()});
      return failed;
    }
  }

  Candidate candidate(settings::LoadedSettings loaded) {
    try {
      return candidate_of(std::move(loaded), reports, state);
    } catch (const std::exception& broken) {
      Candidate failed;
      failed.loaded.errors.push_back({"internal error", 0, 0, broken.what()});
      return failed;
    }
  }
};

SettingsLoader::SettingsLoader(boost::asio::any_io_executor loop, Load load,
                               const board::LatestReports& reports, state::State& state)
    : shared_(new Shared{std::move(loop), std::move(load), reports, state, {}, false}) {}

SettingsLoader::~SettingsLoader() {
  std::lock_guard lock(shared_->mutex);
  shared_->abandoned = true;
}

void SettingsLoader::start(std::function<void(const Candidate&)> done) {
  std::thread([shared = shared_, done = std::move(done)] {
    settings::LoadedSettings loaded = shared->load_settings();
    std::lock_guard lock(shared->mutex);
    if (shared->abandoned) return;
    auto candidate = std::make_shared<const Candidate>(shared->candidate(std::move(loaded)));
    boost::asio::post(shared->loop, [done, candidate] { done(*candidate); });
  }).detach();
}

}  // namespace mtasts::service
