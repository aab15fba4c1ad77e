// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/service.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <csignal>

#include "base/log.h"
#include "base/version.h"

namespace mtasts::service {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::seconds(1);
constexpr int kTicksPerSweep = 60;
// Running checks are cancelled at SIGTERM and get this long to end before the loop stops.
constexpr auto kShutdownGrace = std::chrono::milliseconds(1500);
constexpr auto kShutdownPoll = std::chrono::milliseconds(20);

std::string compiler_name() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

present::BuildInfo build_info() {
  return {std::string(kVersion), std::string(kRevision), compiler_name()};
}

}  // namespace

Service::Service(Load load)
    : load_(std::move(load)),
      metrics_(build_info()),
      loop_(1),
      signals_(loop_),
      timer_(loop_),
      shutdown_timer_(loop_),
      lag_(loop_.get_executor(),
           [this](std::chrono::duration<double> lag) { metrics_.observe_loop_lag(lag); }),
      lag_watch_(lag_.watch()),
      last_turn_(SteadyClock::now()),
      policy_host_(metrics_),
      scheduler_(loop_.get_executor(),
                 [this](const verdict::Evidence& evidence, schedule::Scheduler::Trigger trigger) {
                   verdict::ReportPtr report = pipeline_->conclude(evidence, trigger);
                   note_progress();
                   return report;
                 }),
      inbox_(loop_.get_executor()),
      listeners_(reports_, exposition_) {}

Service::~Service() {
  listeners_.stop_web();
  policy_host_.stop();
  report_service_.reset();
}

Result<void> Service::start(const settings::LoadedSettings& loaded) {
  const settings::Settings& settings = loaded.settings;
  if (auto opened = open_state(settings.state); !opened) return opened;
  auto candidate = std::make_shared<Candidate>(candidate_of(loaded, {}, *state_));
  if (!candidate->errors.empty()) return Failure{FailureKind::invalid, candidate->errors.front()};
  loader_->watch(files_of(settings));
  SlicedWork board;  // before requests can arrive
  add_to_board(board, candidate);
  board.run();
  // Before anybody can see that the agent runs, and then stop it: a signal waits for its handler.
  boost::system::error_code ignored;
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal, ignored);
  // Start the listeners before the checks: a port in use must not cost a round of probes.
  if (auto listening = listeners_.start(settings, web_actions(), telemetry_hooks()); !listening)
    return listening;
  if (auto taken = take_parts(*candidate); !taken) return taken;
  SlicedWork rest;
  add_to_schedule(rest, candidate);
  add_reported(rest, candidate);
  rest.run();
  activate(*candidate);
  await_signal();
  tick();
  return {};
}

void Service::run() {
  loop_.run();
  listeners_.stop_web();
  policy_host_.stop();
  report_service_.reset();
  listeners_.stop_telemetry();
  reloader_.reset();
  loader_.reset();
  state_.reset();  // writes what is queued; no requests can arrive any more
}

void Service::request_stop() {
  boost::asio::post(loop_, [this] { stop(); });
}

Result<void> Service::open_state(const settings::StateSettings& settings) {
  state::State::Options options;
  options.path = settings.path;
  options.retention = settings.retention;
  auto state = state::State::open(std::move(options));
  if (!state) return state.failure();
  state_ = std::move(*state);
  state_path_ = settings.path;
  pipeline_ = std::make_unique<Pipeline>(Destinations{reports_, exposition_, metrics_, *state_});
  loader_ = std::make_unique<SettingsLoader>(loop_.get_executor(), load_, *state_);
  reloader_ = std::make_unique<Reloader>(*loader_, reload_hooks());
  return {};
}

std::vector<settings::Endpoint> Service::report_endpoints() const {
  return report_service_ == nullptr ? std::vector<settings::Endpoint>()
                                    : report_service_->endpoints();
}

web::TelemetryHooks Service::telemetry_hooks() {
  web::TelemetryHooks hooks;
  hooks.metrics = [this] { return metrics_.text(); };
  hooks.heartbeats = {{"checks", [this] { return last_turn_.load(); }}};
  hooks.ready = [this] { return ready_.load(); };
  return hooks;
}

web::WebActions Service::web_actions() {
  static const Failure kBusy{FailureKind::io, "the agent is busy with other requests; try again"};
  web::WebActions actions;
  actions.ready = [this] { return ready_.load(); };
  actions.agent_metrics = [this] { return metrics_.text() + policy_host_.metrics_text(); };
  actions.reload = [this](const Reloader::Done& done) {
    if (!inbox_.post([this, done] { reloader_->reload(Reloader::Reason::request, done); }))
      done({web::ReloadResult::Outcome::not_done, {kBusy.detail}});
  };
  actions.probe = [this](const std::string& domain, milliseconds limit,
                         const std::function<void(Result<verdict::ReportPtr>)>& done) {
    if (!inbox_.post([this, domain, limit, done] { probe(domain, limit, done); })) done(kBusy);
  };
  actions.timeline = [this](std::string domain, std::function<void(Result<state::Timeline>)> done) {
    state_->timeline(std::move(domain), std::move(done));
  };
  actions.reports = [this](const std::string& domain, int days,
                           const std::function<void(Result<reports::ReportListing>)>& done) {
    const bool posted = inbox_.post([this, domain, days, done] {
      if (report_service_ != nullptr) return report_service_->list(domain, days, done);
      done(Failure{FailureKind::not_found,
                   "the agent takes in no TLS reports; set [reports] enabled = true"});
    });
    if (!posted) done(kBusy);
  };
  return actions;
}

Reloader::Hooks Service::reload_hooks() {
  Reloader::Hooks hooks;
  hooks.basis = [this] { return basis(); };
  hooks.apply = [this](const CandidatePtr& candidate, std::function<void(std::string)> done) {
    apply(candidate, std::move(done));
  };
  hooks.confirm = [this](const Candidate& candidate) { confirm(candidate); };
  hooks.refused = [this] { metrics_.config_refused(); };
  return hooks;
}

void Service::probe(const std::string& domain, milliseconds limit,
                    std::function<void(Result<verdict::ReportPtr>)> done) {
  auto name = DomainName::parse(domain);
  if (!name) return done(name.failure());
  scheduler_.check_now(*name, limit, [done = std::move(done)](verdict::ReportPtr report) {
    if (report != nullptr) return done(std::move(report));
    done(Failure{FailureKind::cancelled, "the check did not finish"});
  });
}

void Service::note_progress() {
  if (ready_ || stopping_ || !reports_.complete()) return;
  ready_ = true;
  log(LogLevel::info, "first round complete", {});
}

void Service::tick() {
  if (stopping_) return;
  last_turn_ = SteadyClock::now();
  feed_metrics();
  note_progress();
  reloader_->tick();
  if (++ticks_ % kTicksPerSweep == 0) {
    engine_->mx_probes().sweep();
    engine_->extra_probes().sweep();
  }
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Service::feed_metrics() {
  metrics_.set_checks_in_flight(scheduler_.in_flight());
  metrics_.set_queue(scheduler_.queue_length(), scheduler_.lag());
  metrics_.set_state_writable(state_->writable());
  if (report_service_ != nullptr) report_service_->tick();
  policy_host_.feed_metrics();
  listeners_.feed_metrics(metrics_);
  const check::ChannelMonitor& channels = engine_->channels();
  for (ChannelKind kind : kChannelKinds) {
    metrics_.set_channel_alive(kind, channels.known_available(kind));
    metrics_.set_channel_outage(kind, channels.suspects_outage(kind));
  }
  metrics_.set_dns_validating(channels.validation().is_validating());
  reports_.set_channel_faults(channels.known_faults());
}

void Service::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reloader_->reload(Reloader::Reason::signal);
      await_signal();
      return;
    }
    stop();
  });
}

void Service::stop() {
  if (stopping_) return;
  stopping_ = true;
  ready_ = false;
  log(LogLevel::info, "stopping");
  reloader_->stop();
  scheduler_.stop();
  for (const auto& old : retired_)
    if (auto engine = old.lock()) engine->tasks().cancel_all();
  timer_.cancel();
  shut_down(SteadyClock::now() + kShutdownGrace);
}

bool Service::is_idle() const {
  for (const auto& old : retired_)
    if (auto engine = old.lock(); engine && engine->tasks().size() > 0) return false;
  return engine_->tasks().size() == 0;
}

// Stops the loop when the last task has ended or the grace period is over.
void Service::shut_down(SteadyClock::time_point latest) {
  if (is_idle() || SteadyClock::now() >= latest) {
    loop_.stop();
    return;
  }
  shutdown_timer_.expires_after(kShutdownPoll);
  shutdown_timer_.async_wait(
      [this, latest](const boost::system::error_code&) { shut_down(latest); });
}

}  // namespace mtasts::service
