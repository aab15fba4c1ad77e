// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A second kind of handler, which takes bodies, on its own listener next to the site.

#include "web/handler.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "web/http_client.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kLargest = 100000;

// Takes bodies at "/reports", smaller ones at "/small", and refuses other requests before reading
// their bodies.
class BodyHandler : public Handler {
 public:
  ~BodyHandler() override {
    for (std::thread& thread : threads_) thread.join();
  }

  Admission admit(const HttpRequest& head) const override {
    Admission admission;
    EXPECT_TRUE(head.body.empty());
    if (head.target == "/reports")
      admission.body_bytes = kLargest;
    else if (head.target == "/small")
      admission.body_bytes = 10;
    else
      admission.refusal = text_response(401, "Say who you are.");
    return admission;
  }

  void answer(const HttpRequest& request, const Done& done) const override {
    std::lock_guard lock(mutex_);
    taken_.push_back(request);
    threads_.emplace_back([done, size = request.body.size()] {
      done(text_response(200, std::to_string(size)));
      done(text_response(500, "a second answer does nothing"));
    });
  }

  std::vector<HttpRequest> taken() const {
    std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::vector<HttpRequest> taken_;
  mutable std::vector<std::thread> threads_;
};

class HandlerTest : public WebServerTest {
 protected:
  void start_both(WebLimits limits = {}) {
    start();
    auto started = WebServer::start({loopback()}, intake_, limits, "[reports] listen");
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    second_ = std::move(started.value());
    intake_port_ = second_->endpoints().at(0).port;
  }

  static std::string post(const std::string& target, const std::string& headers,
                          const std::string& body) {
    return "POST " + target + " HTTP/1.1\r\nHost: agent.example\r\n" + headers + "\r\n" + body;
  }
  static std::string length(size_t octets) {
    return "Content-Length: " + std::to_string(octets) + "\r\n";
  }

  BodyHandler intake_;
  std::unique_ptr<WebServer> second_;
  uint16_t intake_port_ = 0;
};

TEST_F(HandlerTest, TakesABodyOnASecondListener) {
  start_both();
  std::string body;
  for (size_t i = 0; body.size() < kLargest; ++i) body += static_cast<char>(i * 7919 >> 3);
  HttpClient client(intake_port_);
  client.send(post("/reports",
                   length(kLargest) + "Content-Type: application/tlsrpt+gzip\r\n"
                                      "Content-Encoding: gzip\r\n",
                   body));
  Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "100000\n");
  ASSERT_EQ(intake_.taken().size(), 1u);
  HttpRequest taken = intake_.taken().at(0);
  EXPECT_TRUE(taken.body == body);
  EXPECT_EQ(taken.method, "POST");
  EXPECT_EQ(taken.content_type, "application/tlsrpt+gzip");
  EXPECT_EQ(taken.content_encoding, "gzip");
  EXPECT_EQ(taken.peer.text(), "127.0.0.1");
  // The other listener serves the site's routes; this one does not.
  EXPECT_EQ(HttpClient(port_).get("/-/ready").status, 200);
  EXPECT_EQ(HttpClient(port_).get("/reports").status, 404);
  EXPECT_EQ(HttpClient(intake_port_).get("/-/ready").status, 401);
}

TEST_F(HandlerTest, TakesChunksAndWhatFollowsThem) {
  start_both();
  HttpClient client(intake_port_);
  std::string chunks;
  for (int i = 0; i < 100; ++i) chunks += "3e8\r\n" + std::string(1000, 'a') + "\r\n";
  const std::string request =
      post("/reports", "Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n") +
      post("/small", length(2), "ab") + post("/small", length(0), "");
  for (size_t at = 0; at < request.size(); at += 7001)
    ASSERT_TRUE(client.send(std::string_view(request).substr(at, 7001)));
  EXPECT_EQ(client.read_reply().body, "100000\n");
  EXPECT_EQ(client.read_reply().body, "2\n");
  EXPECT_EQ(client.read_reply().body, "0\n");
}

TEST_F(HandlerTest, BoundsBodiesByTheRoute) {
  start_both();
  struct Case {
    std::string target, headers, body;
    int status;
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const Case cases[] = {
      {"/small", length(10), std::string(10, 'a'), 200},
      {"/small", length(11), "", 413},                                     // announced
      {"/small", chunked, "a\r\naaaaaaaaaa\r\n0\r\n\r\n", 200},            // ten
      {"/small", chunked, "a\r\naaaaaaaaaa\r\n1\r\na\r\n0\r\n\r\n", 413},  // eleven, in two
      {"/reports", length(11), std::string(11, 'a'), 200},                 // another route's limit
      {"/reports", length(kLargest + 1), "", 413},
      {"/reports", length(size_t{1} << 62), "", 413},
      {"/reports", chunked, "fffffffffffffff\r\naaa", 413},
  };
  size_t taken = 0;
  for (const Case& c : cases) {
    HttpClient client(intake_port_);
    client.send(post(c.target, c.headers, c.body));
    EXPECT_EQ(client.read_reply().status, c.status) << c.target << c.headers << c.body;
    taken += c.status == 200 ? 1 : 0;
  }
  EXPECT_EQ(intake_.taken().size(), taken);
}

TEST_F(HandlerTest, RefusesBeforeTheBody) {
  start_both();
  HttpClient client(intake_port_);
  client.send(post("/other", length(50000), ""));  // the body never comes
  Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.headers["connection"], "close");
  EXPECT_TRUE(client.at_end()) << "what follows is not the next request";
  HttpClient bodiless(intake_port_);
  EXPECT_EQ(bodiless.get("/other").status, 401);
  EXPECT_EQ(bodiless.get("/other").status, 401) << "nothing was left unread, so it goes on";
  EXPECT_TRUE(intake_.taken().empty());
}

TEST_F(HandlerTest, SendsContinueToAWaitingClient) {
  start_both();
  HttpClient client(intake_port_);
  client.send(post("/reports", length(5) + "Expect: 100-continue\r\n", ""));
  EXPECT_EQ(client.read_reply(true).status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_reply().body, "5\n");
  HttpClient refused(intake_port_);
  refused.send(post("/small", length(11) + "Expect: 100-continue\r\n", ""));
  EXPECT_EQ(refused.read_reply().status, 413);
  // No 100 (Continue) for a body that has already arrived.
  HttpClient hasty(intake_port_);
  hasty.send(post("/small", length(2) + "Expect: 100-continue\r\n", "ab"));
  EXPECT_EQ(hasty.read_reply().status, 200);
}

TEST_F(HandlerTest, HangsUpOnSlowBodies) {
  WebLimits limits;
  limits.request = milliseconds(150);
  start_both(limits);
  HttpClient client(intake_port_);
  client.send(post("/reports", length(kLargest), "a"));
  const auto begin = steady_clock::now();
  bool cut = false;
  while (!cut && steady_clock::now() - begin < std::chrono::seconds(5)) {
    cut = !client.send("a");
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_TRUE(cut);
  EXPECT_TRUE(intake_.taken().empty());
}

TEST_F(HandlerTest, NamesItsOwnSettingWhenItCannotListen) {
  start_both();
  auto third = WebServer::start({loopback(intake_port_)}, intake_, {}, "[reports] listen");
  ASSERT_FALSE(third.ok());
  EXPECT_NE(third.failure().detail.find("set [reports] listen to another one"), std::string::npos)
      << third.failure().detail;
}

}  // namespace
}  // namespace mtasts::web
