// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Cancellation, destruction and many concurrent probes.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <iterator>
#include <utility>
#include <vector>

#include "fakes/run_until.h"
#include "net/smtp/smtp_prober_fixture.h"

namespace mtasts::net {
namespace {

TEST_F(SmtpProberTest, EndsAtOnceWhenCancelled) {
  for (SmtpMoment moment : {SmtpMoment::banner, SmtpMoment::ehlo, SmtpMoment::starttls,
                            SmtpMoment::handshake, SmtpMoment::ehlo_after_tls}) {
    SmtpServer server(faulty(SmtpFault::silence, moment));
    AsioSmtpProber prober(loop_, observer_, settings_for(server.port(), 60s));
    asio::cancellation_signal signal;
    std::optional<SmtpAttempt> result;
    auto done = [&](const std::exception_ptr& error, const SmtpAttempt& attempt) {
      EXPECT_FALSE(error);
      result = attempt;
    };
    asio::co_spawn(loop_, prober.probe(kHost, *IpAddress::parse("127.0.0.1")),
                   asio::bind_cancellation_slot(signal.slot(), done));
    loop_.restart();
    ASSERT_TRUE(fakes::run_until(loop_, "the silence", [&] { return server.reached(moment); }));
    auto began = std::chrono::steady_clock::now();
    signal.emit(asio::cancellation_type::terminal);
    ASSERT_TRUE(fakes::run_until(loop_, "the end", [&] { return result.has_value(); }));
    EXPECT_EQ(result->status, SmtpStatus::cancelled) << result->detail;
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
    loop_.run();
  }
}

TEST_F(SmtpProberTest, EndsAtOnceWhenCancelledWhileConnecting) {
  fakes::DeafPort deaf;
  AsioSmtpProber prober(loop_, observer_, settings_for(deaf.port(), 60s));
  asio::cancellation_signal signal;
  std::optional<SmtpAttempt> result;
  auto done = [&](const std::exception_ptr&, const SmtpAttempt& attempt) { result = attempt; };
  asio::co_spawn(loop_, prober.probe(kHost, *IpAddress::parse("127.0.0.1")),
                 asio::bind_cancellation_slot(signal.slot(), done));
  loop_.poll();
  EXPECT_FALSE(result);
  signal.emit(asio::cancellation_type::terminal);
  loop_.run();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, SmtpStatus::cancelled);
  EXPECT_EQ(result->step, SmtpStep::connect);
}

TEST_F(SmtpProberTest, OutlivedByItsProbes) {
  SmtpServer server(script());
  auto prober =
      std::make_unique<AsioSmtpProber>(loop_, observer_, settings_for(server.port(), kPlenty));
  asio::awaitable<SmtpAttempt> late = prober->probe(kHost, *IpAddress::parse("127.0.0.1"));
  std::optional<SmtpAttempt> early;
  asio::co_spawn(loop_, prober->probe(kHost, *IpAddress::parse("127.0.0.1")),
                 [&](const std::exception_ptr&, const SmtpAttempt& attempt) { early = attempt; });
  loop_.poll();
  prober.reset();
  EXPECT_EQ(run(std::move(late)).status, SmtpStatus::ok);
  ASSERT_TRUE(early);
  EXPECT_EQ(early->status, SmtpStatus::ok);
}

TEST_F(SmtpProberTest, TheLoopMayGoWhileProbesRun) {
  for (SmtpMoment moment :
       {SmtpMoment::banner, SmtpMoment::ehlo, SmtpMoment::handshake, SmtpMoment::ehlo_after_tls}) {
    SmtpServer server(faulty(SmtpFault::silence, moment));
    auto loop = std::make_unique<asio::io_context>();
    auto prober =
        std::make_unique<AsioSmtpProber>(*loop, observer_, settings_for(server.port(), kPlenty));
    bool ended = false;
    asio::co_spawn(*loop, prober->probe(kHost, *IpAddress::parse("127.0.0.1")),
                   [&](const std::exception_ptr&, const SmtpAttempt&) { ended = true; });
    ASSERT_TRUE(fakes::run_until(*loop, "the silence", [&] { return server.reached(moment); }));
    prober.reset();
    loop.reset();
    EXPECT_FALSE(ended);
    ASSERT_TRUE(
        fakes::wait_until("our end to close", [&] { return server.open_connections() == 0; }));
  }
}

TEST_F(SmtpProberTest, ManyAtOnce) {
  SmtpScript missing = script();
  missing.ehlo = "250 mx\r\n";
  SmtpScript old = script();
  old.tls = SmtpTls::only_1_1;
  SmtpScript injecting = script();
  injecting.starttls += "250 injected\r\n";
  const std::pair<SmtpScript, SmtpStatus> mix[] = {
      {script(), SmtpStatus::ok},
      {missing, SmtpStatus::starttls_missing},
      {faulty(SmtpFault::endless, SmtpMoment::banner), SmtpStatus::protocol_error},
      {faulty(SmtpFault::reset, SmtpMoment::handshake), SmtpStatus::tls_closed},
      {faulty(SmtpFault::close, SmtpMoment::ehlo), SmtpStatus::protocol_error},
      {faulty(SmtpFault::silence, SmtpMoment::quit), SmtpStatus::ok},
      {old, SmtpStatus::tls_version_old},
      {injecting, SmtpStatus::ok},
  };
  constexpr int kProbes = 200;
  std::vector<std::unique_ptr<SmtpServer>> servers;
  std::vector<std::unique_ptr<AsioSmtpProber>> probers;
  for (const auto& [behaviour, status] : mix) {
    servers.push_back(std::make_unique<SmtpServer>(behaviour));
    probers.push_back(std::make_unique<AsioSmtpProber>(loop_, observer_,
                                                       settings_for(servers.back()->port(), 60s)));
  }
  int ended = 0;
  for (int probe = 0; probe < kProbes; ++probe) {
    size_t kind = static_cast<size_t>(probe) % std::size(mix);
    asio::co_spawn(loop_, probers[kind]->probe(kHost, *IpAddress::parse("127.0.0.1")),
                   [&, kind](const std::exception_ptr& error, const SmtpAttempt& attempt) {
                     EXPECT_FALSE(error);
                     EXPECT_EQ(name_of(attempt.status), name_of(mix[kind].second))
                         << attempt.detail;
                     ++ended;
                   });
  }
  loop_.run();
  EXPECT_EQ(ended, kProbes);
  EXPECT_GT(servers.front()->most_at_once(), 1);
}

}  // namespace
}  // namespace mtasts::net
