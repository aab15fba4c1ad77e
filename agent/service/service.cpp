// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/service.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <csignal>

#include "present/metrics_table.h"

namespace mtasts::service {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::seconds(1);
constexpr int kTicksPerFileLook = 5;
constexpr int kTicksPerSweep = 60;
// What runs at SIGTERM is cancelled and gets this long to end before the loop is left.
constexpr auto kShutdownGrace = std::chrono::milliseconds(1500);
constexpr auto kShutdownPoll = std::chrono::milliseconds(20);

constexpr std::string_view kFilesChanged = "files changed";

std::string compiler_name() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

present::Phase phase_named(std::string_view name) {
  if (name == "dns") return present::Phase::dns;
  return name == "smtp" ? present::Phase::smtp : present::Phase::policy;
}

std::string codes_of(const verdict::Report& report) {
  std::string codes;
  for (const verdict::Finding& finding : report.findings) {
    if (finding.severity == verdict::Severity::info) continue;
    if (codes.find(finding.code()) != std::string::npos) continue;
    codes += (codes.empty() ? "" : ",") + std::string(finding.code());
  }
  return codes;
}

}  // namespace

Service::Service(Load load, const std::string& version)
    : load_(std::move(load)),
      loop_(1),
      signals_(loop_),
      timer_(loop_),
      finish_timer_(loop_),
      last_turn_(SteadyClock::now()),
      metrics_(present::BuildInfo{version, "", compiler_name()}),
      reports_(present::metric_renderers()),
      scheduler_(
          loop_.get_executor(), [this](const verdict::ReportPtr& report) { publish(report); },
          [this](const std::string& domain) { return recall(domain); }) {}

Service::~Service() {
  if (web_ != nullptr) web_->stop();
}

Result<bool> Service::start(const settings::Settings& settings) {
  if (auto opened = open_state(settings.state); !opened) return opened;
  set_domains(schedule::domains_of_shard(settings));  // before anybody can look
  // Listeners come before the checks: a port that is taken must not cost a round of probes.
  if (auto listening = listen(settings); !listening) return listening;
  if (auto forced = apply(settings); !forced) return forced;
  boost::system::error_code ignored;
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal, ignored);
  await_signal();
  tick();
  return true;
}

void Service::run() {
  loop_.run();
  web_->stop();
  telemetry_.reset();
  state_.reset();  // what is queued is written; nobody is left who could ask
}

Result<bool> Service::apply(const settings::Settings& settings) {
  auto engine = check::Engine::create(
      loop_.get_executor(), settings, system_now, [this](std::string_view phase, double seconds) {
        metrics_.observe_phase(phase_named(phase), std::chrono::duration<double>(seconds));
      });
  if (!engine) return engine.failure();
  configure_log(settings.log.level, settings.log.format);
  if (engine_ != nullptr) {
    feed_metrics();  // what the old engine still has to tell
    bool same_view = active_ && active_->smtp == settings.smtp &&
                     active_->network == settings.network && settings.smtp.ca_file.empty();
    if (same_view) (*engine)->mx_probes().inherit(engine_->mx_probes());
    std::erase_if(retired_, [](const auto& old) { return old.expired(); });
    retired_.push_back(engine_);
  }
  engine_ = *engine;
  counted_ = net::DnsCounters();

  std::vector<settings::DomainEntry> mine = schedule::domains_of_shard(settings);
  set_domains(mine);
  site_->set_probe_rule(settings.probe);
  site_->set_external_url(settings.web.external_url);
  scheduler_.use(engine_, settings);
  std::vector<std::filesystem::path> watched = settings.files;
  watched.insert(watched.end(), settings.directories.begin(), settings.directories.end());
  watch_.watch(std::move(watched));
  bool moved = active_ && (active_->web.listen != settings.web.listen ||
                           active_->telemetry.listen != settings.telemetry.listen ||
                           active_->state != settings.state);
  if (moved)
    log(LogLevel::warning,
        "a changed [web] listen, [telemetry] listen or [state] needs a restart to take effect");
  active_ = settings;
  metrics_.config_loaded(system_now(), settings.hash);
  metrics_.set_shard(settings.shard.index, settings.shard.total);
  log(LogLevel::info, "settings in force",
      {{"domains", std::to_string(mine.size())}, {"hash", settings.hash}});
  return true;
}

Result<bool> Service::open_state(const settings::StateSettings& settings) {
  state::State::Options options;
  options.path = settings.path;
  options.retention = settings.retention;
  auto state = state::State::open(std::move(options));
  if (!state) return state.failure();
  state_ = std::move(*state);
  return true;
}

void Service::set_domains(const std::vector<settings::DomainEntry>& domains) {
  std::vector<std::string> added = reports_.set_domains(domains);
  for (const state::Remembered& known : state_->recall(added))
    reports_.restore(known.report, known.stages);
}

verdict::HistoryPtr Service::recall(const std::string& domain) const {
  static const auto kNothing = std::make_shared<const verdict::History>();
  board::DomainEntryPtr entry = reports_.find(domain);
  if (entry == nullptr) return nullptr;
  bool known = entry->report != nullptr && entry->report->history != nullptr;
  return known ? entry->report->history : kNothing;
}

Result<bool> Service::listen(const settings::Settings& settings) {
  site_ = std::make_unique<web::WebSite>(reports_, web_actions(), settings.probe);
  site_->set_external_url(settings.web.external_url);
  auto web = web::WebServer::start(settings.web.listen, *site_);
  if (!web) return web.failure();
  web_ = std::move(*web);
  for (const auto& endpoint : web_->endpoints())
    log(LogLevel::info, "web listening", {{"address", endpoint.text()}});
  if (!settings.web.external_url.empty())
    log(LogLevel::info, "web reachable", {{"url", settings.web.external_url}});
  if (settings.telemetry.listen.empty()) return true;
  web::TelemetryHooks hooks;
  hooks.metrics = [this] { return metrics_.text(); };
  hooks.heartbeats = {{"checks", [this] { return last_turn_.load(); }},
                      {"web", [this] { return web_->heartbeat(); }}};
  hooks.ready = [this] { return ready_.load(); };
  auto telemetry = web::TelemetryServer::start(settings.telemetry.listen, std::move(hooks));
  if (!telemetry) return telemetry.failure();
  telemetry_ = std::move(*telemetry);
  log(LogLevel::info, "telemetry listening", {{"address", settings.telemetry.listen}});
  return true;
}

web::WebActions Service::web_actions() {
  web::WebActions actions;
  actions.ready = [this] { return ready_.load(); };
  actions.agent_metrics = [this] { return metrics_.text(); };
  actions.reload = [this](std::function<void(std::vector<std::string>)> done) {
    boost::asio::post(loop_, [this, done = std::move(done)] { done(reload("request")); });
  };
  actions.probe = [this](std::string domain, milliseconds limit,
                         std::function<void(Result<verdict::ReportPtr>)> done) {
    boost::asio::post(loop_, [this, domain = std::move(domain), limit, done = std::move(done)] {
      auto name = DomainName::parse(domain);
      if (!name) return done(name.failure());
      scheduler_.check_now(*name, limit, [done](verdict::ReportPtr report) {
        if (report != nullptr) return done(std::move(report));
        done(Failure{FailureKind::cancelled, "the check was not finished"});
      });
    });
  };
  actions.timeline = [this](std::string domain, std::function<void(Result<state::Timeline>)> done) {
    state_->timeline(std::move(domain), std::move(done));
  };
  return actions;
}

std::vector<std::string> Service::reload(std::string_view reason) try {
  settings::LoadedSettings loaded = load_();
  // A file that was only touched must not cost what the engine knows.
  if (reason == kFilesChanged && loaded.ok() && loaded.settings.hash == active_->hash) return {};
  std::vector<std::string> errors;
  for (const auto& error : loaded.errors) errors.push_back(error.text());
  if (errors.empty()) {
    auto forced = apply(loaded.settings);
    if (!forced) errors.push_back(forced.failure().detail);
  }
  if (errors.empty()) return errors;
  metrics_.config_refused();
  for (const std::string& error : errors)
    log(LogLevel::error, "reload refused, the settings in force stay",
        {{"reason", std::string(reason)}, {"error", error}});
  return errors;
} catch (const std::exception& broken) {
  metrics_.config_refused();
  log(LogLevel::error, "reload failed by an internal error", {{"error", broken.what()}});
  return {broken.what()};
}

void Service::publish(const verdict::ReportPtr& report) {
  metrics_.count_check(!verdict::is_conclusive(*report));
  metrics_.observe_phase(present::Phase::check, std::chrono::duration<double>(report->duration));
  board::DomainEntryPtr before = reports_.find(report->domain);
  if (!reports_.publish(report)) return;
  if (report->history != nullptr) state_->remember(report, reports_.find(report->domain)->stages);
  std::string codes = codes_of(*report);
  std::string outcome(verdict::name_of(report->outcome));
  bool changed = before == nullptr || before->report == nullptr ||
                 before->report->outcome != report->outcome || codes_of(*before->report) != codes;
  log(changed ? LogLevel::info : LogLevel::debug, changed ? "outcome changed" : "checked",
      {{"domain", report->domain},
       {"outcome", outcome},
       {"findings", codes},
       {"duration", duration_text(report->duration)}});
  if (!ready_ && reports_.complete()) {
    ready_ = true;
    log(LogLevel::info, "first round complete", {});
  }
}

void Service::tick() {
  if (stopping_) return;
  last_turn_ = SteadyClock::now();
  feed_metrics();
  if (!ready_ && reports_.complete()) ready_ = true;
  if (++ticks_ % kTicksPerFileLook == 0 && watch_.changed()) reload(kFilesChanged);
  if (ticks_ % kTicksPerSweep == 0) engine_->mx_probes().sweep();
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Service::feed_metrics() {
  metrics_.set_checks_in_flight(scheduler_.in_flight());
  metrics_.set_queue(scheduler_.queue_length(), scheduler_.lag());
  metrics_.set_state_writable(state_->writable());
  const check::ChannelMonitor& channels = engine_->channels();
  metrics_.set_channel_alive("dns", channels.dns_alive());
  metrics_.set_channel_alive("https", channels.https_alive());
  metrics_.set_channel_alive("smtp", channels.smtp_alive());
  const net::DnsCounters& now = engine_->dns_counters();
  for (const auto& [type, count] : now.queries)
    for (uint64_t& fed = counted_.queries[type]; fed < count; ++fed)
      metrics_.count_dns_query(protocol::name_of(type));
  for (const auto& [status, count] : now.failures)
    for (uint64_t& fed = counted_.failures[status]; fed < count; ++fed)
      metrics_.count_dns_failure(protocol::name_of(status));
}

void Service::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reload("SIGHUP");
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
  finish(SteadyClock::now() + kShutdownGrace);
}

bool Service::idle() const {
  for (const auto& old : retired_)
    if (auto engine = old.lock(); engine && engine->tasks().size() > 0) return false;
  return engine_->tasks().size() == 0;
}

// Leaves the loop when the last task has ended, or when it is time.
void Service::finish(SteadyClock::time_point latest) {
  if (idle() || SteadyClock::now() >= latest) {
    loop_.stop();
    return;
  }
  finish_timer_.expires_after(kShutdownPoll);
  finish_timer_.async_wait([this, latest](const boost::system::error_code&) { finish(latest); });
}

}  // namespace mtasts::service
