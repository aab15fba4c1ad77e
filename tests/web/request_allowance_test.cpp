// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/request_allowance.h"

#include <gtest/gtest.h>

#include "web/http_client.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

HttpRequest from(const std::string& peer, const std::string& forwarded_for = "") {
  HttpRequest request;
  request.peer = IpAddress::parse(peer).value();
  request.forwarded_for = forwarded_for;
  return request;
}

// How many requests pass at once.
int passing(RequestAllowance& allowance, const HttpRequest& request, RequestClass kind,
            steady_clock::time_point now) {
  int passed = 0;
  while (passed < 100'000 && !allowance.refusal_of(request, kind, now)) ++passed;
  return passed;
}

TEST(RequestAllowance, LimitsEachClientByWhatRequestsCost) {
  RequestAllowance allowance;
  const auto now = steady_clock::now();
  const HttpRequest one = from("192.0.2.1");
  EXPECT_EQ(passing(allowance, one, RequestClass::page, now), 2000);
  EXPECT_EQ(passing(allowance, one, RequestClass::listing, now), 300);
  EXPECT_EQ(passing(allowance, one, RequestClass::scrape, now), 2000) << "a class of its own";
  EXPECT_EQ(passing(allowance, one, RequestClass::probe, now), 1000);
  EXPECT_EQ(passing(allowance, one, RequestClass::write, now), 30);
  EXPECT_EQ(passing(allowance, one, RequestClass::health, now), 100'000) << "never refused";
  EXPECT_EQ(passing(allowance, from("192.0.2.2"), RequestClass::write, now), 30);
  EXPECT_EQ(passing(allowance, one, RequestClass::page, now + seconds(1)), 200) << "refilled";
  EXPECT_EQ(passing(allowance, one, RequestClass::write, now + seconds(5)), 2);
  EXPECT_EQ(passing(allowance, one, RequestClass::write, now + std::chrono::hours(1)), 30);
}

TEST(RequestAllowance, SaysWhenToTryAgain) {
  RequestAllowance allowance;
  const auto now = steady_clock::now();
  const HttpRequest one = from("192.0.2.1");
  passing(allowance, one, RequestClass::write, now);
  auto refusal = allowance.refusal_of(one, RequestClass::write, now);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429);
  EXPECT_EQ(refusal->retry_after, seconds(2));
  EXPECT_EQ(refusal->body, "Too many requests; try again in 2 seconds.\n");
  EXPECT_FALSE(allowance.refusal_of(one, RequestClass::write, now + seconds(2)))
      << "the promise is kept";
}

TEST(RequestAllowance, TellsClientsOfAProxyApart) {
  RequestAllowance allowance;
  const auto now = steady_clock::now();
  EXPECT_EQ(passing(allowance, from("10.0.0.1", "192.0.2.1"), RequestClass::write, now), 30);
  EXPECT_EQ(passing(allowance, from("10.0.0.1", "192.0.2.2"), RequestClass::write, now), 30);
  EXPECT_EQ(passing(allowance, from("10.0.0.1"), RequestClass::write, now), 30) << "its own";
  // The field of a public peer says nothing.
  EXPECT_EQ(passing(allowance, from("192.0.2.9", "192.0.2.7"), RequestClass::write, now), 30);
  EXPECT_EQ(passing(allowance, from("192.0.2.9", "192.0.2.8"), RequestClass::write, now), 0);
}

TEST(RequestAllowance, MadeUpClientsDoNotHelpAPrivatePeer) {
  RequestAllowance allowance;
  const auto now = steady_clock::now();
  int passed = 0;
  for (int i = 0; i < 1000; ++i) {
    const HttpRequest made_up = from("10.0.0.1", "192.0.2." + std::to_string(i % 250));
    if (!allowance.refusal_of(made_up, RequestClass::write, now)) ++passed;
  }
  EXPECT_EQ(passed, 300);
}

TEST_F(WebServerTest, LimitsRequestsOfOneClient) {
  int reloads = 0;
  WebActions actions;
  actions.reload = [&](auto done) {
    ++reloads;
    done({});
  };
  start(std::move(actions));
  HttpClient client(port_);
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    Reply reply = client.get("/-/reload", "Content-Length: 0\r\n", "POST");
    if (reply.status != 429) continue;
    ++refused;
    EXPECT_EQ(reply.headers["retry-after"], "2");
  }
  EXPECT_GE(refused, 15);
  EXPECT_EQ(reloads, 60 - refused);
  Reply listing;
  for (int i = 0; i < 1000 && listing.status != 429; ++i) listing = client.get("/api/v1/domains");
  EXPECT_EQ(listing.status, 429) << "hammering ends";
  EXPECT_EQ(listing.headers["retry-after"], "1");
  EXPECT_EQ(client.get("/metrics").status, 200) << "scrapes of the same client go on";
  EXPECT_EQ(client.get("/-/healthy").status, 200);
  EXPECT_EQ(client.get("/domains/example.com").status, 200);
}

TEST_F(WebServerTest, ProtectsPagesAndData) {
  start();
  HttpClient client(port_);
  for (const char* target : {"/", "/metrics", "/api/v1/domains", "/-/healthy", "/nothing", "/%"}) {
    Reply reply = client.get(target);
    EXPECT_EQ(reply.headers["x-content-type-options"], "nosniff") << target;
    EXPECT_EQ(reply.headers["x-frame-options"], "DENY") << target;
    EXPECT_EQ(reply.headers["referrer-policy"], "no-referrer") << target;
    EXPECT_EQ(reply.headers["cross-origin-opener-policy"], "same-origin") << target;
    EXPECT_EQ(reply.headers["cross-origin-resource-policy"], "same-origin") << target;
    EXPECT_EQ(reply.headers["permissions-policy"], "camera=(), geolocation=(), microphone=()");
    EXPECT_EQ(reply.headers["cache-control"], "no-store") << target;
    EXPECT_NE(reply.headers["content-security-policy"].find("frame-ancestors 'none'"),
              std::string::npos);
    EXPECT_FALSE(reply.headers.contains("server"));
    EXPECT_FALSE(reply.headers.contains("access-control-allow-origin"));
  }
  HttpClient broken(port_);
  broken.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(broken.read_reply().headers["x-content-type-options"], "nosniff");
}

}  // namespace
}  // namespace mtasts::web
