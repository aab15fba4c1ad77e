// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PolicyHost behind a real WebServer: which requests get which policy, hostile ones, bounds, and
// tables that change under load.

#include "web/policy_host.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "fakes/wait_until.h"
#include "web/http_client.h"
#include "web/web_fixture.h"
#include "web/web_server.h"

namespace mtasts::web {
namespace {

using present::PolicyReader;
using present::PolicyRejection;
using std::chrono::milliseconds;

const std::string kPath = "/.well-known/mta-sts.txt";

std::string body_of(const std::string& mx) {
  return "version: STSv1\r\nmode: testing\r\nmx: " + mx + "\r\nmax_age: 604800\r\n";
}

verdict::HostedPolicyPtr policy(const std::string& body, const std::string& id) {
  return std::make_shared<const verdict::HostedPolicy>(verdict::HostedPolicy{body, id, kNever});
}

class PolicyHostTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto shared = policy(body_of("mx1.example.com"), "1");
    host_.serve({{"example.com", shared},
                 {"example.net", shared},
                 {"xn--bcher-kva.example", policy(body_of("mx.example"), "2")}});
  }
  void TearDown() override { server_.reset(); }

  void start(const WebLimits& limits = policy_web_limits()) {
    auto started = WebServer::start({loopback()}, host_, limits, "[policy_host] listen");
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    server_ = std::move(started.value());
    port_ = server_->endpoints().at(0).port;
  }

  // The reply to these octets on a connection of its own.
  Reply ask(const std::string& octets, bool head = false) const {
    HttpClient client(port_);
    client.send(octets);
    return client.read_reply(head);
  }
  Reply get(const std::string& host, const std::string& target = kPath,
            const std::string& method = "GET") const {
    return ask(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n", method == "HEAD");
  }

  uint64_t served(PolicyReader reader) const {
    return host_.counts().served.at(static_cast<size_t>(reader));
  }
  uint64_t rejected(PolicyRejection reason) const {
    return host_.counts().rejected.at(static_cast<size_t>(reason));
  }

  PolicyHost host_;
  std::unique_ptr<WebServer> server_;
  uint16_t port_ = 0;
};

TEST_F(PolicyHostTest, ServesTheExactOctets) {
  start();
  const Reply reply = get("mta-sts.example.com");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, body_of("mx1.example.com"));
  EXPECT_EQ(reply.headers.at("content-type"), "text/plain");
  EXPECT_EQ(reply.headers.at("cache-control"), "no-store");
  EXPECT_EQ(reply.headers.at("content-length"), std::to_string(reply.body.size()));
  EXPECT_EQ(reply.headers.at("date").size(), std::string("Sat, 28 Nov 2026 10:00:00 GMT").size());
  EXPECT_EQ(reply.headers.size(), 4u) << "nothing else is said";
  EXPECT_EQ(get("mta-sts.xn--bcher-kva.example").body, body_of("mx.example"));
}

TEST_F(PolicyHostTest, HeadHasTheFieldsAlone) {
  start();
  HttpClient client(port_);
  client.send("HEAD " + kPath + " HTTP/1.1\r\nHost: mta-sts.example.com\r\n\r\n");
  const Reply head = client.read_reply(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), std::to_string(body_of("mx1.example.com").size()));
  client.send("GET " + kPath + " HTTP/1.1\r\nHost: mta-sts.example.com\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, body_of("mx1.example.com")) << "no octet of a body before";
}

struct Case {
  const char* octets;  // up to the end of the header
  int status;
  const char* why;
};

TEST_F(PolicyHostTest, WhichRequestsGetThePolicy) {
  start();
  const Case kCases[] = {
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: MTA-STS.Example.COM", 200, "any case"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com:443", 200, "a port"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com:", 200, "an empty port"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com.", 200, "a final dot"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com.:8443", 200, "both"},
      {"GET /.well-known/mta-sts.txt?x=1 HTTP/1.1\r\nHost: mta-sts.example.com", 200, "a query"},
      {"GET http://mta-sts.example.com/.well-known/mta-sts.txt HTTP/1.1\r\nHost: other", 200,
       "RFC 9112 §3.2.2: the absolute form counts, not Host"},
      {"GET HTTPS://MTA-STS.example.com:443/.well-known/mta-sts.txt HTTP/1.1\r\nHost: x", 200,
       "the same"},
      {"GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: mta-sts.example.com", 200, "HTTP/1.0"},
      {"GET http://mta-sts.example.com/.well-known/mta-sts.txt HTTP/1.0", 200, "without Host"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com\r\nContent-Length: 0",
       200, "no body"},
      {"GET /.well-known/mta-sts.txt HTTP/1.0", 404, "HTTP/1.0 without Host names no domain"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost:", 404, "an empty Host"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: example.com", 404, "not the policy host"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.other.example", 404, "not hosted"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: a.mta-sts.example.com", 404, "a subdomain"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com..", 404, "two dots"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: 127.0.0.1", 404, "an address"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: [::1]:80", 404, "an IPv6 address"},
      {"GET http://other.example/.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com",
       404, "the absolute form counts"},
      {"GET ftp://mta-sts.example.com/.well-known/mta-sts.txt HTTP/1.1\r\nHost: "
       "mta-sts.example.com",
       404, "another scheme"},
      {"GET / HTTP/1.1\r\nHost: mta-sts.example.com", 404, "another path"},
      {"GET /.well-known/mta-sts.txt/ HTTP/1.1\r\nHost: mta-sts.example.com", 404, "a slash"},
      {"GET //.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com", 404, "two slashes"},
      {"GET /.Well-Known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com", 404, "case counts"},
      {"GET /%2Ewell-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com", 404,
       "compared as sent"},
      {"GET /a/../.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com", 404, "the same"},
      {"GET /.well-known/mta-sts.txt#x HTTP/1.1\r\nHost: mta-sts.example.com", 404, "a fragment"},
      {"GET .well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com", 404, "no slash"},
      {"OPTIONS * HTTP/1.1\r\nHost: mta-sts.example.com", 404, "no path"},
      {"POST /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com\r\nContent-Length: 0",
       405, "a method"},
      {"DELETE /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com", 405, "a method"},
      {"PURGE /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com", 405, "unknown"},
      {"get /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com", 405, "case counts"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nX: y", 400, "RFC 9112 §3.2: no Host"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com\r\nHost: "
       "mta-sts.example.com",
       400, "RFC 9112 §3.2: two Host fields"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com:x", 400, "a bad port"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: a/mta-sts.example.com", 400, "no host"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: [::1", 400, "an open bracket"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: ::1]", 400, "the other one"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: [::1]x:80", 400, "more behind it"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: [::1]:80]", 400, "two"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com, x", 400, "a list"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: u@mta-sts.example.com", 400, "a user"},
      {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.b\xc3\xbc"
       "cher.example",
       400, "U-labels"},
      {"GET http://u@mta-sts.example.com/.well-known/mta-sts.txt HTTP/1.1\r\nHost: x", 400,
       "RFC 9110 §4.2.4: a user"},
  };
  for (const Case& one : kCases) {
    const Reply reply = ask(std::string(one.octets) + "\r\n\r\n");
    EXPECT_EQ(reply.status, one.status) << one.why << ": " << one.octets;
    EXPECT_TRUE(reply.whole) << one.octets;
    if (one.status == 200)
      EXPECT_EQ(reply.body, body_of("mx1.example.com")) << one.octets;
    else
      EXPECT_EQ(reply.body, "") << one.octets;
    EXPECT_EQ(reply.headers.contains("allow"), one.status == 405) << one.octets;
  }
}

TEST_F(PolicyHostTest, NeverCompresses) {
  std::string body = body_of("mx1.example.com");
  while (body.size() < 60'000) body += "mx: mx1.example.com\r\n";
  host_.serve({{"example.com", policy(body, "1")}});
  start();
  const Reply reply = ask("GET " + kPath +
                          " HTTP/1.1\r\nHost: mta-sts.example.com\r\nAccept-Encoding: gzip, "
                          "identity;q=0\r\n\r\n");
  EXPECT_FALSE(reply.headers.contains("content-encoding"));
  EXPECT_EQ(reply.body, body);
}

TEST_F(PolicyHostTest, KeepsConnectionsAsTheVersionSays) {
  start();
  const std::string request = "GET " + kPath + " HTTP/1.1\r\nHost: mta-sts.example.com\r\n";
  HttpClient client(port_);
  client.send(request + "\r\n" + request + "\r\n");  // pipelined
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_FALSE(client.read_reply().headers.contains("connection"));
  client.send(request + "Connection: close\r\n\r\n");
  EXPECT_EQ(client.read_reply().headers.at("connection"), "close");
  EXPECT_TRUE(client.at_end());

  const std::string old = "GET " + kPath + " HTTP/1.0\r\nHost: mta-sts.example.com\r\n";
  HttpClient kept(port_);
  kept.send(old + "Connection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.read_reply().headers.at("connection"), "keep-alive");
  kept.send(old + "\r\n");
  EXPECT_EQ(kept.read_reply().headers.at("connection"), "close");
  EXPECT_TRUE(kept.at_end());
}

TEST_F(PolicyHostTest, ABodyIsNotRead) {
  start();
  HttpClient client(port_);
  client.send("GET " + kPath +
              " HTTP/1.1\r\nHost: mta-sts.example.com\r\nContent-Length: 1000000\r\n\r\nabc");
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_TRUE(client.at_end()) << "what follows cannot be told from a request";
}

TEST_F(PolicyHostTest, BoundsTheHead) {
  start();
  const Reply reply = ask("GET " + kPath + " HTTP/1.1\r\nHost: mta-sts.example.com\r\nX: " +
                          std::string(20'000, 'a') + "\r\n\r\n");
  EXPECT_EQ(reply.status, 431);
  EXPECT_EQ(ask("\x16\x03\x01\x02").status, 400) << "TLS on a plain port";
  EXPECT_EQ(get("mta-sts.example.com").status, 200);
}

TEST_F(PolicyHostTest, CountsWhoFetchesWhat) {
  start();
  const auto fetch = [this](const std::string& user_agent) {
    const std::string field = user_agent == "-" ? "" : "User-Agent: " + user_agent + "\r\n";
    ask("GET " + kPath + " HTTP/1.1\r\nHost: mta-sts.example.net\r\n" + field + "\r\n");
  };
  for (const char* agent :
       {"Google-SMTP-STS", "Stalwart/1.0.0", "postfix-tlspol/1.13.0", "postfix-mta-sts-resolver",
        "Go-http-client/1.1", "mtasts-exporter/1.0.0", "curl/8.0", "-", "", "-"})
    fetch(agent);
  fetch(std::string(7000, 'a') + "google-smtp-sts");
  EXPECT_EQ(served(PolicyReader::google), 1u) << "only the beginning of the field counts";
  EXPECT_EQ(served(PolicyReader::stalwart), 1u);
  EXPECT_EQ(served(PolicyReader::postfix_tlspol), 1u);
  EXPECT_EQ(served(PolicyReader::postfix_mta_sts_resolver), 1u);
  EXPECT_EQ(served(PolicyReader::go), 1u);
  EXPECT_EQ(served(PolicyReader::mtasts_exporter), 1u);
  EXPECT_EQ(served(PolicyReader::none), 3u);
  EXPECT_EQ(served(PolicyReader::other), 2u);
  get("mta-sts.example.com");
  get("mta-sts.unknown.example");
  get("mta-sts.example.com", "/");
  get("mta-sts.example.com", kPath, "DELETE");
  get("a b");
  const auto domains = host_.domains();
  ASSERT_EQ(domains.size(), 3u);
  EXPECT_EQ(domains[0].domain, "example.com") << "by name";
  EXPECT_EQ(domains[0].requests, 1u);
  EXPECT_EQ(domains[0].id, "1");
  EXPECT_EQ(domains[1].requests, 11u);
  EXPECT_EQ(domains[2].requests, 0u);
  for (PolicyRejection reason : present::kPolicyRejections)
    EXPECT_EQ(rejected(reason), 1u) << name_of(reason);
}

TEST_F(PolicyHostTest, ANewTableKeepsCountsOfDomainsThatStay) {
  start();
  get("mta-sts.example.com");
  get("mta-sts.example.net");
  host_.serve({{"example.com", policy("new", "3")}});
  EXPECT_EQ(get("mta-sts.example.com").body, "new");
  EXPECT_EQ(get("mta-sts.example.net").status, 404);
  auto domains = host_.domains();
  ASSERT_EQ(domains.size(), 1u);
  EXPECT_EQ(domains[0].requests, 2u);
  EXPECT_EQ(domains[0].id, "3");
  host_.serve({});
  EXPECT_EQ(get("mta-sts.example.com").status, 404);
  EXPECT_TRUE(host_.domains().empty());
}

// Every response is one of the two policies, whole.
TEST_F(PolicyHostTest, TablesChangeUnderLoad) {
  start();
  const auto one = policy(std::string(30'000, 'a'), "1");
  const auto other = policy(std::string(40'000, 'b'), "2");
  std::atomic<bool> done{false};
  std::thread changing([&] {
    for (int i = 0; !done; ++i) host_.serve({{"example.com", i % 2 == 0 ? one : other}});
  });
  HttpClient client(port_);
  for (int i = 0; i < 300; ++i) {
    client.send("GET " + kPath + " HTTP/1.1\r\nHost: mta-sts.example.com\r\n\r\n");
    const Reply reply = client.read_reply();
    EXPECT_TRUE(reply.body == one->body || reply.body == other->body ||
                reply.body == body_of("mx1.example.com"));
    if (reply.status != 200) break;
  }
  done = true;
  changing.join();
}

TEST_F(PolicyHostTest, IdleConnectionsGiveWay) {
  WebLimits limits = policy_web_limits();
  limits.connections = 4;
  start(limits);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<HttpClient>(port_));
    clients.back()->send("GET " + kPath + " HTTP/1.1\r\nHost: mta-sts.example.com\r\n\r\n");
    EXPECT_EQ(clients.back()->read_reply().status, 200) << "connection " << i;
  }
  EXPECT_TRUE(clients.front()->at_end()) << "the longest idle one was closed";
  clients.back()->send("GET " + kPath + " HTTP/1.1\r\nHost: mta-sts.example.com\r\n\r\n");
  EXPECT_EQ(clients.back()->read_reply().status, 200) << "the latest one was not";
}

TEST_F(PolicyHostTest, SlowClientsAreCutOff) {
  WebLimits limits = policy_web_limits();
  limits.request = milliseconds(150);
  limits.connections = 2;
  start(limits);
  HttpClient one(port_);
  HttpClient other(port_);
  one.send("GET /.well");
  other.send("GET /.well");
  EXPECT_TRUE(
      fakes::wait_until("a place", [this] { return get("mta-sts.example.com").status == 200; }));
  EXPECT_TRUE(one.at_end());
  EXPECT_TRUE(other.at_end());
}

TEST_F(PolicyHostTest, ServesTenThousandDomains) {
  PolicyHost::Policies many;
  for (int i = 0; i < 10'000; ++i)
    many["d" + std::to_string(i) + ".example"] = policy(body_of("mx" + std::to_string(i)), "1");
  start();
  const auto begin = std::chrono::steady_clock::now();
  host_.serve(many);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  for (int i : {0, 4711, 9999})
    EXPECT_EQ(get("mta-sts.d" + std::to_string(i) + ".example").status, 200);
  EXPECT_EQ(host_.domains().size(), 10'000u);
}

}  // namespace
}  // namespace mtasts::web
