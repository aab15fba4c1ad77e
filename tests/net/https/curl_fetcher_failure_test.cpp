// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "net/https/curl_fetcher.h"
#include "net/https/curl_fetcher_fixture.h"

namespace mtasts::net {
namespace {

using fakes::Behaviour;
using fakes::HttpsScript;
using fakes::HttpsServer;
using fakes::LeafOptions;
using fakes::policy_response;
using protocol::ChainFault;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(CurlFetcherTest, SlowDrip) {
  settings_.timeout = milliseconds(600);
  HttpsScript script = behaving(Behaviour::drip);
  script.response = policy_response(std::string(1000, 'x'));
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::response_timeout) << seen.detail;
  EXPECT_EQ(seen.detail, "the response did not complete within 600ms");
  EXPECT_GE(seen.total_time, milliseconds(600));
  EXPECT_LT(seen.total_time, milliseconds(5000));
  EXPECT_TRUE(seen.chain);
}

TEST_F(CurlFetcherTest, SilenceAfterTheHandshake) {
  settings_.timeout = milliseconds(600);
  HttpsAttempt seen = fetch(behaving(Behaviour::silent_after_handshake));
  EXPECT_EQ(seen.status, HttpsStatus::response_timeout) << seen.detail;
  EXPECT_EQ(seen.tls_version, "TLSv1.3");
  ASSERT_TRUE(seen.chain);
  EXPECT_TRUE(seen.chain->verified());
}

TEST_F(CurlFetcherTest, ErrorPageThatNeverEnds) {
  settings_.timeout = milliseconds(600);
  HttpsScript script = behaving(Behaviour::hold_open);
  script.response = "HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\nhalf";
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.http_status, 503);
}

TEST_F(CurlFetcherTest, SilenceAfterAccept) {
  settings_.timeout = milliseconds(300);
  HttpsAttempt seen = fetch(behaving(Behaviour::silent_after_accept));
  EXPECT_EQ(seen.status, HttpsStatus::tls_timeout) << seen.detail;
  EXPECT_EQ(seen.detail, "the TLS handshake did not complete within 300ms");
  EXPECT_FALSE(seen.chain);
}

TEST_F(CurlFetcherTest, ConnectTimeout) {
  // A listener whose queue is full drops further SYNs.
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener, generic, size), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  ASSERT_EQ(getsockname(listener, generic, &size), 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(fillers.back(), generic, size);
  }
  settings_.timeout = milliseconds(300);
  HttpsAttempt seen = fetch_port(ntohs(address.sin_port));
  EXPECT_EQ(seen.status, HttpsStatus::connect_timeout) << seen.detail;
  EXPECT_EQ(seen.detail, "no TCP connection within 300ms");
  for (int filler : fillers) close(filler);
  close(listener);
}

TEST_F(CurlFetcherTest, Refused) {
  uint16_t port = 0;
  { port = HttpsServer(good_, {}).port(); }
  HttpsAttempt seen = fetch_port(port);
  EXPECT_EQ(seen.status, HttpsStatus::refused);
  EXPECT_EQ(seen.detail, "Connection refused");
  EXPECT_FALSE(seen.chain);
}

TEST_F(CurlFetcherTest, Unreachable) {
  // The kernel rejects a TCP connection to the broadcast address; no packet is sent.
  CurlFetcher fetcher = make_fetcher(443);
  HttpsAttempt seen = finish(fetcher.fetch_policy(kHost, *IpAddress::parse("255.255.255.255")));
  EXPECT_EQ(seen.status, HttpsStatus::unreachable) << seen.detail;
  EXPECT_FALSE(seen.detail.empty());
}

struct BrokenCase {
  Behaviour behaviour;
  std::string words;
};

TEST_F(CurlFetcherTest, NoTls) {
  const BrokenCase cases[] = {
      {Behaviour::garbage, "does not speak TLS"},
      {Behaviour::plain_http, "does not speak TLS"},
      {Behaviour::close_in_handshake, "closed"},
      {Behaviour::reset_in_handshake, "Connection reset by peer"},
  };
  for (const BrokenCase& test : cases) {
    HttpsAttempt seen = fetch(behaving(test.behaviour));
    EXPECT_EQ(seen.status, HttpsStatus::tls_failed) << test.words;
    EXPECT_THAT(seen.detail, HasSubstr(test.words));
    EXPECT_EQ(seen.tls_version, "");
    EXPECT_FALSE(seen.chain);
    EXPECT_EQ(accepted_, 1) << "no second try";
  }
}

TEST_F(CurlFetcherTest, OldTls) {
  HttpsScript script = answering(policy_response(kBody));
  script.newest_version = TLS1_1_VERSION;
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::tls_version_old) << seen.detail;
  EXPECT_EQ(seen.tls_version, "TLSv1.1");
  EXPECT_THAT(seen.detail, HasSubstr("TLSv1.1"));
  EXPECT_EQ(accepted_, 2);
  ASSERT_TRUE(seen.chain);
  EXPECT_TRUE(seen.chain->verified()) << seen.chain->verify_error;
}

TEST_F(CurlFetcherTest, Tls12IsNotOld) {
  HttpsScript script = answering(policy_response(kBody));
  script.newest_version = TLS1_2_VERSION;
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.tls_version, "TLSv1.2");
  EXPECT_EQ(accepted_, 1);
}

TEST_F(CurlFetcherTest, ClientCertificateWanted) {
  for (int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    HttpsScript script = answering(policy_response(kBody));
    script.wants_client_certificate = true;
    script.newest_version = version;
    HttpsAttempt seen = fetch(script);
    EXPECT_EQ(seen.status, HttpsStatus::tls_failed) << seen.detail;
    EXPECT_THAT(seen.detail, HasSubstr("TLS alert"));
    EXPECT_TRUE(seen.chain) << "it came before the failure";
  }
}

TEST_F(CurlFetcherTest, BadCertificateIsEvidenceAndTheAnswerComes) {
  LeafOptions expired;
  expired.dns_names = {kHost};
  expired.validity = fakes::Validity{-std::chrono::hours(48), -std::chrono::hours(24)};
  HttpsAttempt seen = fetch(inner_.issue(expired), answering(policy_response(kBody)));
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.body, kBody);
  ASSERT_TRUE(seen.chain);
  EXPECT_THAT(seen.chain->faults, ElementsAre(ChainFault::expired));
}

TEST_F(CurlFetcherTest, NameOnlyInCommonName) {
  LeafOptions options;
  options.common_name = kHost;
  HttpsAttempt seen = fetch(inner_.issue(options), answering(policy_response(kBody)));
  ASSERT_TRUE(seen.chain);
  EXPECT_TRUE(seen.chain->name_only_in_cn);
  EXPECT_FALSE(seen.chain->verified());
}

TEST_F(CurlFetcherTest, HandshakeOnly) {
  HttpsServer server(good_, answering(policy_response(kBody)));
  CurlFetcher fetcher = make_fetcher(server.port());
  HttpsAttempt seen = finish(fetcher.shake_hands(kHost, loopback()));
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.http_status, 0);
  EXPECT_EQ(seen.tls_version, "TLSv1.3");
  EXPECT_TRUE(seen.chain);
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(CurlFetcherTest, HostsThatAreNoNames) {
  for (const char* host : {"", "a b", "a/b", "a@b", "a:1", "a\r\nX: y", "[::1]", "b\xC3\xBC"}) {
    CurlFetcher fetcher = make_fetcher(1);
    EXPECT_EQ(finish(fetcher.fetch_policy(host, loopback())).status, HttpsStatus::not_allowed)
        << host;
  }
}

}  // namespace
}  // namespace mtasts::net
