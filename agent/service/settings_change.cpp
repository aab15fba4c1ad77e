// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Service: how settings take effect. What can fail comes first and leaves everything as it was;
// after that only differences are applied, in slices. Parts whose settings are the same are not
// touched: above all the engine, with what it knows of MX hosts and what it is about to find out.
#include <utility>

#include "base/log.h"
#include "check/thresholds.h"
#include "service/service.h"

namespace mtasts::service {
namespace {

// True for changes that take effect only after a restart.
bool needs_restart(const settings::Settings& before, const settings::Settings& after) {
  return listeners_need_restart(before, after) || before.state != after.state;
}

}  // namespace

Basis Service::basis() const {
  const bool has_reports = report_service_ != nullptr;
  return {active_, policy_host_.policies(), active_->settings.reports.enabled == has_reports};
}

void Service::apply(const CandidatePtr& candidate, std::function<void(std::string)> done) {
  try {
    if (auto taken = take_parts(*candidate); !taken) {
      if (report_service_ == nullptr) forget_reported();
      return done(taken.failure().detail);
    }
  } catch (const std::exception& broken) {
    return done(std::string("internal error: ") + broken.what());
  }
  SlicedWork work;
  add_removals(work, candidate);
  add_to_board(work, candidate);
  add_to_schedule(work, candidate);
  add_reported(work, candidate);
  SlicedWork::start(
      loop_.get_executor(), std::move(work), [this] { return stopping_; },
      [this, candidate, done = std::move(done)](const std::string& broken) {
        if (!broken.empty()) return done("internal error: " + broken);
        activate(*candidate);
        done({});
      });
}

// All that is not about single domains. After a failure everything is as it was.
Result<void> Service::take_parts(Candidate& candidate) {
  const settings::Settings& settings = candidate.next->settings;
  std::shared_ptr<check::Engine> engine;
  if (candidate.trust) {
    engine = check::Engine::create(loop_.get_executor(), settings, *candidate.trust, system_now,
                                   metrics_);
    candidate.trust.reset();
    ++engines_;
  }
  if (auto read = listeners_.prepare(settings.web); !read) return read;
  const check::HostedPoliciesPtr hosted =
      candidate.hosted != nullptr ? candidate.hosted : policy_host_.policies();
  if (auto taken = apply_listeners(settings, hosted); !taken) return taken;
  pipeline_->set_hosted(hosted);
  pipeline_->set_thresholds(check::thresholds_of(settings));
  configure_log(settings.log.level, settings.log.format);
  if (engine != nullptr) replace_engine(std::move(engine), candidate.next->engine);
  listeners_.use(settings);
  scheduler_.forget_recent();
  scheduler_.use(engine_, settings.check);
  return {};
}

void Service::add_removals(SlicedWork& work, const CandidatePtr& candidate) {
  work.add(candidate->removed.size(), [this, candidate](size_t i) {
    scheduler_.remove(candidate->removed[i]);
    pipeline_->remove_domain(candidate->removed[i]);
  });
}

void Service::add_to_board(SlicedWork& work, const CandidatePtr& candidate) {
  work.add(candidate->changed.size(),
           [this, candidate](size_t i) { pipeline_->put_domain(candidate->changed[i]); });
  work.add(candidate->added.size(),
           [this, candidate](size_t i) { pipeline_->put_domain(candidate->added[i]); });
  work.add(candidate->remembered.size(),
           [this, candidate](size_t i) { pipeline_->restore(candidate->remembered[i]); });
}

// After the board: a check that ends finds its domain and its history there.
void Service::add_to_schedule(SlicedWork& work, const CandidatePtr& candidate) {
  work.add(candidate->added.size(), [this, candidate](size_t i) {
    scheduler_.add(candidate->added[i].name, i, candidate->added.size());
  });
}

// What TLS reports say about the domains: nothing yet about new ones, or not said any more.
void Service::add_reported(SlicedWork& work, const CandidatePtr& candidate) {
  const bool had = has_reported_;
  const bool has = has_reported_ = report_service_ != nullptr;
  if (!had && !has) return;
  const bool all = had != has;
  const auto& domains = all ? candidate->next->domains : candidate->added;
  work.add(domains.size(), [this, candidate, &domains](size_t i) {
    const std::string& name = domains[i].name.text();
    if (report_service_ != nullptr)
      report_service_->add_domain(name);
    else
      exposition_.apply(reports_.set_reported(name, nullptr));
  });
  work.add(1, [this, candidate, is_new = !domains.empty()](size_t) {
    if (report_service_ != nullptr) report_service_->domains_changed(is_new);
  });
}

void Service::activate(const Candidate& candidate) {
  const settings::Settings& settings = candidate.next->settings;
  if (active_ != nullptr && needs_restart(active_->settings, settings))
    log(LogLevel::warning,
        "changes to [web] listen, [telemetry] listen and [state], and [web.tls] on or off, take "
        "effect after a restart");
  loader_->discard(std::exchange(active_, candidate.next));
  metrics_.config_loaded(system_now(), settings.hash);
  metrics_.set_shard(settings.shard.index, settings.shard.total);
  log(LogLevel::info, "settings applied",
      {{"domains", std::to_string(candidate.next->domains.size())},
       {"added", std::to_string(candidate.added.size())},
       {"removed", std::to_string(candidate.removed.size())},
       {"hash", settings.hash}});
}

// Comments and order may differ, and the files that were read.
void Service::confirm(const Candidate& candidate) {
  loader_->discard(std::exchange(active_, candidate.next));
  metrics_.config_loaded(system_now(), active_->settings.hash);
}

// A failed reload must leave what runs as it was.
Result<void> Service::apply_listeners(const settings::Settings& settings,
                                      const check::HostedPoliciesPtr& hosted) {
  if (auto taken = apply_reports(settings); !taken) return taken;
  if (hosted == policy_host_.policies() && active_ != nullptr) return {};
  auto listening = policy_host_.use(settings.policy_host, hosted);
  if (listening || active_ == nullptr || active_->settings.reports == settings.reports)
    return listening;
  report_service_.reset();
  if (auto again = start_reports(active_->settings); !again)
    log(LogLevel::error, "TLS reports are not taken in any more",
        {{"error", again.failure().detail}});
  return listening;
}

// After a failure the former settings are started again.
Result<void> Service::apply_reports(const settings::Settings& settings) {
  const bool has = report_service_ != nullptr;
  const bool same = active_ != nullptr && active_->settings.reports == settings.reports;
  if (same && has == settings.reports.enabled) return {};
  report_service_.reset();  // first: the new one may listen on the same port
  auto started = start_reports(settings);
  if (!started && active_ != nullptr && !same)
    if (auto again = start_reports(active_->settings); !again)
      log(LogLevel::error, "TLS reports are not taken in any more",
          {{"error", again.failure().detail}});
  return started;
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

// Neither the new settings nor the former ones could be started.
void Service::forget_reported() {
  if (!std::exchange(has_reported_, false)) return;
  for (const board::DomainEntryPtr& entry : reports_.snapshot().domains)
    if (entry->reported != nullptr) exposition_.apply(reports_.set_reported(entry->name, nullptr));
}

void Service::replace_engine(std::shared_ptr<check::Engine> engine,
                             const check::EngineInputs& made_of) {
  if (engine_ != nullptr) {
    engine->inherit(*engine_, active_->engine, made_of);
    std::erase_if(retired_, [](const auto& old) { return old.expired(); });
    retired_.push_back(engine_);
  }
  engine_ = std::move(engine);
}

}  // namespace mtasts::service
