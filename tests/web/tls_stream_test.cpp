// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// WebConnection over TLS: a second WebStream, only in the tests, shows that the connection needs
// nothing but the interface from its transport.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <thread>

#include "fakes/certificate_factory.h"
#include "present/metrics_table.h"
#include "present/world.h"
#include "web/plain_stream.h"
#include "web/web_connection.h"
#include "web/web_site.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

class TlsStream : public WebStream {
 public:
  TlsStream(tcp::socket socket, ssl::context& context) : stream_(std::move(socket), context) {}

  asio::any_io_executor executor() override { return stream_.get_executor(); }
  IpAddress peer() const override {
    Error ignored;
    return address_of(stream_.next_layer().socket().remote_endpoint(ignored).address());
  }
  void expires_after(std::chrono::milliseconds time) override {
    stream_.next_layer().expires_after(time);
  }
  Awaitable<void> handshake(Error& error) override {
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await stream_.async_handshake(ssl::stream_base::server, token);
  }
  Awaitable<size_t> read_some(asio::mutable_buffer room, Error& error) override {
    auto token = asio::redirect_error(asio::use_awaitable, error);
    size_t length = co_await stream_.async_read_some(room, token);
    co_return length;
  }
  Awaitable<void> write(const std::vector<asio::const_buffer>& octets, Error& error) override {
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await asio::async_write(stream_, octets, token);
  }
  Awaitable<void> half_close(Error& error) override {
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await stream_.async_shutdown(token);
  }
  void close() override {
    Error ignored;
    stream_.next_layer().socket().close(ignored);
  }

 private:
  ssl::stream<boost::beast::tcp_stream> stream_;
};

// Serves one TLS connection after another on its own thread.
class TlsStreamTest : public testing::Test {
 protected:
  TlsStreamTest() {
    fakes::LeafOptions options;
    options.dns_names.push_back("agent.example");
    const fakes::Identity identity = fakes::self_signed(options);
    context_.use_certificate_chain(asio::buffer(identity.certificate_chain_pem));
    context_.use_private_key(asio::buffer(identity.private_key_pem), ssl::context::pem);
    present::world::fill(published_);
    asio::co_spawn(loop_, accept(), asio::detached);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~TlsStreamTest() override {
    loop_.stop();
    thread_.join();
    handle_->release();
  }

  asio::awaitable<void> accept() {
    while (true) {
      error_code error;
      auto token = asio::redirect_error(asio::use_awaitable, error);
      tcp::socket socket = co_await acceptor_.async_accept(token);
      auto stream = std::make_unique<TlsStream>(std::move(socket), context_);
      auto connection = std::make_shared<WebConnection>(std::move(stream), site_, limits_, handle_);
      co_await connection->run();
    }
  }

  // Everything received until the server closes the connection; `error` says how it closed.
  std::string exchange(const std::string& request, error_code& error) {
    asio::io_context own;
    ssl::context trusting(ssl::context::tls_client);
    ssl::stream<tcp::socket> client(own, trusting);
    client.next_layer().connect(acceptor_.local_endpoint());
    client.handshake(ssl::stream_base::client);
    asio::write(client, asio::buffer(request));
    std::string received;
    asio::read(client, asio::dynamic_buffer(received), error);
    error_code ignored;
    client.shutdown(ignored);
    return received;
  }

  present::world::Published published_;
  WebSite site_{published_.reports, published_.exposition, {}, {}};
  WebLimits limits_;
  ssl::context context_{ssl::context::tls_server};
  asio::io_context loop_{1};
  std::shared_ptr<LoopHandle> handle_ = std::make_shared<LoopHandle>(loop_);
  tcp::acceptor acceptor_{loop_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread_;
};

TEST_F(TlsStreamTest, CarriesRequestsAndResponses) {
  error_code error;
  const std::string received = exchange(
      "GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
      error);
  EXPECT_EQ(error, asio::error::eof) << error.message() << ": the end must be said, not cut";
  EXPECT_TRUE(received.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(received.find("mtasts_domain_info{domain=\"example.com\""), std::string::npos);
  EXPECT_NE(received.find("\r\n0\r\n\r\nHTTP/1.1 501 "), std::string::npos);
  EXPECT_TRUE(received.ends_with("Reloading over HTTP is disabled.\n"));
}

TEST_F(TlsStreamTest, RefusesBodiesAndHangsUp) {
  error_code error;
  const std::string received =
      exchange("POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", error);
  EXPECT_EQ(error, asio::error::eof) << error.message();
  EXPECT_TRUE(received.starts_with("HTTP/1.1 413 ")) << received;
}

TEST_F(TlsStreamTest, HangsUpOnWhatIsNoTls) {
  asio::io_context own;
  tcp::socket client(own);
  client.connect(acceptor_.local_endpoint());
  asio::write(client, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
  std::string received;
  error_code error;
  asio::read(client, asio::dynamic_buffer(received), error);
  EXPECT_EQ(received.find("HTTP/1.1"), std::string::npos);
  error = {};
  EXPECT_TRUE(exchange("GET /-/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", error)
                  .starts_with("HTTP/1.1 200 OK\r\n"))
      << "the next one is served";
}

}  // namespace
}  // namespace mtasts::web
