// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// How requests to reload are merged, and that each gets its answer; the differences that a load
// finds.
#include "service/reloader.h"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fakes/run_until.h"
#include "fakes/wait_until.h"
#include "service/sliced_work.h"
#include "verdict/healthy_evidence.h"

namespace mtasts::service {
namespace {

using Outcome = web::ReloadResult::Outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

settings::DomainEntry entry_of(const std::string& name) {
  return {verdict::domain_named(name), {}, std::nullopt};
}

// What is loaded. The loader's thread may outlive the loader, and the fixture with it.
struct Source {
  settings::LoadedSettings load() {
    settings::LoadedSettings copy;
    {
      std::lock_guard lock(mutex);
      copy = loaded;
    }
    ++loads;
    while (hanging) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return copy;
  }
  std::mutex mutex;
  settings::LoadedSettings loaded;
  std::atomic<bool> hanging = false;
  std::atomic<int> loads = 0;
};

class ReloaderTest : public testing::Test {
 protected:
  ReloaderTest() {
    state::State::Options options;
    options.path = ":memory:";
    state_ = std::move(*state::State::open(std::move(options)));
    loaded_.settings.domains = {entry_of("a.example"), entry_of("b.example")};
    active_ = candidate_of(loaded_, {}, *state_).next;
    loader_ = std::make_unique<SettingsLoader>(
        loop_.get_executor(), [source = source_] { return source->load(); }, *state_);
    Reloader::Hooks hooks;
    hooks.basis = [this] { return Basis{active_, nullptr, true}; };
    hooks.apply = [this](const CandidatePtr& candidate, const auto& done) {
      if (apply_error_.empty()) active_ = candidate->next;
      ++applied_;
      done(apply_error_);
    };
    hooks.confirm = [this](const Candidate&) { ++confirmed_; };
    hooks.refused = [this] { ++refused_; };
    reloader_ = std::make_unique<Reloader>(*loader_, std::move(hooks));
  }
  ~ReloaderTest() override { hanging_ = false; }

  Reloader::Done answer() {
    return [this](const web::ReloadResult& result) { ++answers_[result.outcome]; };
  }
  int answered() const {
    int count = 0;
    for (const auto& [outcome, times] : answers_) count += times;
    return count;
  }
  template <typename Condition>
  testing::AssertionResult run_until(std::string_view what, Condition condition) {
    return fakes::run_until(loop_, what, condition);
  }

  boost::asio::io_context loop_;
  std::unique_ptr<state::State> state_;
  const std::shared_ptr<Source> source_ = std::make_shared<Source>();
  std::mutex& mutex_ = source_->mutex;
  settings::LoadedSettings& loaded_ = source_->loaded;
  std::atomic<bool>& hanging_ = source_->hanging;
  std::atomic<int>& loads_ = source_->loads;
  ActivePtr active_;
  std::string apply_error_;
  int applied_ = 0, confirmed_ = 0, refused_ = 0;
  std::map<Outcome, int> answers_;
  std::unique_ptr<SettingsLoader> loader_;
  std::unique_ptr<Reloader> reloader_;
};

TEST_F(ReloaderTest, RequestsThatComeMeanwhileShareOne) {
  hanging_ = true;
  reloader_->reload(Reloader::Reason::request, answer());
  ASSERT_TRUE(run_until("the load", [&] { return loads_ == 1; }));
  {
    std::lock_guard lock(mutex_);
    loaded_.settings.domains.push_back(entry_of("c.example"));
  }
  for (int i = 0; i < 200; ++i) reloader_->reload(Reloader::Reason::request, answer());
  for (int i = 0; i < 200; ++i) reloader_->reload(Reloader::Reason::signal);
  hanging_ = false;
  ASSERT_TRUE(run_until("every answer", [&] { return answered() == 201; }));
  EXPECT_EQ(loads_, 2);
  EXPECT_EQ(answers_[Outcome::unchanged], 1) << "it had read before the change";
  EXPECT_EQ(answers_[Outcome::applied], 200);
  EXPECT_EQ(applied_, 1);
  EXPECT_EQ(confirmed_, 1);
}

TEST_F(ReloaderTest, BoundsWhoWaits) {
  hanging_ = true;
  const int most = static_cast<int>(Reloader::kMostRequests);
  for (int i = 0; i < most + 7; ++i) reloader_->reload(Reloader::Reason::request, answer());
  EXPECT_EQ(answers_[Outcome::not_done], 7);
  hanging_ = false;
  ASSERT_TRUE(run_until("every answer", [&] { return answered() == most + 7; }));
  EXPECT_EQ(answers_[Outcome::unchanged], most);
}

TEST_F(ReloaderTest, StopAnswersEverybody) {
  hanging_ = true;
  for (int i = 0; i < 5; ++i) reloader_->reload(Reloader::Reason::request, answer());
  reloader_->stop();
  EXPECT_EQ(answers_[Outcome::not_done], 5);
  reloader_->reload(Reloader::Reason::request, answer());
  EXPECT_EQ(answers_[Outcome::not_done], 6);
  hanging_ = false;
  loop_.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(answered(), 6) << "nobody is answered twice";
}

TEST_F(ReloaderTest, SaysWhyTheSettingsWereRefused) {
  {
    std::lock_guard lock(mutex_);
    loaded_.errors = {{"a.toml", 3, 1, "no"}};
  }
  web::ReloadResult result;
  reloader_->reload(Reloader::Reason::request,
                    [&](const web::ReloadResult& given) { result = given; });
  ASSERT_TRUE(run_until("the refusal", [&] { return refused_ == 1; }));
  EXPECT_EQ(result.outcome, Outcome::refused);
  EXPECT_THAT(result.errors, ElementsAre("a.toml:3:1: no"));
  {
    std::lock_guard lock(mutex_);
    loaded_.errors.clear();
    loaded_.settings.log.level = LogLevel::debug;
  }
  apply_error_ = "the port is in use";
  reloader_->reload(Reloader::Reason::request,
                    [&](const web::ReloadResult& given) { result = given; });
  ASSERT_TRUE(run_until("the refusal", [&] { return refused_ == 2; }));
  EXPECT_THAT(result.errors, ElementsAre("the port is in use"));
}

TEST_F(ReloaderTest, FindsTheDifferences) {
  settings::LoadedSettings next = loaded_;
  next.settings.domains = {entry_of("b.example"), entry_of("c.example"), entry_of("d.example")};
  next.settings.domains[0].expected_mode = protocol::Mode::enforce;
  const Candidate candidate = candidate_of(next, {active_, nullptr, true}, *state_);
  EXPECT_FALSE(candidate.same);
  EXPECT_THAT(candidate.removed, ElementsAre("a.example"));
  ASSERT_EQ(candidate.changed.size(), 1u);
  EXPECT_EQ(candidate.changed[0].name.text(), "b.example");
  std::vector<std::string> added;
  for (const auto& entry : candidate.added) added.push_back(entry.name.text());
  EXPECT_THAT(added, UnorderedElementsAre("c.example", "d.example"));
  EXPECT_FALSE(candidate.trust.has_value()) << "the engine stays";
  EXPECT_EQ(candidate.hosted, nullptr) << "the policies stay";

  EXPECT_TRUE(candidate_of(loaded_, {active_, nullptr, true}, *state_).same);
  EXPECT_FALSE(candidate_of(loaded_, {active_, nullptr, false}, *state_).same)
      << "something that should run does not";
  next = loaded_;
  next.settings.hash = "another";
  next.settings.files = {"/etc/another.toml"};
  EXPECT_TRUE(candidate_of(next, {active_, nullptr, true}, *state_).same) << "the text alone";
}

// Every setting that checks use, and no other.
TEST_F(ReloaderTest, KnowsWhatAnEngineIsMadeOf) {
  const std::vector<std::pair<std::function<void(settings::Settings&)>, bool>> changes = {
      {[](auto& s) { s.check.interval *= 2; }, true},
      {[](auto& s) { s.check.smtp_interval *= 2; }, true},
      {[](auto& s) { s.check.timeout *= 2; }, true},
      {[](auto& s) { s.check.expiry_warning *= 2; }, true},
      {[](auto& s) { s.check.concurrency = 3; }, false},
      {[](auto& s) { s.check.change_hold *= 2; }, false},
      {[](auto& s) { s.dns.tries = 7; }, true},
      {[](auto& s) { s.https.port = 4443; }, true},
      {[](auto& s) { s.smtp.enabled = false; }, true},
      {[](auto& s) { s.canary.dns = {"net"}; }, true},
      {[](auto& s) { s.network.allow_private_addresses = true; }, true},
      {[](auto& s) { s.log.level = LogLevel::debug; }, false},
      {[](auto& s) { s.web.reload = false; }, false},
      {[](auto& s) { s.probe.any = true; }, false},
      {[](auto& s) { s.reports.authserv_id = "mx.example"; }, false},
      {[](auto& s) { s.domains.pop_back(); }, false},
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    settings::LoadedSettings next = loaded_;
    changes[i].first(next.settings);
    const Candidate candidate = candidate_of(next, {active_, nullptr, true}, *state_);
    EXPECT_FALSE(candidate.same) << i;
    EXPECT_EQ(candidate.trust.has_value(), changes[i].second) << i;
  }
}

TEST(SlicedWork, LetsOthersInBetweenAndKeepsTheOrder) {
  boost::asio::io_context loop;
  SlicedWork work;
  std::vector<size_t> first, second;
  work.add(3, [&](size_t i) {
    first.push_back(i);
    std::this_thread::sleep_for(SlicedWork::kSlice);
  });
  work.add(0, [](size_t) { FAIL(); });
  work.add(2, [&](size_t i) { second.push_back(first.size() * 10 + i); });
  int handlers = 0;
  bool done = false;
  SlicedWork::start(
      loop.get_executor(), std::move(work), [] { return false; },
      [&](const std::string& broken) {
        EXPECT_EQ(broken, "");
        done = true;
      });
  EXPECT_THAT(first, ElementsAre(0u)) << "the rest is for later";
  while (loop.run_one() > 0) ++handlers;
  EXPECT_TRUE(done);
  EXPECT_GE(handlers, 3);
  EXPECT_THAT(first, ElementsAre(0u, 1u, 2u));
  EXPECT_THAT(second, ElementsAre(30u, 31u));
}

TEST(SlicedWork, EndsWithAnExceptionAndWhenItIsStopped) {
  boost::asio::io_context loop;
  std::string told;
  SlicedWork broken;
  broken.add(1, [](size_t) { throw std::runtime_error("no"); });
  SlicedWork::start(
      loop.get_executor(), std::move(broken), [] { return false; },
      [&](const std::string& text) { told = text; });
  EXPECT_EQ(told, "no");
  SlicedWork stopped;
  int steps = 0;
  stopped.add(5, [&](size_t) { ++steps; });
  SlicedWork::start(
      loop.get_executor(), std::move(stopped), [] { return true; },
      [&](const std::string&) { FAIL(); });
  loop.run();
  EXPECT_EQ(steps, 0);
}

}  // namespace
}  // namespace mtasts::service
