// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The endpoint for reports, over the real server: what senders see, whatever they send.

#include "web/report_endpoint.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "fakes/wait_until.h"
#include "web/client_table.h"
#include "web/http_client.h"
#include "web/web_fixture.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Received {
  std::string octets;
  Submission submission;
};

class ReportEndpointTest : public testing::Test {
 protected:
  ~ReportEndpointTest() override {
    server_.reset();
    endpoint_.reset();
    std::filesystem::remove(token_file_);
  }

  void start(ReportEndpointLimits limits = {}, WebLimits web = report_web_limits()) {
    auto keep = [this](std::string octets, const Submission& submission) {
      std::unique_lock lock(mutex_);
      gate_.wait(lock, [this] { return open_; });
      if (octets == "throw") throw std::runtime_error("thrown by the test");
      received_.push_back({std::move(octets), submission});
      return outcome_.load();
    };
    endpoint_ = std::make_unique<ReportEndpoint>(keep, "/tlsrpt", token_file_, limits);
    auto started = WebServer::start({loopback()}, *endpoint_, web, "[reports.https] listen");
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    server_ = std::move(started.value());
    port_ = server_->endpoints().at(0).port;
  }

  static std::string post(const std::string& body, const std::string& fields = "",
                          const std::string& target = "/tlsrpt") {
    return "POST " + target +
           " HTTP/1.1\r\nHost: agent.example\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + fields + "\r\n" + body;
  }
  Reply reply_to(const std::string& request) const {
    HttpClient client(port_);
    client.send(request);
    return client.read_reply();
  }
  // 503, and less body than announced, and the end of the connection.
  void expect_incomplete(const std::string& request) const {
    HttpClient client(port_);
    client.send(request);
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, 503);
    EXPECT_FALSE(reply.whole) << "a complete answer counts as delivered";
  }
  std::vector<Received> received() {
    std::lock_guard lock(mutex_);
    return received_;
  }
  void set_gate(bool open) {
    std::lock_guard lock(mutex_);
    open_ = open;
    gate_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable gate_;
  bool open_ = true;
  std::atomic<SubmissionOutcome> outcome_ = SubmissionOutcome::kept;
  std::vector<Received> received_;
  std::string token_file_;
  std::unique_ptr<ReportEndpoint> endpoint_;
  std::unique_ptr<WebServer> server_;
  uint16_t port_ = 0;
};

TEST_F(ReportEndpointTest, AnswersOnceItIsKept) {
  start();
  HttpClient client(port_);
  client.send(post("first", "Content-Type: application/tlsrpt+gzip\r\n"));
  EXPECT_EQ(client.read_reply().status, 201);
  outcome_ = SubmissionOutcome::known;
  client.send(post("first", "Content-Encoding: gzip\r\n"));
  const Reply again = client.read_reply();
  EXPECT_EQ(again.status, 200) << "on the same connection";
  EXPECT_TRUE(again.whole);
  ASSERT_EQ(received().size(), 2u);
  EXPECT_EQ(received()[0].octets, "first");
  EXPECT_EQ(received()[0].submission.client, "127.0.0.1");
  EXPECT_FALSE(received()[0].submission.trusted);
  EXPECT_EQ(endpoint_->counts().kept, 1u);
  EXPECT_EQ(endpoint_->counts().known, 1u);
}

TEST_F(ReportEndpointTest, AnswersNothingElse) {
  start();
  for (const char* method : {"GET", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    HttpClient client(port_);
    const Reply reply = client.get("/tlsrpt", "", method);
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.headers.at("allow"), "POST") << method;
  }
  HttpClient client(port_);
  EXPECT_EQ(client.get("/tlsrpt", "", "HEAD").status, 405);
  for (const char* path : {"/", "/metrics", "/-/reload", "/tlsrpt/", "/tlsrpt/x", "/TLSRPT"})
    EXPECT_EQ(reply_to(post("x", "", path)).status, 404) << path;
  EXPECT_EQ(reply_to(post("x", "", "/%zz")).status, 400);
  EXPECT_TRUE(received().empty());
  EXPECT_EQ(reply_to(post("x", "", "/tlsrpt?for=me")).status, 201) << "a query is not the path";
}

TEST_F(ReportEndpointTest, WhatIsNotKeptIsAnsweredIncompletely) {
  start();
  outcome_ = SubmissionOutcome::full;
  expect_incomplete(post("full"));
  outcome_ = SubmissionOutcome::failed;
  expect_incomplete(post("failed"));
  expect_incomplete(post("throw"));
  expect_incomplete("POST /tlsrpt HTTP/1.0\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(endpoint_->counts().full, 1u);
  EXPECT_EQ(endpoint_->counts().failed, 3u);
}

TEST_F(ReportEndpointTest, AnswersIncompletelyWhenTheDiskIsSlow) {
  ReportEndpointLimits limits;
  limits.threads = 1;
  limits.queue = 1;
  WebLimits web = report_web_limits();
  web.answer = milliseconds(200);
  start(limits, web);
  set_gate(false);
  expect_incomplete(post("slow"));
  HttpClient queued(port_);
  queued.send(post("queued"));
  EXPECT_TRUE(fakes::wait_until(
      "a full queue",
      [&] {
        expect_incomplete(post("too many"));
        return endpoint_->counts().limited > 0;
      },
      seconds(10)));
  set_gate(true);
}

TEST_F(ReportEndpointTest, TakesEveryShapeOfBody) {
  start();
  EXPECT_EQ(reply_to("POST /tlsrpt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
                .status,
            201);
  EXPECT_EQ(reply_to("POST /tlsrpt HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc").status, 201);
  EXPECT_EQ(reply_to("POST http://agent.example/tlsrpt HTTP/1.1\r\nHost: agent.example\r\n"
                     "Content-Length: 1\r\n\r\nx")
                .status,
            201);
  EXPECT_EQ(reply_to(post("")).status, 201);
  EXPECT_EQ(reply_to(post(std::string("\0\x1f\x8b", 3))).status, 201);
  ASSERT_EQ(received().size(), 5u);
  EXPECT_EQ(received()[0].octets, "abcde");
  EXPECT_EQ(received()[4].octets, std::string("\0\x1f\x8b", 3));
}

TEST_F(ReportEndpointTest, AsksForTheBodyThatIsExpected) {
  start();
  HttpClient client(port_);
  client.send(
      "POST /tlsrpt HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_reply(true).status, 100);
  client.send("abc");
  EXPECT_EQ(client.read_reply().status, 201);
}

TEST_F(ReportEndpointTest, TruncatedBodiesAreNotKept) {
  start();
  for (const char* cut : {"POST /tlsrpt HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
                          "POST /tlsrpt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "5\r\nabcde\r\n",
                          "POST /tlsrpt HTTP/1.1\r\nHost: a\r\nContent-Le", "POST"}) {
    HttpClient client(port_);
    client.send(cut);
  }
  EXPECT_EQ(reply_to(post("whole")).status, 201);
  ASSERT_EQ(received().size(), 1u);
  EXPECT_EQ(received()[0].octets, "whole");
}

TEST_F(ReportEndpointTest, SlowBodiesEnd) {
  WebLimits web = report_web_limits();
  web.request = milliseconds(300);
  start({}, web);
  HttpClient client(port_);
  client.send("POST /tlsrpt HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(received().empty());
}

TEST_F(ReportEndpointTest, OnlyTooLargeIsRefusedForGood) {
  ReportEndpointLimits limits;
  limits.bytes = 100e6;
  start(limits);
  const size_t most = limits.body_bytes;
  EXPECT_EQ(reply_to(post(std::string(most, 'x'))).status, 201);
  EXPECT_EQ(received().back().octets.size(), most);
  EXPECT_EQ(reply_to("POST /tlsrpt HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                     std::to_string(most + 1) + "\r\n\r\n")
                .status,
            413);
  EXPECT_EQ(received().size(), 1u);
}

TEST_F(ReportEndpointTest, EachClientHasItsShare) {
  ReportEndpointLimits limits;
  limits.requests = 3;
  limits.refill = std::chrono::hours(1);
  start(limits);
  const std::string first = "X-Forwarded-For: 203.0.113.9, 2001:db8:1:2::77\r\n";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reply_to(post("x", first)).status, 201);
  expect_incomplete(post("x", first));
  expect_incomplete(post("x", "X-Forwarded-For: [2001:db8:1:2:ffff::1]:4711\r\n"));
  EXPECT_EQ(reply_to(post("x", "X-Forwarded-For: 2001:db8:1:3::1\r\n")).status, 201);
  EXPECT_EQ(reply_to(post("x", "X-Forwarded-For: nonsense\r\n")).status, 201);
  EXPECT_EQ(received()[0].submission.client, "2001:db8:1:2::/64");
  EXPECT_EQ(received().back().submission.client, "127.0.0.1");
  EXPECT_EQ(endpoint_->counts().limited, 2u);
}

TEST_F(ReportEndpointTest, OctetsAreLimitedToo) {
  ReportEndpointLimits limits;
  limits.bytes = 1000;
  limits.refill = std::chrono::hours(1);
  limits.client_bytes_in_progress = 5000;
  start(limits);
  EXPECT_EQ(reply_to(post(std::string(1500, 'x'))).status, 201) << "a client may overdraw once";
  expect_incomplete(post("x"));
  endpoint_->configure("/tlsrpt", "");
  expect_incomplete(post(std::string(6000, 'x'), "X-Forwarded-For: 192.0.2.7\r\n"));
}

TEST_F(ReportEndpointTest, TrustsTheToken) {
  token_file_ = std::filesystem::temp_directory_path() /
                ("report-endpoint-token-" + std::to_string(::getpid()));
  std::ofstream(token_file_) << "s3cret\n";
  start();
  EXPECT_EQ(reply_to(post("mail", "Authorization: Bearer s3cret\r\n")).status, 201);
  EXPECT_TRUE(received().back().submission.trusted);
  EXPECT_EQ(reply_to(post("mail")).status, 201);
  EXPECT_FALSE(received().back().submission.trusted);
  EXPECT_EQ(reply_to(post("mail", "Authorization: Basic czNjcmV0\r\n")).status, 201);
  EXPECT_FALSE(received().back().submission.trusted);
  for (const char* wrong : {"s3cre", "s3cret1", "x"})
    EXPECT_EQ(reply_to(post("mail", "Authorization: Bearer " + std::string(wrong) + "\r\n")).status,
              401)
        << wrong;
  EXPECT_EQ(received().size(), 3u);
  std::ofstream(token_file_) << "another";
  EXPECT_TRUE(fakes::wait_until(
      "the new token",
      [&] { return reply_to(post("mail", "Authorization: bearer another\r\n")).status == 201; },
      seconds(10)));
  EXPECT_TRUE(received().back().submission.trusted);
}

TEST_F(ReportEndpointTest, WithoutATokenNobodyIsTrusted) {
  start();
  EXPECT_EQ(reply_to(post("mail", "Authorization: Bearer anything\r\n")).status, 201);
  EXPECT_FALSE(received().back().submission.trusted);
}

TEST_F(ReportEndpointTest, MovesToAnotherPath) {
  start();
  endpoint_->configure("/other", "");
  EXPECT_EQ(reply_to(post("x")).status, 404);
  EXPECT_EQ(reply_to(post("x", "", "/other")).status, 201);
}

TEST_F(ReportEndpointTest, CurlDelivers) {
  start();
  const std::string file = std::filesystem::temp_directory_path() /
                           ("report-endpoint-body-" + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary) << std::string(200000, 'r');
  const std::string curl = "curl -sf -o /dev/null --max-time 20 --data-binary @" + file;
  const std::string url = " http://127.0.0.1:" + std::to_string(port_) + "/tlsrpt";
  for (const char* options : {"", " -H 'Expect: 100-continue'", " -H 'Transfer-Encoding: chunked'",
                              " --http2", " --http1.0", " --compressed"})
    EXPECT_EQ(std::system((curl + options + url).c_str()), 0) << options;
  EXPECT_EQ(received().size(), 6u);
  outcome_ = SubmissionOutcome::full;
  const int status = std::system(("curl -s -o /dev/null --max-time 20 -d x" + url).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 18) << "a partial file, in curl's words";
  std::filesystem::remove(file);
}

TEST_F(ReportEndpointTest, TakesAThousandReportsQuickly) {
  start();
  const std::string body(5000, 'r');
  const std::clock_t before = std::clock();
  const auto begun = std::chrono::steady_clock::now();
  HttpClient client(port_);
  for (int i = 0; i < 1000; ++i) {
    client.send(post(body));
    ASSERT_EQ(client.read_reply().status, 201);
  }
  const double cpu_s = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  RecordProperty("cpu_s", std::to_string(cpu_s));
  std::printf("1000 reports: %.3f s of CPU, %.3f s\n", cpu_s, wall.count());
  EXPECT_LT(cpu_s, 2.0) << "500 a second on one core";
  EXPECT_EQ(endpoint_->counts().kept, 1000u);
}

TEST(ClientTable, ForgetsTheLongestIdle) {
  ClientLimits limits;
  limits.requests = 1;
  limits.bytes = 1;
  limits.refill = std::chrono::hours(1);
  limits.clients = 2;
  limits.bytes_in_progress = limits.client_bytes_in_progress = 100;
  auto table = std::make_shared<ClientTable>(limits);
  const auto now = std::chrono::steady_clock::now();
  auto busy = table->begin("busy", 60, now);
  EXPECT_NE(busy, nullptr);
  EXPECT_EQ(table->begin("large", 50, now), nullptr) << "memory of all clients";
  EXPECT_NE(table->begin("a", 1, now), nullptr);
  EXPECT_EQ(table->begin("a", 1, now), nullptr);
  EXPECT_NE(table->begin("b", 1, now), nullptr);
  EXPECT_EQ(table->size(), 2u);
  EXPECT_NE(table->begin("a", 1, now), nullptr) << "forgotten, so it begins anew";
  EXPECT_EQ(table->begin("busy", 1, now), nullptr) << "not forgotten while it is in progress";
  EXPECT_NE(table->begin("busy", 1, now + std::chrono::hours(2)), nullptr) << "refilled";
  busy.reset();
  EXPECT_NE(table->begin("large", 90, now), nullptr);
}

}  // namespace
}  // namespace mtasts::web
