// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/station.h"

#include "net/asio_smtp_prober.h"
#include "net/curl_fetcher.h"
#include "net/tls_observer.h"

namespace mtasts::check {

Result<std::shared_ptr<Station>> Station::create(boost::asio::any_io_executor executor,
                                                 const settings::Settings& settings, Clock clock,
                                                 Observer observe) {
  auto https = net::TlsObserver::create(settings.https.ca_file, clock);
  if (!https) return https.failure();
  auto smtp = https;  // one trust store and one memo where both channels trust the same roots
  if (settings.smtp.ca_file != settings.https.ca_file)
    smtp = net::TlsObserver::create(settings.smtp.ca_file, clock);
  if (!smtp) return smtp.failure();

  std::shared_ptr<Station> station(new Station(executor));
  station->nursery_.keep(station);
  station->resolver_ = std::make_unique<net::AresResolver>(executor, settings.dns);
  station->fetcher_ = std::make_unique<net::CurlFetcher>(executor, *https, settings.https,
                                                         "mtasts-exporter/" MTASTS_VERSION);
  station->prober_ = std::make_unique<net::AsioSmtpProber>(executor, *smtp, settings.smtp);
  // A single domain that is checked rarely must not outlive its proof between two of its checks.
  station->liveness_ = std::make_unique<Liveness>(
      executor, station->nursery_, *station->resolver_, *station->fetcher_, *station->prober_,
      settings.canary, settings.network, settings.check.interval);
  station->desk_ = std::make_unique<MxDesk>(
      executor, station->nursery_, *station->resolver_, *station->prober_, *station->liveness_,
      settings, clock, [observe](double seconds) { observe("smtp", seconds); });
  station->checker_ =
      std::make_unique<Checker>(*station->resolver_, *station->fetcher_, *station->desk_,
                                *station->liveness_, settings, clock, observe);
  return station;
}

}  // namespace mtasts::check
