// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Client certificates, and what else a web configuration file says about TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>

#include "base/handle.h"
#include "fakes/certificate_factory.h"
#include "web/client_names.h"
#include "web/tls_context.h"
#include "web/web_fixture.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using settings::ClientCertificates;
using testing::HasSubstr;

fakes::LeafOptions client_named(const std::string& name) {
  fakes::LeafOptions options;
  options.dns_names.push_back(name);
  options.extended_key_usage = "clientAuth";
  return options;
}

class ClientCertificatesTest : public testing::Test {
 protected:
  ClientCertificatesTest() {
    fakes::LeafOptions server;
    server.dns_names.push_back("agent.example");
    const fakes::Identity own = fakes::self_signed(server);
    tls_.cert_file = fakes::write_pem(root_.path(), "tls.crt", own.certificate_chain_pem).string();
    tls_.key_file = fakes::write_pem(root_.path(), "tls.key", own.private_key_pem).string();
    tls_.client_ca_file =
        fakes::write_pem(root_.path(), "ca.crt", authority_.certificate_pem()).string();
    tls_.client_certificates = ClientCertificates::verified;
    present::world::fill(published_);
    site_ = std::make_unique<WebSite>(published_.reports, published_.exposition, WebActions{},
                                      settings::ProbeSettings{});
  }
  ~ClientCertificatesTest() override { server_.reset(); }

  void start() {
    auto context = TlsContext::open(tls_, "the web port");
    ASSERT_TRUE(context.ok()) << context.failure().detail;
    context_ = *context;
    auto started = WebServer::start({loopback()}, *site_, {}, "[web] listen", context_);
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    server_ = std::move(started.value());
  }

  // The status line, or empty when the server ended the connection.
  std::string ask(const fakes::Identity* identity = nullptr,
                  ssl::context::method method = ssl::context::tls_client,
                  const char* ciphers = nullptr) const {
    asio::io_context loop;
    ssl::context own(method);
    if (identity != nullptr) {
      own.use_certificate_chain(asio::buffer(identity->certificate_chain_pem));
      own.use_private_key(asio::buffer(identity->private_key_pem), ssl::context::pem);
    }
    if (ciphers != nullptr) SSL_CTX_set_cipher_list(own.native_handle(), ciphers);
    ssl::stream<tcp::socket> client(loop, own);
    client.next_layer().connect(
        tcp::endpoint(asio::ip::address_v4::loopback(), server_->endpoints().at(0).port));
    error_code error;
    client.handshake(ssl::stream_base::client, error);
    std::string received;
    if (error) return received;
    asio::write(client,
                asio::buffer(
                    std::string("GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
                error);
    asio::read(client, asio::dynamic_buffer(received), error);
    return received.substr(0, received.find("\r\n"));
  }
  // Over both versions: in TLS 1.3 the client learns of a refusal after its own handshake.
  bool served(const fakes::Identity* identity) const {
    const std::string old = ask(identity, ssl::context::tlsv12_client);
    const std::string fresh = ask(identity, ssl::context::tlsv13_client);
    EXPECT_EQ(old, fresh);
    return fresh == "HTTP/1.1 200 OK";
  }

  fakes::TemporaryDirectory root_;
  fakes::CertificateAuthority authority_ = fakes::CertificateAuthority::root();
  settings::WebTlsSettings tls_;
  present::world::Published published_;
  std::unique_ptr<WebSite> site_;
  std::shared_ptr<TlsContext> context_;
  std::unique_ptr<WebServer> server_;
};

TEST_F(ClientCertificatesTest, AreDemandedAndVerified) {
  start();
  EXPECT_FALSE(served(nullptr)) << "without a certificate";
  const auto valid = authority_.issue(client_named("prometheus.example"));
  EXPECT_TRUE(served(&valid));
  EXPECT_TRUE(served(&valid)) << "again";
  const auto foreign =
      fakes::CertificateAuthority::root().issue(client_named("prometheus.example"));
  EXPECT_FALSE(served(&foreign));
  const auto own = fakes::self_signed(client_named("prometheus.example"));
  EXPECT_FALSE(served(&own));
  auto options = client_named("prometheus.example");
  options.validity = {-std::chrono::hours(48), -std::chrono::hours(24)};
  const auto expired = authority_.issue(options);
  EXPECT_FALSE(served(&expired));
  options.validity = {std::chrono::hours(24), std::chrono::hours(48)};
  const auto early = authority_.issue(options);
  EXPECT_FALSE(served(&early));
  options = client_named("prometheus.example");
  options.extended_key_usage = "serverAuth";
  const auto server = authority_.issue(options);
  EXPECT_FALSE(served(&server)) << "a certificate of servers alone";
  options.extended_key_usage = "";
  const auto any_use = authority_.issue(options);
  EXPECT_TRUE(served(&any_use)) << "RFC 5280 §4.2.1.12: without the extension, for any purpose";
  const auto below = authority_.intermediate();
  const auto chained = below.issue(client_named("prometheus.example"));
  EXPECT_TRUE(served(&chained));
  options = client_named("prometheus.example");
  options.without_intermediates = true;
  const auto broken = below.issue(options);
  EXPECT_FALSE(served(&broken));
}

TEST_F(ClientCertificatesTest, MustHaveAnAllowedName) {
  tls_.client_allowed_sans = {"prometheus.example", "192.0.2.1"};
  start();
  const auto listed = authority_.issue(client_named("Prometheus.example"));
  EXPECT_TRUE(served(&listed));
  for (const char* name : {"other.example", "a.prometheus.example", "*.example"}) {
    const auto unlisted = authority_.issue(client_named(name));
    EXPECT_FALSE(served(&unlisted)) << name;
  }
  fakes::LeafOptions options = client_named("x");
  options.dns_names.clear();
  options.common_name = "prometheus.example";
  const auto common = authority_.issue(options);
  EXPECT_FALSE(served(&common)) << "a common name is no subject alternative name";
  options = client_named("other.example");
  options.dns_names.push_back("prometheus.example");
  const auto second = authority_.issue(options);
  EXPECT_TRUE(served(&second));
  options.dns_names = {std::string("prometheus.example\0.evil", 24)};
  const auto cut = authority_.issue(options);
  EXPECT_FALSE(served(&cut));
}

TEST_F(ClientCertificatesTest, OtherPoliciesOfAWebConfigurationFile) {
  tls_.client_certificates = ClientCertificates::verified_if_given;
  start();
  const auto valid = authority_.issue(client_named("a.example"));
  const auto own = fakes::self_signed(client_named("a.example"));
  EXPECT_TRUE(served(nullptr));
  EXPECT_TRUE(served(&valid));
  EXPECT_FALSE(served(&own));
  server_.reset();
  tls_.client_ca_file.clear();
  tls_.client_certificates = ClientCertificates::any;
  start();
  EXPECT_FALSE(served(nullptr));
  EXPECT_TRUE(served(&own));
  server_.reset();
  tls_.client_certificates = ClientCertificates::requested;
  start();
  EXPECT_TRUE(served(nullptr));
  EXPECT_TRUE(served(&own));
}

TEST_F(ClientCertificatesTest, VersionsSuitesAndInlinePem) {
  const auto content = [](const std::string& file) {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  tls_.cert = content(tls_.cert_file);
  tls_.key = content(tls_.key_file);
  tls_.client_ca = content(tls_.client_ca_file);
  tls_.cert_file = tls_.key_file = tls_.client_ca_file = "";
  tls_.tls13 = false;
  tls_.cipher_list = "ECDHE-ECDSA-AES256-GCM-SHA384";
  tls_.groups = "P-256";
  start();
  const auto valid = authority_.issue(client_named("a.example"));
  EXPECT_EQ(ask(&valid, ssl::context::tlsv13_client), "");
  EXPECT_EQ(ask(&valid, ssl::context::tlsv12_client), "HTTP/1.1 200 OK");
  EXPECT_EQ(ask(&valid, ssl::context::tlsv12_client, "ECDHE-ECDSA-AES128-GCM-SHA256"), "");
  server_.reset();
  tls_.tls13 = true;
  tls_.tls12 = false;
  start();
  EXPECT_EQ(ask(&valid, ssl::context::tlsv12_client), "");
  EXPECT_EQ(ask(&valid, ssl::context::tlsv13_client), "HTTP/1.1 200 OK");
}

TEST_F(ClientCertificatesTest, ANewAuthorityIsPickedUp) {
  start();
  const auto other = fakes::CertificateAuthority::root();
  const auto old = authority_.issue(client_named("a.example"));
  const auto fresh = other.issue(client_named("a.example"));
  EXPECT_TRUE(served(&old));
  EXPECT_FALSE(served(&fresh));
  fakes::write_pem(root_.path(), "ca.crt", "-----BEGIN CERTIFICATE-----\nbroken\n");
  ASSERT_TRUE(fakes::wait_until(
      "the broken file to be noticed",
      [&] {
        context_->current();
        return !context_->trouble().empty();
      },
      std::chrono::seconds(20)));
  EXPECT_THAT(context_->trouble(), HasSubstr("[web.tls] client_ca_file " + tls_.client_ca_file));
  EXPECT_TRUE(served(&old)) << "the old one is kept";
  fakes::write_pem(root_.path(), "ca.crt", other.certificate_pem());
  EXPECT_TRUE(fakes::wait_until(
      "the new authority", [&] { return ask(&fresh) == "HTTP/1.1 200 OK"; },
      std::chrono::seconds(20)));
  EXPECT_FALSE(served(&old));
}

TEST_F(ClientCertificatesTest, SettingsAreReplaced) {
  start();
  const auto one = authority_.issue(client_named("one.example"));
  EXPECT_TRUE(served(&one));
  tls_.client_allowed_sans = {"two.example"};
  auto fresh = TlsContext::open(tls_, "the web port");
  ASSERT_TRUE(fresh.ok());
  context_->become(**fresh);
  EXPECT_FALSE(served(&one));
}

TEST_F(ClientCertificatesTest, SaysWhatIsWrongWithFiles) {
  struct Case {
    std::string pem, error;
  };
  const Case cases[] = {{"", "cannot use [web.tls] client_ca_file "},
                        {"nothing here\n", "cannot use [web.tls] client_ca_file "},
                        {authority_.certificate_pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n",
                         "cannot use [web.tls] client_ca_file "}};
  for (const Case& c : cases) {
    fakes::write_pem(root_.path(), "ca.crt", c.pem);
    auto opened = TlsContext::open(tls_, "the web port");
    ASSERT_FALSE(opened.ok()) << c.pem;
    EXPECT_THAT(opened.failure().detail, HasSubstr(c.error));
  }
  tls_.client_ca_file += ".missing";
  auto opened = TlsContext::open(tls_, "the web port");
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.failure().detail, HasSubstr(tls_.client_ca_file));
}

// A certificate with these names, in the form of OpenSSL's configuration.
Handle<X509, X509_free> certificate_with(const char* names) {
  Handle<X509, X509_free> certificate(X509_new());
  const Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names));
  X509_add_ext(certificate.get(), extension.get(), -1);
  return certificate;
}

TEST(ClientNames, AreComparedExactly) {
  struct Case {
    const char *names, *listed;
    bool matches;
  };
  const Case cases[] = {
      {"DNS:a.example", "a.example", true},
      {"DNS:A.Example", "a.example", true},
      {"DNS:a.example", "a.example.", false},
      {"DNS:*.example", "a.example", false},
      {"email:ops@example.com", "ops@example.com", true},
      {"email:ops@example.com", "OPS@example.com", false},
      {"email:ops@example.com", "example.com", false},
      {"URI:spiffe://example.com/prometheus", "spiffe://example.com/prometheus", true},
      {"URI:spiffe://example.com/prometheus", "spiffe://example.com/", false},
      {"IP:192.0.2.1", "192.0.2.1", true},
      {"IP:192.0.2.1", "192.0.2.10", false},
      {"IP:2001:db8::1", "2001:db8:0:0:0:0:0:1", true},
      {"DNS:192.0.2.1", "192.0.2.1", true},
      {"RID:1.2.3.4", "1.2.3.4", false},
      {"DNS:x,IP:192.0.2.1", "192.0.2.1", true},
  };
  for (const Case& c : cases)
    EXPECT_EQ(has_name_of(certificate_with(c.names).get(), {"else.example", c.listed}), c.matches)
        << c.names << " " << c.listed;
  const Handle<X509, X509_free> without(X509_new());
  EXPECT_FALSE(has_name_of(without.get(), {"a"}));
  EXPECT_FALSE(has_name_of(nullptr, {"a"}));
}

}  // namespace
}  // namespace mtasts::web
