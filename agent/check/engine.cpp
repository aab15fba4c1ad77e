// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/engine.h"

#include <algorithm>

#include "base/version.h"
#include "check/thresholds.h"
#include "net/dns/socket_authority_prober.h"
#include "net/https/curl_fetcher.h"
#include "net/smtp/asio_smtp_prober.h"
#include "net/tls/tls_observer.h"

namespace mtasts::check {
namespace {

// An authoritative server answers from memory. Where port 53 is closed, nobody should wait for it.
constexpr auto kDirectTimeout = std::chrono::seconds(1);

}  // namespace

Result<std::shared_ptr<Engine>> Engine::create(boost::asio::any_io_executor executor,
                                               const settings::Settings& settings, Clock clock,
                                               CheckMetrics& metrics, bool lag) {
  auto https = net::TlsObserver::create(settings.https.ca_file, clock);
  if (!https) return https.failure();
  auto smtp = https;  // share the trust store and its cache if both channels trust the same roots
  if (settings.smtp.ca_file != settings.https.ca_file)
    smtp = net::TlsObserver::create(settings.smtp.ca_file, clock);
  if (!smtp) return smtp.failure();

  std::shared_ptr<Engine> engine(new Engine(executor));
  engine->tasks_.keep_alive(engine);
  engine->resolver_ = std::make_unique<net::AresResolver>(executor, settings.dns, metrics);
  engine->fetcher_ = std::make_unique<net::CurlFetcher>(executor, *https, settings.https,
                                                        "mtasts-exporter/" + std::string(kVersion));
  engine->prober_ = std::make_unique<net::AsioSmtpProber>(executor, *smtp, settings.smtp);
  settings::DnsSettings direct = settings.dns;
  direct.timeout = std::min<std::chrono::milliseconds>(direct.timeout, kDirectTimeout);
  engine->authorities_ = std::make_unique<net::SocketAuthorityProber>(executor, direct);
  Environment environment{executor,         engine->tasks_, *engine->resolver_, *engine->fetcher_,
                          *engine->prober_, metrics,        std::move(clock)};
  if (lag) engine->lag_ = std::make_unique<async::LoopLag>(executor);
  environment.lag = engine->lag_.get();
  environment.authorities = engine->authorities_.get();
  engine->channels_ = std::make_unique<ChannelMonitor>(environment, settings);
  engine->mx_probes_ = std::make_unique<MxProbeCache>(environment, *engine->channels_, settings,
                                                      thresholds_of(settings));
  engine->checker_ =
      std::make_unique<Checker>(environment, *engine->mx_probes_, *engine->channels_, settings);
  return engine;
}

}  // namespace mtasts::check
