// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the servers make of requests that are not valid HTTP/1.1, on the wire.

#include <gtest/gtest.h>

#include <thread>

#include "web/head_check.h"
#include "web/http_client.h"
#include "web/report_endpoint.h"
#include "web/request_faults.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

struct Case {
  std::string octets;
  int status;
  const char* why;
};

const std::string kGet = "GET /-/healthy HTTP/1.1\r\n";
const std::string kPost = "POST /-/reload HTTP/1.1\r\nHost: a\r\n";

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {kGet + "Host: a\r\n\r\n", 200, "valid"},
      {kGet + "hOsT:a\r\n\r\n", 200, "names in any case, no blank after the colon"},
      {kGet + "Host: \t a \t\r\n\r\n", 200, "blanks around a value"},
      {kGet + "Host: a\r\nX:\r\n\r\n", 200, "an empty value"},
      {"\r\n" + kGet + "Host: a\r\n\r\n", 200, "RFC 9112 §2.2: an empty line before"},
      {"GET /-/healthy HTTP/1.0\r\n\r\n", 200, "HTTP/1.0 needs no Host"},
      {"GET http://a/-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 200, "absolute form"},
      {"GET http://b/-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 200, "its authority counts"},
      {"GET /-/healthy HTTP/1.1\r\nHost: [::1]:10058\r\n\r\n", 200, "an IPv6 address"},
      {"GET /-/healthy HTTP/1.1\r\nHost: 127.0.0.1:\r\n\r\n", 200, "an empty port"},
      // RFC 9112 §3.2: Host
      {kGet + "\r\n", 400, "no Host"},
      {kGet + "Host: a\r\nHost: a\r\n\r\n", 400, "two Host fields"},
      {kGet + "Host: a\r\nhost: b\r\n\r\n", 400, "two Host fields"},
      {"GET /-/healthy HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "also of HTTP/1.0"},
      {kGet + "Host:\r\n\r\n", 400, "an empty Host"},
      {kGet + "Host: a b\r\n\r\n", 400, "a blank"},
      {kGet + "Host: a/b\r\n\r\n", 400, "a path"},
      {kGet + "Host: u@a\r\n\r\n", 400, "a user"},
      {kGet + "Host: a, b\r\n\r\n", 400, "a list"},
      {kGet + "Host: http://a\r\n\r\n", 400, "a URL"},
      {kGet + "Host: a:x\r\n\r\n", 400, "a port that is no number"},
      {kGet + "Host: a:65536\r\n\r\n", 400, "a port that is too large"},
      {kGet + "Host: a:1:2\r\n\r\n", 400, "two ports"},
      {kGet + "Host: ::1\r\n\r\n", 400, "IPv6 without brackets"},
      {kGet + "Host: [::1\r\n\r\n", 400, "an open bracket"},
      {kGet + "Host: [::1]x\r\n\r\n", 400, "after the bracket"},
      {kGet + "Host: [127.0.0.1]\r\n\r\n", 400, "IPv4 in brackets"},
      {kGet + "Host: [fe80::1%25eth0]\r\n\r\n", 400, "a zone"},
      {kGet + "Host: b\xc3\xbc" + "cher.example\r\n\r\n", 400, "U-labels"},
      {"GET http:///-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 400, "RFC 9110 §4.2.1: no host"},
      {"GET http://u@a/-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 400, "RFC 9110 §4.2.4: a user"},
      {"GET http://a:x/-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a bad port in the target"},
      // RFC 9112 §5: fields
      {kGet + "Host : a\r\n\r\n", 400, "a blank before the colon"},
      {kGet + "Host: a\r\nX\t: y\r\n\r\n", 400, "a blank before the colon"},
      {kGet + " Host: a\r\n\r\n", 400, "a blank before the first field"},
      {kGet + "\tX: y\r\nHost: a\r\n\r\n", 400, "a blank before the first field"},
      {kGet + "Host: a\r\nX: y\r\n z\r\n\r\n", 400, "obs-fold"},
      {kGet + "Host: a\r\nX: y\r\n\tz\r\n\r\n", 400, "obs-fold"},
      {kGet + "Host: a\r\n \r\n\r\n", 400, "a line of blanks"},
      {kGet + "Host: a\r\n: y\r\n\r\n", 400, "no name"},
      {kGet + "Host: a\r\nX\r\n\r\n", 400, "no colon"},
      {kGet + "Host: a\r\nX(: y\r\n\r\n", 400, "no token"},
      {kGet + "Host: a\r\nX: a\x01z\r\n\r\n", 400, "a control character"},
      {kGet + std::string("Host: a\r\nX: a\0z\r\n\r\n", 20), 400, "a NUL"},
      // RFC 9112 §2.2: line ends
      {kGet + "Host: a\r\nX: y\rz\r\n\r\n", 400, "a bare CR"},
      {kGet + "Host: a\rX: y\r\n\r\n", 400, "a bare CR"},
      {"GET /-/healthy HTTP/1.1\nHost: a\n\n", 400, "bare LF"},
      {kGet + "Host: a\n\r\n", 400, "a bare LF"},
      {kGet + "Host: a\r\r\n\r\n", 400, "two CR"},
      {"GET /-/healthy HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "two CR"},
      // RFC 9112 §3: the request line
      {"GET  /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two blanks"},
      {"GET /-/healthy  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two blanks"},
      {"GET\t/-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a tab"},
      {" GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a blank before"},
      {"GET /-/healthy\r\nHost: a\r\n\r\n", 400, "no version"},
      {"GET /-/healthy HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "a blank after"},
      {"GET /-/heal thy HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a blank in the target"},
      {"GET /-/\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a control character in the target"},
      {"GET -/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 400, "no slash"},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "asterisk form"},
      {"GET /-/healthy HTTX/1.1\r\nHost: a\r\n\r\n", 400, "no version of HTTP"},
      {"GET /-/healthy HTTP/11\r\nHost: a\r\n\r\n", 400, "no version of HTTP"},
      {"GET /-/healthy http/1.1\r\nHost: a\r\n\r\n", 400, "RFC 9112 §2.3: case counts"},
      {"GET /-/healthy HTTP/2.0\r\nHost: a\r\n\r\n", 505, "another version"},
      {"GET /-/healthy HTTP/0.9\r\nHost: a\r\n\r\n", 505, "another version"},
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a method that is no token"},
      {std::string(33, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "a long method"},
      {std::string(20'000, 'A'), 501, "a long method"},
      {"get /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 405, "methods in this case alone"},
      {"GET /" + std::string(4096, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, "a long target"},
      {"GET /" + std::string(20'000, 'a'), 414, "a long target without an end"},
      {"GET /" + std::string(4095, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 404, "the longest"},
      {kGet + "Host: a\r\nX: " + std::string(9000, 'a') + "\r\n\r\n", 431, "a large field"},
      {kGet + "Host: " + std::string(9000, 'a') + "\r\n\r\n", 431, "a large Host"},
      {kGet + "Host: a\r\n" +
           [] {
             std::string many;
             for (int i = 0; i < 2000; ++i) many += "X: y\r\n";
             return many;
           }() +
           "\r\n",
       431, "many fields"},
      // RFC 9112 §6: the body's length
      {kPost + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400, "both"},
      {kPost + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "both"},
      {kPost + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody", 400, "two lengths"},
      {kPost + "Content-Length: 4, 5\r\n\r\nbody", 400, "two lengths"},
      {kPost + "Content-Length: +4\r\n\r\nbody", 400, "a sign"},
      {kPost + "Content-Length: -4\r\n\r\nbody", 400, "a sign"},
      {kPost + "Content-Length: 0x4\r\n\r\nbody", 400, "hexadecimal"},
      {kPost + "Content-Length: \r\n\r\n", 400, "empty"},
      {kPost + "Content-Length: 99999999999999999999\r\n\r\n", 400, "too large for 64 bits"},
      {kPost + "Transfer-Encoding: gzip\r\n\r\n", 501, "an unknown coding"},
      {kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "an unknown coding"},
      {kPost + "Transfer-Encoding: identity\r\n\r\n", 501, "an unknown coding"},
      {kPost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "an unknown coding"},
      {"POST /-/reload HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "RFC 9112 §6.1: HTTP/1.0 has none"},
      {kPost + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n", 400, "a chunk without a size"},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400, "a negative chunk"},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody0\r\n\r\n", 400, "no end of a chunk"},
      {kPost + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400, "a huge chunk"},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", 200, "valid"},
      {kPost + "Transfer-Encoding: Chunked\r\n\r\n4;x=y\r\nbody\r\n0\r\nT: r\r\n\r\n", 200,
       "with an extension and a trailer"},
  };
  return kCases;
}

// Nothing that follows a message without a certain end is taken for a request. A target without a
// path says nothing about the end.
bool ends_connection(const Case& one) {
  return one.status >= 400 && one.status != 404 && one.status != 405 &&
         one.why != std::string("no slash") && one.why != std::string("asterisk form");
}

class StrictHttp : public WebServerTest {
 protected:
  StrictHttp() {
    actions_.reload = [](auto done) { done({}); };
  }
  WebActions actions_;
};

TEST_F(StrictHttp, SaysWhatIsWrong) {
  start(actions_);
  for (const Case& one : cases()) {
    HttpClient client(port_);
    client.send(one.octets);
    Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, one.status) << one.why << ": " << one.octets.substr(0, 100);
    EXPECT_TRUE(reply.whole) << one.why;
    // HTTP/1.0 ends without saying so.
    if (ends_connection(one) && one.octets.find("HTTP/1.0") == std::string::npos) {
      EXPECT_EQ(reply.headers["connection"], "close") << one.why << one.octets.substr(0, 100);
    }
  }
}

TEST_F(StrictHttp, SplitsDoNotMatter) {
  start(actions_);
  for (const Case& one : cases()) {
    if (one.octets.size() > 200) continue;
    HttpClient client(port_);
    const size_t half = one.octets.size() / 2;
    client.send(one.octets.substr(0, half));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    client.send(one.octets.substr(half));
    EXPECT_EQ(client.read_reply().status, one.status) << one.why << ": " << one.octets;
  }
}

// A request smuggled behind one with two lengths never runs.
TEST_F(StrictHttp, RunsNothingBehindAFault) {
  int reloads = 0;
  actions_.reload = [&](auto done) {
    ++reloads;
    done({});
  };
  start(actions_);
  const std::string inner = kPost + "Content-Length: 0\r\n\r\n";
  for (const Case& one : cases()) {
    if (!ends_connection(one) || one.octets.size() > 200) continue;
    HttpClient client(port_);
    client.send(one.octets + inner);
    client.read_reply();
    EXPECT_TRUE(client.at_end()) << one.why;
  }
  EXPECT_EQ(reloads, 0);
}

TEST(HeadCheck, FindsTheSameInEverySplit) {
  const std::string heads[] = {"GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1\r\n A: b\r\n\r\n",
                               "GET / HTTP/1.1\rA: b\r\n\r\n", "GET / HTTP/1.1\nA: b\r\n\r\n",
                               "GET / HTTP/1.1\r\n\r\nbody\n\r x"};
  const HeadFault faults[] = {HeadFault::none, HeadFault::folded, HeadFault::line_end,
                              HeadFault::line_end, HeadFault::none};
  for (size_t i = 0; i < std::size(heads); ++i)
    for (size_t split = 0; split <= heads[i].size(); ++split) {
      HeadCheck check;
      check.take(heads[i].substr(0, split));
      EXPECT_EQ(check.take(heads[i].substr(split)), faults[i]) << heads[i] << split;
    }
}

TEST(ReportEndpointHttp, IsAsStrict) {
  int kept = 0;
  ReportEndpoint endpoint(
      [&](std::string, const Submission&) {
        ++kept;
        return SubmissionOutcome::kept;
      },
      "/tlsrpt", "");
  auto started = WebServer::start({loopback()}, endpoint, report_web_limits());
  ASSERT_TRUE(started.ok());
  const auto status_of = [&](const std::string& octets) {
    HttpClient client((*started)->endpoints().front().port);
    client.send(octets);
    return client.read_reply().status;
  };
  const std::string post = "POST /tlsrpt HTTP/1.1\r\n";
  EXPECT_EQ(status_of(post + "Host: a\r\nContent-Length: 2\r\n\r\n{}"), 201);
  EXPECT_EQ(status_of(post + "Content-Length: 2\r\n\r\n{}"), 400);
  EXPECT_EQ(status_of(post + "Host: a\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"), 400);
  EXPECT_EQ(status_of(post + "Host: a\r\nContent-Length: 2\r\nX: y\r\n z\r\n\r\n{}"), 400);
  EXPECT_EQ(status_of(post + "Host: a\r\nTransfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(kept, 1);
}

}  // namespace
}  // namespace mtasts::web
