// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/settings_loader.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "base/time.h"
#include "schedule/file_watch.h"
#include "schedule/scheduler.h"

namespace mtasts::service {
namespace {

// Between two parts the database thread writes what checks found.
constexpr size_t kRecalledAtOnce = 500;

// What is left to compare when the domains have been compared: not how the settings were written.
settings::Settings meaning_of(const settings::Settings& settings) {
  settings::Settings meaning = settings;
  meaning.hash.clear();
  meaning.files.clear();
  meaning.directories.clear();
  return meaning;
}

// Both lists are sorted by name.
void compare_domains(const std::vector<settings::DomainEntry>& before,
                     const std::vector<settings::DomainEntry>& after, Candidate& candidate) {
  auto old = before.begin();
  auto now = after.begin();
  while (old != before.end() || now != after.end()) {
    if (now == after.end() || (old != before.end() && old->name < now->name)) {
      candidate.removed.push_back((old++)->name.text());
    } else if (old == before.end() || now->name < old->name) {
      candidate.added.push_back(*now++);
    } else {
      if (*old != *now) candidate.changed.push_back(*now);
      ++old;
      ++now;
    }
  }
  std::shuffle(candidate.added.begin(), candidate.added.end(),
               std::mt19937_64(std::random_device{}()));
}

void recall(Candidate& candidate, state::State& state, const std::function<bool()>& go_on) {
  std::vector<std::string> names;
  for (size_t i = 0; i < candidate.added.size(); ++i) {
    names.push_back(candidate.added[i].name.text());
    if (names.size() < kRecalledAtOnce && i + 1 < candidate.added.size()) continue;
    if (go_on && !go_on()) return;
    for (state::Remembered& known : state.recall(names))
      candidate.remembered.push_back(std::move(known));
    names.clear();
  }
}

Candidate refused(std::string error) {
  Candidate candidate;
  candidate.errors.push_back(std::move(error));
  return candidate;
}

}  // namespace

std::vector<std::filesystem::path> files_of(const settings::Settings& settings) {
  std::vector<std::filesystem::path> files = settings.files;
  files.insert(files.end(), settings.directories.begin(), settings.directories.end());
  return files;
}

Candidate candidate_of(settings::LoadedSettings loaded, const Basis& basis, state::State& state,
                       const std::function<bool()>& go_on) {
  Candidate candidate;
  for (const auto& error : loaded.errors) candidate.errors.push_back(error.text());
  if (!candidate.errors.empty()) return candidate;
  auto engine = check::engine_inputs_of(loaded.settings);
  if (!engine) return refused(engine.failure().detail);
  auto next = std::make_shared<Active>();
  next->engine = std::move(*engine);
  next->domains = schedule::domains_of_shard(loaded.settings);
  std::sort(next->domains.begin(), next->domains.end(),
            [](const auto& one, const auto& other) { return one.name < other.name; });
  next->settings = std::move(loaded.settings);
  next->settings.domains.clear();
  next->settings.domains.shrink_to_fit();
  candidate.next = next;

  const Active nothing{};
  const Active& before = basis.active == nullptr ? nothing : *basis.active;
  compare_domains(before.domains, next->domains, candidate);
  const bool first = basis.active == nullptr;
  if (first || before.engine != next->engine) {
    auto trust = check::TrustStores::open(next->settings, system_now);
    if (!trust) return refused(trust.failure().detail);
    candidate.trust = std::move(*trust);
  }
  if (first || before.settings.policy_host != next->settings.policy_host)
    candidate.hosted =
        check::hosted_policies_of(next->settings.policy_host, system_now(), basis.hosted);
  candidate.same = !first && basis.whole && !candidate.trust && candidate.removed.empty() &&
                   candidate.changed.empty() && candidate.added.empty() &&
                   meaning_of(before.settings) == meaning_of(next->settings);
  recall(candidate, state, go_on);
  return candidate;
}

// What the thread and the loader share; the thread may outlive the loader.
struct SettingsLoader::Shared {
  boost::asio::any_io_executor loop;
  Load load;
  state::State& state;

  std::mutex mutex;        // held while the thread uses the loop or the state
  bool abandoned = false;  // under mutex: only `load` is still there

  std::mutex jobs_mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> jobs;
  bool has_thread = false;
  bool ended = false;

  schedule::FileWatch watched;  // the thread's

  Shared(boost::asio::any_io_executor executor, Load function, state::State& kept)
      : loop(std::move(executor)), load(std::move(function)), state(kept) {}

  static void add(const std::shared_ptr<Shared>& shared, std::function<void()> job) {
    std::lock_guard lock(shared->jobs_mutex);
    shared->jobs.push_back(std::move(job));
    if (!std::exchange(shared->has_thread, true)) std::thread([shared] { shared->run(); }).detach();
    shared->wake.notify_one();
  }

  void run() {
    std::unique_lock lock(jobs_mutex);
    for (;;) {
      wake.wait(lock, [this] { return ended || !jobs.empty(); });
      if (ended) return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
    }
  }

  bool is_used() {
    std::lock_guard lock(mutex);
    return !abandoned;
  }

  template <typename Task>
  void post(Task task) {
    std::lock_guard lock(mutex);
    if (!abandoned) boost::asio::post(loop, std::move(task));
  }

  Candidate read(const Basis& basis) {
    try {
      const schedule::FileWatch::View before = watched.look();
      settings::LoadedSettings loaded = load();
      if (loaded.ok())
        watched.watch(files_of(loaded.settings), before);
      else
        watched.read_since(before);
      if (!is_used()) return {};
      return compare(std::move(loaded), basis);
    } catch (const std::exception& broken) {
      return refused(std::string("internal error: ") + broken.what());
    }
  }

  // The state may be gone between two parts of what is recalled.
  Candidate compare(settings::LoadedSettings loaded, const Basis& basis) {
    std::unique_lock lock(mutex, std::defer_lock);
    return candidate_of(std::move(loaded), basis, state, [&] {
      if (lock.owns_lock()) lock.unlock();
      lock.lock();
      return !abandoned;
    });
  }
};

SettingsLoader::SettingsLoader(boost::asio::any_io_executor loop, Load load, state::State& state)
    : shared_(std::make_shared<Shared>(std::move(loop), std::move(load), state)) {}

SettingsLoader::~SettingsLoader() {
  {
    std::lock_guard lock(shared_->mutex);
    shared_->abandoned = true;
  }
  std::lock_guard lock(shared_->jobs_mutex);
  shared_->ended = true;
  shared_->wake.notify_one();
}

void SettingsLoader::watch(std::vector<std::filesystem::path> files) {
  Shared::add(shared_,
              [&shared = *shared_, files = std::move(files)] { shared.watched.watch(files); });
}

void SettingsLoader::load(Basis basis, std::function<void(CandidatePtr)> done) {
  Shared::add(shared_, [&shared = *shared_, basis = std::move(basis), done = std::move(done)] {
    auto candidate = std::make_shared<Candidate>(shared.read(basis));
    shared.post([done, candidate] { done(candidate); });
  });
}

void SettingsLoader::look(std::function<void(bool)> done) {
  Shared::add(shared_, [&shared = *shared_, done = std::move(done)] {
    const bool changed = shared.watched.changed();
    shared.post([done, changed] { done(changed); });
  });
}

void SettingsLoader::discard(std::shared_ptr<const void> object) {
  Shared::add(shared_, [object = std::move(object)]() mutable { object.reset(); });
}

}  // namespace mtasts::service
