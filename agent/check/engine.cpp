// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/engine.h"

#include <algorithm>

#include "base/version.h"
#include "check/thresholds.h"
#include "net/dns/socket_authority_prober.h"
#include "net/https/curl_fetcher.h"
#include "net/smtp/asio_smtp_prober.h"

namespace mtasts::check {
namespace {

// An authoritative server answers from memory. Where port 53 is closed, nobody should wait for it.
constexpr auto kDirectTimeout = std::chrono::seconds(1);

}  // namespace

Result<std::shared_ptr<Engine>> Engine::create(boost::asio::any_io_executor executor,
                                               const settings::Settings& settings, Clock clock,
                                               CheckMetrics& metrics, bool lag) {
  auto trust = TrustStores::open(settings, clock);
  if (!trust) return trust.failure();
  return create(std::move(executor), settings, *trust, std::move(clock), metrics, lag);
}

std::shared_ptr<Engine> Engine::create(boost::asio::any_io_executor executor,
                                       const settings::Settings& settings, const TrustStores& trust,
                                       Clock clock, CheckMetrics& metrics, bool lag) {
  std::shared_ptr<Engine> engine(new Engine(executor));
  engine->tasks_.keep_alive(engine);
  engine->resolver_ = std::make_unique<net::AresResolver>(executor, settings.dns, metrics);
  engine->fetcher_ = std::make_unique<net::CurlFetcher>(executor, trust.https, settings.https,
                                                        "mtasts-exporter/" + std::string(kVersion));
  engine->prober_ = std::make_unique<net::AsioSmtpProber>(executor, trust.smtp, settings.smtp);
  settings::DnsSettings direct = settings.dns;
  direct.timeout = std::min<std::chrono::milliseconds>(direct.timeout, kDirectTimeout);
  engine->authorities_ = std::make_unique<net::SocketAuthorityProber>(executor, direct);
  Environment environment{executor,         engine->tasks_, *engine->resolver_, *engine->fetcher_,
                          *engine->prober_, metrics,        std::move(clock)};
  if (lag) engine->lag_ = std::make_unique<async::LoopLag>(executor);
  environment.lag = engine->lag_.get();
  environment.authorities = engine->authorities_.get();
  environment.ad_trust = net::ad_trust_of_system(settings.dns);
  engine->channels_ = std::make_unique<ChannelMonitor>(environment, settings);
  engine->mx_probes_ = std::make_unique<MxProbeCache>(environment, *engine->channels_, settings,
                                                      thresholds_of(settings));
  engine->checker_ =
      std::make_unique<Checker>(environment, *engine->mx_probes_, *engine->channels_, settings);
  return engine;
}

void Engine::inherit(const Engine& other, const EngineInputs& before, const EngineInputs& after) {
  mx_probes_->inherit_limits(*other.mx_probes_);
  if (may_inherit_mx(before, after)) mx_probes_->inherit(*other.mx_probes_);
  if (may_inherit_extra(before, after))
    checker_->extra_probes().inherit(other.checker_->extra_probes());
}

}  // namespace mtasts::check
