// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Shared by the CurlFetcher tests: authorities, an observer that trusts them, and a loop that runs
// one operation to its end.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "fakes/certificate_factory.h"
#include "fakes/https_server.h"
#include "net/https/curl_fetcher.h"

namespace mtasts::net {

inline constexpr const char* kHost = "mta-sts.example.com";
inline constexpr const char* kBody = "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n";

inline IpAddress loopback() { return *IpAddress::parse("127.0.0.1"); }

inline fakes::HttpsScript answering(std::string response) {
  fakes::HttpsScript script;
  script.response = std::move(response);
  return script;
}

inline fakes::HttpsScript behaving(fakes::Behaviour behaviour) {
  fakes::HttpsScript script;
  script.behaviour = behaviour;
  return script;
}

class CurlFetcherTest : public testing::Test {
 protected:
  CurlFetcherTest()
      : root_(fakes::CertificateAuthority::root()),
        inner_(root_.intermediate()),
        good_(identity_for(kHost)) {
    auto file = fakes::write_pem(directory_.path(), "roots.pem", root_.certificate_pem());
    observer_ = *TlsObserver::create(file.string(), system_now);
    settings_.timeout = std::chrono::seconds(20);
  }

  fakes::Identity identity_for(const std::string& name) const {
    fakes::LeafOptions options;
    options.dns_names = {name};
    return inner_.issue(options);
  }

  CurlFetcher make_fetcher(uint16_t port) {
    settings_.port = port;
    return CurlFetcher(loop_.get_executor(), observer_, settings_, "mtasts-exporter/1.2.3");
  }
  std::unique_ptr<CurlFetcher> make_fetcher_pointer(uint16_t port) {
    settings_.port = port;
    return std::make_unique<CurlFetcher>(loop_.get_executor(), observer_, settings_);
  }

  // Runs the loop until the operation has ended.
  protocol::HttpsAttempt finish(boost::asio::awaitable<protocol::HttpsAttempt> operation) {
    std::optional<protocol::HttpsAttempt> result;
    boost::asio::co_spawn(loop_, std::move(operation),
                          [&](std::exception_ptr error, protocol::HttpsAttempt attempt) {
                            EXPECT_FALSE(error);
                            result = std::move(attempt);
                          });
    loop_.restart();
    loop_.run();
    EXPECT_TRUE(result.has_value());
    return result.value_or(protocol::HttpsAttempt{});
  }

  protocol::HttpsAttempt fetch_port(uint16_t port, const std::string& host = kHost) {
    CurlFetcher fetcher = make_fetcher(port);
    return finish(fetcher.fetch_policy(host, loopback()));
  }

  protocol::HttpsAttempt fetch(const fakes::Identity& identity, fakes::HttpsScript script) {
    fakes::HttpsServer server(identity, std::move(script));
    protocol::HttpsAttempt attempt = fetch_port(server.port());
    requests_ = server.requests();
    accepted_ = server.accepted();
    return attempt;
  }
  protocol::HttpsAttempt fetch(fakes::HttpsScript script) {
    return fetch(good_, std::move(script));
  }

  boost::asio::io_context loop_;
  fakes::TemporaryDirectory directory_;
  fakes::CertificateAuthority root_;
  fakes::CertificateAuthority inner_;
  fakes::Identity good_;
  std::shared_ptr<TlsObserver> observer_;
  settings::HttpsSettings settings_;
  std::vector<fakes::SeenRequest> requests_;
  int accepted_ = 0;
};

}  // namespace mtasts::net
