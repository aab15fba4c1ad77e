// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Shared by the AsioSmtpProber tests: an authority, an observer that trusts it, scripts for the
// fake server, and a loop that runs one probe to its end. One thread; the fakes have their own.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "fakes/certificate_factory.h"
#include "fakes/smtp_server.h"
#include "net/smtp/asio_smtp_prober.h"
#include "protocol/smtp/deferral.h"

namespace mtasts::net {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using fakes::SmtpFault;
using fakes::SmtpMoment;
using fakes::SmtpScript;
using fakes::SmtpServer;
using fakes::SmtpTls;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using protocol::SmtpStep;
namespace asio = boost::asio;

inline constexpr const char* kHost = "mx.example";
inline constexpr auto kShort = 300ms;  // for tests that reach the limit
inline constexpr auto kPlenty = 20s;   // for tests that do not

class SmtpProberTest : public testing::Test {
 protected:
  // One authority and one observer for all tests: generating keys is slow.
  static void SetUpTestSuite() {
    authority_.emplace(fakes::CertificateAuthority::root());
    directory_.emplace();
    auto path = fakes::write_pem(directory_->path(), "ca.pem", authority_->certificate_pem());
    auto observer = TlsObserver::create(path.string(), system_now);
    ASSERT_TRUE(observer.ok());
    observer_ = *observer;
    identity_ = identity_for(kHost);
  }
  static void TearDownTestSuite() {
    observer_.reset();
    directory_.reset();
    authority_.reset();
  }

  static fakes::Identity identity_for(const std::string& name) {
    fakes::LeafOptions options;
    options.dns_names = {name};
    return authority_->issue(options);
  }

  static SmtpScript script() {
    SmtpScript made;
    made.identity = identity_;
    return made;
  }
  static SmtpScript faulty(SmtpFault fault, SmtpMoment moment) {
    SmtpScript made = script();
    made.fault = fault;
    made.fault_at = moment;
    return made;
  }

  static settings::SmtpSettings settings_for(uint16_t port, std::chrono::milliseconds timeout) {
    settings::SmtpSettings settings;
    settings.port = port;
    settings.timeout = timeout;
    settings.ehlo_name = "probe.example";
    return settings;
  }

  SmtpAttempt run(asio::awaitable<SmtpAttempt> operation) {
    std::optional<SmtpAttempt> result;
    asio::co_spawn(loop_, std::move(operation),
                   [&](const std::exception_ptr& error, const SmtpAttempt& attempt) {
                     EXPECT_FALSE(error);
                     result = attempt;
                   });
    loop_.restart();
    loop_.run();
    EXPECT_TRUE(result);
    return result.value_or(SmtpAttempt());
  }

  SmtpAttempt probe(uint16_t port, std::chrono::milliseconds timeout = kPlenty,
                    const char* address = "127.0.0.1") {
    AsioSmtpProber prober(loop_, observer_, settings_for(port, timeout));
    return run(prober.probe(kHost, *IpAddress::parse(address)));
  }
  SmtpAttempt probe(const SmtpScript& script, std::chrono::milliseconds timeout = kPlenty) {
    SmtpServer server(script);
    return probe(server.port(), timeout);
  }

  inline static std::optional<fakes::CertificateAuthority> authority_;
  inline static std::optional<fakes::TemporaryDirectory> directory_;
  inline static std::shared_ptr<TlsObserver> observer_;
  inline static fakes::Identity identity_;
  asio::io_context loop_;
};

}  // namespace mtasts::net
