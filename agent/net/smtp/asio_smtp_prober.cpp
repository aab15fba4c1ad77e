// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/smtp/asio_smtp_prober.h"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <string_view>
#include <utility>

#include "base/host_name.h"
#include "net/smtp/smtp_exchange.h"

namespace mtasts::net {

namespace asio = boost::asio;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using protocol::StarttlsDialogue;
using std::chrono::steady_clock;

struct AsioSmtpProber::Setup {
  asio::any_io_executor executor;
  std::shared_ptr<const TlsObserver> observer;
  settings::SmtpSettings settings;
  std::string ehlo_name;
};

namespace {

// A further handshake of a server that has just answered must not delay the verdict for long.
constexpr std::chrono::seconds kVariantLimit{10};

// Empty when the name has no dot: EHLO needs a fully-qualified name (RFC 5321 §4.1.1.1).
std::string qualified_host_name() {
  std::string name = host_name();
  bool qualified = name.find('.') != std::string::npos && !name.ends_with(".localdomain");
  return qualified ? name : std::string();
}

// Combines the first attempt with the second one, which allowed every TLS version.
SmtpAttempt conclude(const SmtpExchange& modern, const SmtpExchange& any) {
  SmtpAttempt first = modern.attempt();
  const SmtpAttempt& second = any.attempt();
  if (second.status == SmtpStatus::ok && any.tls_is_old()) {
    SmtpAttempt old = second;
    old.status = SmtpStatus::tls_version_old;
    old.step = protocol::SmtpStep::handshake;
    old.detail = "only " + second.tls_version + "; with TLS 1.2 and newer: " + first.detail;
    first = std::move(old);
  } else if (second.status == SmtpStatus::ok || second.status == SmtpStatus::cancelled) {
    first = second;
  } else if (!first.chain) {
    first.chain = second.chain;
    first.presented = second.presented;
  }
  first.connect_time = modern.attempt().connect_time;
  first.banner_time = modern.attempt().banner_time;
  first.injected_bytes = std::max(modern.attempt().injected_bytes, second.injected_bytes);
  return first;
}

asio::awaitable<SmtpAttempt> run_probe(asio::any_io_executor executor,
                                       std::shared_ptr<const TlsObserver> observer,
                                       SmtpProbeRequest request) {
  auto began = steady_clock::now();
  request.deadline = began + request.timeout;
  SmtpExchange modern(executor, observer, request, TlsVersions::modern);
  co_await modern.run();
  SmtpAttempt attempt = modern.attempt();
  if (modern.may_be_version()) {
    SmtpExchange any(executor, observer, request, TlsVersions::any);
    try {
      co_await any.run();
    } catch (const boost::system::system_error&) {
      // Cancelled between the two attempts: `any` was never started and says so.
    }
    attempt = conclude(modern, any);
  }
  attempt.total_time =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began);
  co_return attempt;
}

asio::awaitable<SmtpAttempt> run_once(asio::any_io_executor executor,
                                      std::shared_ptr<const TlsObserver> observer,
                                      SmtpProbeRequest request, TlsOffer offer) {
  request.deadline = steady_clock::now() + request.timeout;
  SmtpExchange exchange(executor, std::move(observer), request, offer);
  co_await exchange.run();
  co_return exchange.attempt();
}

}  // namespace

// A parameter of a coroutine lives as long as the coroutine; `this` might not.
asio::awaitable<SmtpAttempt> SmtpProber::probe_with(std::string, IpAddress, TlsOffer) {
  SmtpAttempt not_observed;
  co_return not_observed;
}

AsioSmtpProber::AsioSmtpProber(asio::any_io_executor executor,
                               std::shared_ptr<const TlsObserver> observer,
                               const settings::SmtpSettings& settings) {
  Setup setup{std::move(executor), std::move(observer), settings, settings.ehlo_name};
  if (setup.ehlo_name.empty()) setup.ehlo_name = qualified_host_name();
  setup_ = std::make_shared<const Setup>(std::move(setup));
}

AsioSmtpProber::AsioSmtpProber(asio::io_context& loop, std::shared_ptr<const TlsObserver> observer,
                               const settings::SmtpSettings& settings)
    : AsioSmtpProber(asio::any_io_executor(loop.get_executor()), std::move(observer), settings) {}

AsioSmtpProber::~AsioSmtpProber() = default;

// Not coroutines: those would access this object when they start.
asio::awaitable<SmtpAttempt> AsioSmtpProber::probe(std::string host, IpAddress address) {
  SmtpProbeRequest request{std::move(host),
                           address,
                           setup_->settings.port,
                           setup_->ehlo_name,
                           StarttlsDialogue::Goal::tls,
                           {},
                           setup_->settings.timeout};
  return run_probe(setup_->executor, setup_->observer, std::move(request));
}

asio::awaitable<SmtpAttempt> AsioSmtpProber::probe_with(std::string host, IpAddress address,
                                                        TlsOffer offer) {
  SmtpProbeRequest request{
      std::move(host),
      address,
      setup_->settings.port,
      setup_->ehlo_name,
      StarttlsDialogue::Goal::tls,
      {},
      std::min<std::chrono::milliseconds>(setup_->settings.timeout, kVariantLimit)};
  return run_once(setup_->executor, setup_->observer, std::move(request), offer);
}

asio::awaitable<SmtpAttempt> AsioSmtpProber::greet(std::string host, IpAddress address) {
  SmtpProbeRequest request{std::move(host),
                           address,
                           setup_->settings.port,
                           setup_->ehlo_name,
                           StarttlsDialogue::Goal::banner,
                           {},
                           setup_->settings.timeout};
  return run_probe(setup_->executor, setup_->observer, std::move(request));
}

}  // namespace mtasts::net
