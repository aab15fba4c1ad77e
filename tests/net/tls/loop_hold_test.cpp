// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors
//
// No peer keeps the loop inside one handler, whatever it sends: policy hosts and MX hosts that
// flood, with costly numbers and with absurd chains.

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <optional>

#include "base/time.h"
#include "fakes/certificate_factory.h"
#include "fakes/handler_time.h"
#include "fakes/hostile_tls.h"
#include "fakes/raw_server.h"
#include "net/https/curl_fetcher.h"
#include "net/smtp/asio_smtp_prober.h"

namespace mtasts::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What the agent promises; none of these takes 30 ms on a quiet machine. Sanitizers make everything
// several times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr milliseconds kLongest{400};
#else
constexpr milliseconds kLongest{100};
#endif
constexpr int kMessages = 20'000;
constexpr size_t kFlood_bytes = 16 * 1024 * 1024;

// Ends a fetch; an MX host is not heard after its handshake.
void answer(SSL* ssl) {
  const std::string_view response = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  SSL_write(ssl, response.data(), static_cast<int>(response.size()));
}

class LoopHold : public testing::Test {
 protected:
  LoopHold()
      : root_(fakes::CertificateAuthority::root()),
        inner_(root_.intermediate()),
        identity_(issue("host.example")) {
    forget();
  }

  // An observer that has not verified anything yet.
  void forget() {
    auto file = fakes::write_pem(directory_.path(), "roots.pem", root_.certificate_pem());
    observer_ = *TlsObserver::create(file.string(), system_now);
  }

  fakes::Identity issue(const std::string& name,
                        fakes::KeyType key = fakes::KeyType::ec_p256) const {
    fakes::LeafOptions options;
    options.key = key;
    options.dns_names = {name};
    return inner_.issue(options);
  }

  // The longest handler while a policy is fetched from a server that does this after accepting.
  milliseconds fetch(const fakes::RawServer::Serve& serve, milliseconds timeout = seconds(30)) {
    fakes::RawServer server(serve);
    settings::HttpsSettings settings;
    settings.port = server.port();
    settings.timeout = timeout;
    CurlFetcher fetcher(loop_.get_executor(), observer_, settings);
    https_.reset();
    boost::asio::co_spawn(loop_, fetcher.fetch_policy("host.example", loopback_),
                          [this](const std::exception_ptr&, protocol::HttpsAttempt attempt) {
                            https_ = std::move(attempt);
                          });
    return fakes::longest_handler(loop_, [&] { return https_.has_value(); });
  }

  // The same for an MX host, which does this after STARTTLS.
  milliseconds probe(const fakes::RawServer::Serve& serve, milliseconds timeout = seconds(30)) {
    fakes::RawServer server([&](int socket) {
      if (fakes::speak_until_starttls(socket)) serve(socket);
    });
    settings::SmtpSettings settings;
    settings.port = server.port();
    settings.timeout = timeout;
    settings.ehlo_name = "probe.example";
    AsioSmtpProber prober(loop_, observer_, settings);
    smtp_.reset();
    boost::asio::co_spawn(loop_, prober.probe("host.example", loopback_),
                          [this](const std::exception_ptr&, protocol::SmtpAttempt attempt) {
                            smtp_ = std::move(attempt);
                          });
    return fakes::longest_handler(loop_, [&] { return smtp_.has_value(); });
  }

  void expect_no_hold(const fakes::RawServer::Serve& serve, milliseconds timeout = seconds(30)) {
    const milliseconds https = fetch(serve, timeout);
    EXPECT_LE(https, kLongest) << "HTTPS";
    ASSERT_TRUE(https_.has_value());
    forget();
    const milliseconds smtp = probe(serve, timeout);
    EXPECT_LE(smtp, kLongest) << "SMTP";
    ASSERT_TRUE(smtp_.has_value());
    RecordProperty("https_ms", static_cast<int>(https.count()));
    RecordProperty("smtp_ms", static_cast<int>(smtp.count()));
    std::printf("  longest handler: HTTPS %d ms, SMTP %d ms; HTTPS %s (%s), SMTP %s (%s)\n",
                static_cast<int>(https.count()), static_cast<int>(smtp.count()),
                std::string(protocol::name_of(https_->status)).c_str(), https_->detail.c_str(),
                std::string(protocol::name_of(smtp_->status)).c_str(), smtp_->detail.c_str());
  }

  boost::asio::io_context loop_;
  fakes::TemporaryDirectory directory_;
  fakes::CertificateAuthority root_;
  fakes::CertificateAuthority inner_;
  fakes::Identity identity_;
  IpAddress loopback_ = *IpAddress::parse("127.0.0.1");
  std::shared_ptr<TlsObserver> observer_;
  // Beyond a limit nothing has been observed; a sender may well succeed.
  void expect_unobserved(TlsLimit limit) {
    EXPECT_EQ(https_->status, protocol::HttpsStatus::cancelled);
    EXPECT_EQ(https_->detail, words_of(limit));
    EXPECT_EQ(smtp_->status, protocol::SmtpStatus::cancelled);
    EXPECT_EQ(smtp_->detail, words_of(limit));
  }
  void expect_observed() {
    EXPECT_EQ(https_->status, protocol::HttpsStatus::responded);
    EXPECT_EQ(smtp_->status, protocol::SmtpStatus::ok);
  }

  std::optional<protocol::HttpsAttempt> https_;
  std::optional<protocol::SmtpAttempt> smtp_;
};

TEST_F(LoopHold, SessionTicketsWithoutEnd) {
  const fakes::ServerContext context = fakes::tls_server(identity_, TLS1_3_VERSION);
  expect_no_hold(
      [&](int socket) {
        fakes::flood_after_handshake(socket, context.get(), [](SSL* ssl) {
          for (int i = 0; i < kMessages; ++i) {
            SSL_new_session_ticket(ssl);
            SSL_do_handshake(ssl);
          }
          answer(ssl);
        });
      },
      seconds(30));
}

TEST_F(LoopHold, KeyUpdatesWithoutEnd) {
  const fakes::ServerContext context = fakes::tls_server(identity_, TLS1_3_VERSION);
  expect_no_hold(
      [&](int socket) {
        fakes::flood_after_handshake(socket, context.get(), [](SSL* ssl) {
          for (int i = 0; i < kMessages; ++i) {
            SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
            SSL_do_handshake(ssl);
          }
          answer(ssl);
        });
      },
      seconds(30));
}

TEST_F(LoopHold, HelloRequestsInPlaceOfAServerHello) {
  const std::string flood = fakes::hello_requests(kFlood_bytes);
  expect_no_hold([&](int socket) {
    if (!fakes::receive_some(socket).empty()) fakes::send_all(socket, flood);
  });
}

TEST_F(LoopHold, AKeyExchangeOverAHugeGroup) {
  const fakes::Identity rsa = issue("host.example", fakes::KeyType::rsa_2048);
  for (int bits : {2048, 4096, 8192, 10000}) {
    const fakes::ServerContext context = fakes::tls_server(rsa, TLS1_2_VERSION);
    fakes::use_large_group(context.get(), bits);
    expect_no_hold(
        [&](int socket) { fakes::flood_after_handshake(socket, context.get(), answer); });
    bits <= kLargestGroup_bits ? expect_observed() : expect_unobserved(TlsLimit::group);
  }
}

// OpenSSL checks those of its list at length.
TEST_F(LoopHold, AKeyExchangeOverAKnownGroup) {
  const fakes::Identity rsa = issue("host.example", fakes::KeyType::rsa_2048);
  for (const char* group : {"ffdhe2048", "ffdhe4096", "ffdhe8192", "modp_8192"}) {
    const fakes::ServerContext context = fakes::tls_server(rsa, TLS1_2_VERSION);
    fakes::use_known_group(context.get(), group);
    expect_no_hold(
        [&](int socket) { fakes::flood_after_handshake(socket, context.get(), answer); });
    std::string_view(group).ends_with("8192") ? expect_unobserved(TlsLimit::group)
                                              : expect_observed();
  }
}

TEST_F(LoopHold, AListOfHundredsOfCertificates) {
  using fakes::ListedKey;
  for (const ListedKey key : {ListedKey::p256, ListedKey::ed25519, ListedKey::explicit_curve}) {
    const fakes::ServerContext context = fakes::tls_server(identity_, TLS1_3_VERSION);
    for (const long size : {30'000, 100'000}) {
      fakes::use_long_list(context.get(), key, static_cast<size_t>(size));
      expect_no_hold(
          [&](int socket) { fakes::flood_after_handshake(socket, context.get(), answer); });
      size < kLongestCertificateList_bytes ? expect_observed()
                                           : expect_unobserved(TlsLimit::certificate_list);
    }
  }
}

TEST_F(LoopHold, AChainOfHugeKeys) {
  for (int bits : {3072, 16384}) {
    const fakes::ServerContext context = fakes::tls_server(identity_, TLS1_3_VERSION);
    fakes::use_large_keys(context.get(), bits, 7);
    expect_no_hold(
        [&](int socket) { fakes::flood_after_handshake(socket, context.get(), answer); });
    expect_unobserved(TlsLimit::verification);
  }
}

TEST_F(LoopHold, AChainOfManyNameConstraints) {
  for (int names : {1000, 2000}) {
    const fakes::ServerContext context = fakes::tls_server(identity_, TLS1_3_VERSION);
    fakes::use_many_constraints(context.get(), names, 100, 8);
    expect_no_hold(
        [&](int socket) { fakes::flood_after_handshake(socket, context.get(), answer); });
    expect_unobserved(TlsLimit::verification);
  }
}

TEST_F(LoopHold, AHeadOfManyLinesAndABodyOfManyChunks) {
  const fakes::ServerContext context = fakes::tls_server(identity_, TLS1_3_VERSION);
  for (const std::string& repeated :
       {std::string("A: b\r\n"), std::string("HTTP/1.1 103 x\r\n\r\n"),
        std::string("\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\na\r\n")}) {
    std::string response = "HTTP/1.1 200 OK\r\n";
    while (response.size() < kFlood_bytes / 4) response += repeated;
    const milliseconds longest = fetch([&](int socket) {
      fakes::flood_after_handshake(socket, context.get(), [&](SSL* ssl) {
        SSL_write(ssl, response.data(), static_cast<int>(response.size()));
      });
    });
    std::printf("  longest handler: %d ms, %s\n", static_cast<int>(longest.count()),
                https_->detail.c_str());
    EXPECT_LE(longest, kLongest) << repeated;
  }
}

}  // namespace
}  // namespace mtasts::net
