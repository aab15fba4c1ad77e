// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// WebServer with TLS: protocols, certificates that change, what comes instead of a handshake.

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/handle.h"
#include "fakes/certificate_factory.h"
#include "web/report_endpoint.h"
#include "web/tls_context.h"
#include "web/web_fixture.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

fakes::Identity identity_of(const std::string& name) {
  fakes::LeafOptions options;
  options.dns_names.push_back(name);
  return fakes::self_signed(options);
}

class TlsServerTest : public testing::Test {
 protected:
  TlsServerTest() {
    std::string name = (fs::temp_directory_path() / "tls-server-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    cert_ = (root_ / "tls.crt").string();
    key_ = (root_ / "tls.key").string();
    write(identity_of("first.example"));
  }
  ~TlsServerTest() override {
    server_.reset();
    fs::remove_all(root_);
  }

  // Replaced, as a renewal does.
  void replace(const std::string& file, const std::string& text) const {
    std::ofstream(file + ".new", std::ios::binary) << text;
    fs::rename(file + ".new", file);
  }
  void write(const fakes::Identity& identity) const {
    replace(cert_, identity.certificate_chain_pem);
    replace(key_, identity.private_key_pem);
  }

  void start(WebLimits limits = report_web_limits()) {
    auto tls = TlsContext::open(cert_, key_);
    ASSERT_TRUE(tls.ok()) << tls.failure().detail;
    tls_ = *tls;
    auto started =
        WebServer::start({loopback()}, endpoint_, limits, "[reports.https] listen", tls_);
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    server_ = std::move(started.value());
    port_ = server_->endpoints().at(0).port;
  }

  struct Outcome {
    std::string received;
    error_code handshake;
    error_code end;
    std::string subject;
    std::string alpn;
  };
  Outcome exchange(const std::string& request, ssl::context::method method,
                   const std::string& alpn = "") const {
    Outcome outcome;
    asio::io_context loop;
    ssl::context trusting(method);
    ssl::stream<tcp::socket> client(loop, trusting);
    client.next_layer().connect(tcp::endpoint(asio::ip::address_v4::loopback(), port_));
    SSL* native = client.native_handle();
    if (!alpn.empty())
      SSL_set_alpn_protos(native, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
    client.handshake(ssl::stream_base::client, outcome.handshake);
    if (outcome.handshake) return outcome;
    const unsigned char* chosen = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(native, &chosen, &length);
    outcome.alpn.assign(reinterpret_cast<const char*>(chosen), length);
    const Handle<X509, X509_free> certificate(SSL_get1_peer_certificate(native));
    if (X509_check_host(certificate.get(), "first.example", 0, 0, nullptr) == 1)
      outcome.subject = "first.example";
    if (X509_check_host(certificate.get(), "second.example", 0, 0, nullptr) == 1)
      outcome.subject = "second.example";
    error_code ignored;
    asio::write(client, asio::buffer(request), ignored);
    asio::read(client, asio::dynamic_buffer(outcome.received), outcome.end);
    return outcome;
  }

  fs::path root_;
  std::string cert_;
  std::string key_;
  std::atomic<SubmissionOutcome> outcome_ = SubmissionOutcome::kept;
  ReportEndpoint endpoint_{
      [this](const std::string&, const Submission&) { return outcome_.load(); }, "/tlsrpt", ""};
  std::shared_ptr<TlsContext> tls_;
  std::unique_ptr<WebServer> server_;
  uint16_t port_ = 0;
};

const std::string kPost =
    "POST /tlsrpt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";

TEST_F(TlsServerTest, TakesReports) {
  start();
  for (auto method : {ssl::context::tlsv12_client, ssl::context::tlsv13_client}) {
    const Outcome outcome = exchange(kPost, method);
    EXPECT_TRUE(outcome.received.starts_with("HTTP/1.1 201 ")) << outcome.handshake.message();
    EXPECT_EQ(outcome.end, asio::error::eof) << "the end is said, not cut";
  }
  EXPECT_TRUE(exchange(kPost, ssl::context::tlsv11_client).handshake.failed());
}

TEST_F(TlsServerTest, AnswersIncompletely) {
  start();
  outcome_ = SubmissionOutcome::failed;
  const Outcome outcome = exchange(kPost, ssl::context::tls_client);
  EXPECT_TRUE(outcome.received.starts_with("HTTP/1.1 503 ")) << outcome.received;
  EXPECT_EQ(outcome.end, asio::error::eof);
  const size_t body = outcome.received.size() - outcome.received.find("\r\n\r\n") - 4;
  EXPECT_EQ(outcome.received.find("Content-Length: " + std::to_string(body) + "\r\n"),
            std::string::npos);
}

// The answer arrives although the client is still sending.
TEST_F(TlsServerTest, RefusesALargeBody) {
  start();
  const Outcome outcome =
      exchange("POST /tlsrpt HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n" +
                   std::string(100000, 'x'),
               ssl::context::tls_client);
  EXPECT_TRUE(outcome.received.starts_with("HTTP/1.1 413 ")) << outcome.end.message();
}

TEST_F(TlsServerTest, NegotiatesHttp11) {
  start();
  EXPECT_EQ(exchange(kPost, ssl::context::tls_client, "\x02h2\x08http/1.1").alpn, "http/1.1");
  EXPECT_EQ(exchange(kPost, ssl::context::tls_client).alpn, "");
  EXPECT_EQ(exchange(kPost, ssl::context::tls_client, "\x08http/1.0").alpn, "http/1.0");
  EXPECT_TRUE(exchange(kPost, ssl::context::tls_client, "\x02h2").handshake.failed())
      << "the client insists on h2, and can try again";
}

TEST_F(TlsServerTest, PicksUpANewCertificate) {
  start();
  const Time first = tls_->not_after();
  EXPECT_GT(first, system_now());
  EXPECT_LE(tls_->not_before(), system_now());
  EXPECT_EQ(exchange(kPost, ssl::context::tls_client).subject, "first.example");
  replace(cert_, "-----BEGIN CERTIFICATE-----\nbroken\n");
  std::string trouble;
  EXPECT_TRUE(fakes::wait_until(
      "the broken file to be noticed",
      [&] {
        tls_->not_after();
        return !tls_->trouble().empty();
      },
      std::chrono::seconds(10)));
  EXPECT_NE(tls_->trouble().find(cert_), std::string::npos) << tls_->trouble();
  EXPECT_EQ(exchange(kPost, ssl::context::tls_client).subject, "first.example")
      << "the old one is kept";
  EXPECT_EQ(tls_->not_after(), first);
  write(identity_of("second.example"));
  EXPECT_TRUE(fakes::wait_until(
      "the new certificate",
      [&] { return exchange(kPost, ssl::context::tls_client).subject == "second.example"; },
      std::chrono::seconds(20)));
  EXPECT_EQ(tls_->trouble(), "");
}

TEST_F(TlsServerTest, SaysWhatIsWrongWithFiles) {
  const fakes::Identity other = identity_of("other.example");
  replace(key_, other.private_key_pem);
  auto tls = TlsContext::open(cert_, key_);
  ASSERT_FALSE(tls.ok());
  EXPECT_NE(tls.failure().detail.find(key_), std::string::npos) << tls.failure().detail;
  tls = TlsContext::open(cert_ + ".missing", key_);
  ASSERT_FALSE(tls.ok());
  EXPECT_NE(tls.failure().detail.find("cert_file " + cert_ + ".missing"), std::string::npos)
      << tls.failure().detail;
}

TEST_F(TlsServerTest, EndsHandshakesThatDoNotCome) {
  WebLimits limits = report_web_limits();
  limits.handshake = std::chrono::milliseconds(200);
  start(limits);
  HttpClient silent(port_);
  EXPECT_TRUE(silent.at_end());
  HttpClient plain(port_);
  plain.send(kPost);
  EXPECT_NE(plain.read_reply().status, 201);
  EXPECT_TRUE(exchange(kPost, ssl::context::tls_client).received.starts_with("HTTP/1.1 201 "));
}

TEST_F(TlsServerTest, CurlDelivers) {
  start();
  const std::string url = " https://127.0.0.1:" + std::to_string(port_) + "/tlsrpt";
  for (const char* options : {"", " --http2", " -H 'Expect: 100-continue'", " --http1.0"})
    EXPECT_EQ(
        std::system(("curl -ksf -o /dev/null --max-time 20 -d report" + std::string(options) + url)
                        .c_str()),
        0)
        << options;
  outcome_ = SubmissionOutcome::full;
  const int status = std::system(("curl -ks -o /dev/null --max-time 20 -d x" + url).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 18) << "a partial file, in curl's words";
}

}  // namespace
}  // namespace mtasts::web
