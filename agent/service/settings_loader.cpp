// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/settings_loader.h"

#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "schedule/scheduler.h"

namespace mtasts::service {

Candidate candidate_of(settings::LoadedSettings loaded, const board::LatestReports& reports,
                       state::State& state) {
  Candidate candidate;
  candidate.loaded = std::move(loaded);
  if (!candidate.loaded.ok()) return candidate;
  candidate.domains = schedule::domains_of_shard(candidate.loaded.settings);
  std::vector<std::string> unknown;
  for (const settings::DomainEntry& entry : candidate.domains)
    if (reports.find(entry.name.text()) == nullptr) unknown.push_back(entry.name.text());
  candidate.remembered = state.recall(unknown);
  return candidate;
}

SettingsLoader::SettingsLoader(boost::asio::any_io_executor loop, Load load,
                               const board::LatestReports& reports, state::State& state)
    : loop_(std::move(loop)), load_(std::move(load)), reports_(reports), state_(state) {}

SettingsLoader::~SettingsLoader() { thread_.join(); }

void SettingsLoader::start(std::function<void(Candidate)> done) {
  boost::asio::post(thread_, [this, done = std::move(done)] {
    auto candidate = std::make_shared<Candidate>();
    try {
      *candidate = candidate_of(load_(), reports_, state_);
    } catch (const std::exception& broken) {
      candidate->loaded.errors.push_back({"internal error", 0, 0, broken.what()});
    }
    boost::asio::post(loop_, [done, candidate] { done(std::move(*candidate)); });
  });
}

}  // namespace mtasts::service
