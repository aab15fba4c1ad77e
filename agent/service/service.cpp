// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/service.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <csignal>

#include "base/log.h"
#include "base/version.h"
#include "check/thresholds.h"

namespace mtasts::service {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::seconds(1);
constexpr int kTicksPerFileWatch = 5;
constexpr int kTicksPerSweep = 60;
// Running checks are cancelled at SIGTERM and get this long to end before the loop stops.
constexpr auto kShutdownGrace = std::chrono::milliseconds(1500);
constexpr std::chrono::seconds kLateReload{30};
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

// True for changes that take effect only after a restart.
bool needs_restart(const settings::Settings& before, const settings::Settings& after) {
  return listeners_need_restart(before, after) || before.state != after.state;
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
      listeners_(reports_, exposition_) {}

Service::~Service() {
  listeners_.stop_web();
  policy_host_.stop();
  report_service_.reset();
}

Result<void> Service::start(const settings::LoadedSettings& loaded) {
  const settings::Settings& settings = loaded.settings;
  if (auto opened = open_state(settings.state); !opened) return opened;
  const Candidate candidate = candidate_of(loaded, reports_, *state_);
  pipeline_->set_domains(candidate.domains, candidate.remembered);  // before requests can arrive
  // Before anybody can see that the agent runs, and then stop it: a signal waits for its handler.
  boost::system::error_code ignored;
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal, ignored);
  // Start the listeners before the checks: a port in use must not cost a round of probes.
  if (auto listening = listeners_.start(settings, web_actions(), telemetry_hooks()); !listening)
    return listening;
  if (auto applied = apply(candidate); !applied) return applied;
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
  loader_ = std::make_unique<SettingsLoader>(loop_.get_executor(), load_, reports_, *state_);
  return {};
}

Result<void> Service::apply(const Candidate& candidate) {
  const settings::Settings& settings = candidate.loaded.settings;
  auto engine = check::Engine::create(loop_.get_executor(), settings, system_now, metrics_);
  if (!engine) return engine.failure();
  if (auto read = listeners_.prepare(settings.web); !read) return read;
  auto hosted =
      check::hosted_policies_of(settings.policy_host, system_now(), policy_host_.policies());
  if (auto taken = apply_listeners(settings, hosted); !taken) return taken;
  pipeline_->set_hosted(std::move(hosted));
  configure_log(settings.log.level, settings.log.format);
  replace_engine(*engine, settings);
  pipeline_->set_thresholds(check::thresholds_of(settings));
  // At the start they were set before the listeners.
  if (active_) pipeline_->set_domains(candidate.domains, candidate.remembered);
  if (report_service_ != nullptr) report_service_->domains_changed();
  listeners_.use(settings);
  scheduler_.use(engine_, settings.check, candidate.domains);
  watch_ = candidate.watch;
  if (active_ && needs_restart(*active_, settings))
    log(LogLevel::warning,
        "changes to [web] listen, [telemetry] listen and [state], and [web.tls] on or off, take "
        "effect after a restart");
  active_ = settings;
  metrics_.config_loaded(system_now(), settings.hash);
  metrics_.set_shard(settings.shard.index, settings.shard.total);
  log(LogLevel::info, "settings applied",
      {{"domains", std::to_string(candidate.domains.size())}, {"hash", settings.hash}});
  return {};
}

// A failed reload must leave what runs as it was.
Result<void> Service::apply_listeners(const settings::Settings& settings,
                                      const check::HostedPoliciesPtr& hosted) {
  if (auto taken = apply_reports(settings); !taken) return taken;
  auto listening = policy_host_.use(settings.policy_host, hosted);
  if (listening || !active_ || active_->reports == settings.reports) return listening;
  report_service_.reset();
  if (auto again = start_reports(*active_); !again)
    log(LogLevel::error, "TLS reports are not taken in any more",
        {{"error", again.failure().detail}});
  return listening;
}

// After a failure the former settings are started again.
Result<void> Service::apply_reports(const settings::Settings& settings) {
  if (active_ && active_->reports == settings.reports) return {};
  report_service_.reset();  // first: the new one may listen on the same port
  auto started = start_reports(settings);
  if (!started && active_)
    if (auto again = start_reports(*active_); !again)
      log(LogLevel::error, "TLS reports are not taken in any more",
          {{"error", again.failure().detail}});
  if (report_service_ == nullptr) forget_reported();
  return started;
}

void Service::forget_reported() {
  for (const board::DomainEntryPtr& entry : reports_.snapshot().domains)
    if (entry->reported != nullptr) exposition_.apply(reports_.set_reported(entry->name, nullptr));
}

Result<void> Service::start_reports(const settings::Settings& settings) {
  if (!settings.reports.enabled) return {};
  const ReportService::Surroundings around{
      loop_.get_executor(), reports_, exposition_, metrics_, *state_, state_path_};
  auto service = ReportService::start(around, settings.reports);
  if (!service) return service.failure();
  report_service_ = std::move(*service);
  return {};
}

std::vector<settings::Endpoint> Service::report_endpoints() const {
  return report_service_ == nullptr ? std::vector<settings::Endpoint>()
                                    : report_service_->endpoints();
}

void Service::replace_engine(std::shared_ptr<check::Engine> engine,
                             const settings::Settings& settings) {
  if (engine_ != nullptr) {
    if (check::may_inherit(*active_, settings)) {
      engine->mx_probes().inherit(engine_->mx_probes());
      engine->extra_probes().inherit(engine_->extra_probes());
    }
    std::erase_if(retired_, [](const auto& old) { return old.expired(); });
    retired_.push_back(engine_);
  }
  engine_ = std::move(engine);
}

web::TelemetryHooks Service::telemetry_hooks() {
  web::TelemetryHooks hooks;
  hooks.metrics = [this] { return metrics_.text(); };
  hooks.heartbeats = {{"checks", [this] { return last_turn_.load(); }}};
  hooks.ready = [this] { return ready_.load(); };
  return hooks;
}

web::WebActions Service::web_actions() {
  web::WebActions actions;
  actions.ready = [this] { return ready_.load(); };
  actions.agent_metrics = [this] { return metrics_.text() + policy_host_.metrics_text(); };
  actions.reload = [this](Reloaded done) {
    boost::asio::post(loop_,
                      [this, done = std::move(done)] { reload(ReloadReason::request, done); });
  };
  actions.probe = [this](std::string domain, milliseconds limit,
                         std::function<void(Result<verdict::ReportPtr>)> done) {
    boost::asio::post(loop_, [this, domain = std::move(domain), limit, done = std::move(done)] {
      probe(domain, limit, done);
    });
  };
  actions.timeline = [this](std::string domain, std::function<void(Result<state::Timeline>)> done) {
    state_->timeline(std::move(domain), std::move(done));
  };
  actions.reports = [this](std::string domain, int days,
                           std::function<void(Result<reports::ReportListing>)> done) {
    boost::asio::post(loop_, [this, domain = std::move(domain), days, done = std::move(done)] {
      if (report_service_ != nullptr) return report_service_->list(domain, days, done);
      done(Failure{FailureKind::not_found,
                   "the agent takes in no TLS reports; set [reports] enabled = true"});
    });
  };
  return actions;
}

void Service::probe(const std::string& domain, milliseconds limit,
                    std::function<void(Result<verdict::ReportPtr>)> done) {
  auto name = DomainName::parse(domain);
  if (!name) return done(name.failure());
  scheduler_.check_now(*name, limit, [done](verdict::ReportPtr report) {
    if (report != nullptr) return done(std::move(report));
    done(Failure{FailureKind::cancelled, "the check did not finish"});
  });
}

// Reloads run one at a time, in the order requested; each reads the files as they are then.
void Service::reload(ReloadReason reason, Reloaded done) {
  reloads_.push_back({reason, std::move(done)});
  if (reloads_.size() == 1) start_next_reload();
}

void Service::start_next_reload() {
  if (reloads_.empty()) return;
  reload_started_ = SteadyClock::now();
  reload_is_late_ = false;
  loader_->start([this](const Candidate& candidate) {
    PendingReload pending = std::move(reloads_.front());
    std::vector<std::string> errors = finish_reload(pending.reason, candidate);
    if (pending.done) pending.done(std::move(errors));
    reloads_.erase(reloads_.begin());  // last: what asks for a reload meanwhile waits its turn
    start_next_reload();
  });
}

std::vector<std::string> Service::finish_reload(ReloadReason reason, const Candidate& candidate) {
  if (stopping_) return {"the agent is shutting down"};
  const settings::LoadedSettings& loaded = candidate.loaded;
  // A file that was touched but not changed must not discard what the engine knows.
  if (reason == ReloadReason::files_changed && loaded.ok() && loaded.settings.hash == active_->hash)
    return {};
  std::vector<std::string> errors;
  for (const auto& error : loaded.errors) errors.push_back(error.text());
  if (errors.empty()) {
    try {
      auto applied = apply(candidate);
      if (!applied) errors.push_back(applied.failure().detail);
    } catch (const std::exception& broken) {
      errors.push_back(std::string("internal error: ") + broken.what());
    }
  }
  if (errors.empty()) return errors;
  metrics_.config_refused();
  static constexpr std::string_view kReasons[] = {"request", "SIGHUP", "files changed"};
  for (const std::string& error : errors)
    log(LogLevel::error, "reload rejected; the current settings stay active",
        {{"reason", std::string(kReasons[static_cast<size_t>(reason)])}, {"error", error}});
  return errors;
}

void Service::note_progress() {
  if (ready_ || stopping_ || !reports_.complete()) return;
  ready_ = true;
  log(LogLevel::info, "first round complete", {});
}

// Settings on a file system that does not answer would else go unnoticed.
void Service::note_late_reload() {
  if (reloads_.empty() || reload_is_late_ || SteadyClock::now() - reload_started_ < kLateReload)
    return;
  reload_is_late_ = true;
  log(LogLevel::warning, "reading the settings takes long; the current settings stay active",
      {{"seconds", std::to_string(kLateReload.count())}});
}

void Service::tick() {
  if (stopping_) return;
  last_turn_ = SteadyClock::now();
  feed_metrics();
  note_progress();
  note_late_reload();
  if (++ticks_ % kTicksPerFileWatch == 0 && reloads_.empty() && watch_.changed())
    reload(ReloadReason::files_changed, {});
  if (ticks_ % kTicksPerSweep == 0) {
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
  reports_.set_channel_faults(channels.known_faults());
}

void Service::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reload(ReloadReason::signal, {});
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
