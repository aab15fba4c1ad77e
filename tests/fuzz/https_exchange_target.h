// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of a fetch that hold for whatever a policy host sends after the handshake; see
// grammar_targets.h. The octets go through TLS and libcurl, so an input takes a millisecond.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fakes/certificate_factory.h"
#include "fakes/https_server.h"
#include "fuzz/promises.h"
#include "net/https/curl_fetcher.h"
#include "net/https/head_limit.h"

namespace mtasts::fuzz {

// A policy host and a fetcher; both are replaced now and then, because the host remembers requests.
class PolicyHostUnderTest {
 public:
  PolicyHostUnderTest() : root_(fakes::CertificateAuthority::root()) {
    const auto file = fakes::write_pem(directory_.path(), "root.pem", root_.certificate_pem());
    observer_ = *net::TlsObserver::create(file.string(), system_now);
    fakes::LeafOptions options;
    options.dns_names.emplace_back("mta-sts.example.com");
    identity_ = root_.issue(options);
  }

  std::optional<protocol::HttpsAttempt> fetch(std::string_view response) {
    constexpr int kMostFetches = 500;
    if (fetches_++ % kMostFetches == 0) start();
    fakes::HttpsScript script;
    script.response = response;
    server_->set_script(std::move(script));
    std::optional<protocol::HttpsAttempt> result;
    auto keep = [&](std::exception_ptr, protocol::HttpsAttempt attempt) {
      result = std::move(attempt);
    };
    const IpAddress address = *IpAddress::parse("127.0.0.1");
    boost::asio::co_spawn(loop_, fetcher_->fetch_policy("mta-sts.example.com", address), keep);
    loop_.restart();
    loop_.run();
    return result;
  }

 private:
  void start() {
    fetcher_.reset();
    server_ = std::make_unique<fakes::HttpsServer>(identity_, fakes::HttpsScript());
    settings::HttpsSettings settings;
    settings.timeout = std::chrono::seconds(10);
    settings.port = server_->port();
    fetcher_ = std::make_unique<net::CurlFetcher>(loop_.get_executor(), observer_, settings);
  }

  boost::asio::io_context loop_;
  fakes::TemporaryDirectory directory_;
  fakes::CertificateAuthority root_;
  std::shared_ptr<net::TlsObserver> observer_;
  fakes::Identity identity_;
  std::unique_ptr<fakes::HttpsServer> server_;
  std::unique_ptr<net::CurlFetcher> fetcher_;
  int fetches_ = 0;
};

inline std::string broken_https_exchange_promise(std::string_view response) {
  using protocol::HttpsStatus;
  static PolicyHostUnderTest host;
  const auto attempt = host.fetch(response);
  Promises promises;
  promises.keep(attempt.has_value(), "a fetch without a result");
  if (!attempt) return promises.broken();
  promises.keep(attempt->chain != nullptr && attempt->chain->verified(), "a chain not verified");
  promises.keep(
      attempt->status == HttpsStatus::responded || attempt->status == HttpsStatus::malformed ||
          attempt->status == HttpsStatus::truncated || attempt->status == HttpsStatus::too_large,
      "a status that the response does not explain");
  promises.keep(attempt->status == HttpsStatus::responded || is_showable(attempt->detail),
                "a failure without a detail fit to show");
  promises.keep(attempt->status != HttpsStatus::responded || attempt->http_status >= 100,
                "a response without a status");
  promises.keep(attempt->http_status >= 0 && attempt->http_status <= 999, "a status out of range");
  promises.keep(attempt->body.size() <= protocol::kPolicyLimit_bytes &&
                    attempt->excess.size() <= protocol::kPolicyLimit_bytes,
                "a body over the limit");
  promises.keep(attempt->fields.size() <= net::HttpHeadLimit::kMostLines, "more fields than lines");
  for (const protocol::HttpField& field : attempt->fields)
    promises.keep(field.value.find_first_of("\r\n") == std::string::npos, "a line end in a field");
  return promises.broken();
}

}  // namespace mtasts::fuzz
