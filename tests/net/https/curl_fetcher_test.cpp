// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/curl_fetcher.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "net/https/curl_fetcher_fixture.h"

namespace mtasts::net {
namespace {

using fakes::Behaviour;
using fakes::HttpsScript;
using fakes::HttpsServer;
using fakes::policy_response;
using fakes::response_with;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using protocol::kPolicyLimit_bytes;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(CurlFetcherTest, Policy) {
  HttpsAttempt seen = fetch(answering(policy_response(kBody)));
  ASSERT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.detail, "");
  EXPECT_EQ(seen.http_status, 200);
  EXPECT_EQ(seen.content_type, "text/plain");
  EXPECT_FALSE(seen.location.has_value());
  EXPECT_EQ(seen.body, kBody);
  EXPECT_EQ(seen.tls_version, "TLSv1.3");
  EXPECT_THAT(seen.cipher, HasSubstr("TLS_"));
  EXPECT_EQ(seen.address, loopback());
  ASSERT_TRUE(seen.chain);
  EXPECT_TRUE(seen.chain->verified()) << seen.chain->verify_error;
  EXPECT_GE(seen.total_time, seen.connect_time);
}

TEST_F(CurlFetcherTest, RequestIsWhatASenderSends) {
  setenv("https_proxy", "http://127.0.0.1:1", 1);
  fetch(answering(policy_response(kBody)));
  unsetenv("https_proxy");
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_EQ(requests_[0].server_name, kHost);
  EXPECT_THAT(requests_[0].alpn, ElementsAre("http/1.1"));
  EXPECT_EQ(requests_[0].head,
            "GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
            "Host: mta-sts.example.com\r\n"
            "User-Agent: mtasts-exporter/1.2.3\r\n"
            "Accept: */*\r\n"
            "Accept-Encoding: gzip\r\n\r\n");
}

TEST_F(CurlFetcherTest, EveryFetchIsAFullHandshakeWithoutCaching) {
  HttpsServer server(good_, answering(response_with("HTTP/1.1 200 OK\r\nETag: \"1\"\r\n"
                                                    "Set-Cookie: a=b\r\nConnection: keep-alive",
                                                    kBody)));
  CurlFetcher fetcher = make_fetcher(server.port());
  for (int i = 0; i < 2; ++i) {
    HttpsAttempt seen = finish(fetcher.fetch_policy(kHost, loopback()));
    EXPECT_TRUE(seen.chain) << "a resumed session shows no certificate";
  }
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_EQ(server.requests()[0].head, server.requests()[1].head);
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(CurlFetcherTest, RedirectIsNotFollowed) {
  HttpsAttempt seen = fetch(answering(response_with(
      "HTTP/1.1 301 Moved Permanently\r\nLocation: https://www.example.com/", "gone")));
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.http_status, 301);
  EXPECT_EQ(seen.location, "https://www.example.com/");
  EXPECT_EQ(accepted_, 1);
}

// Senders take the first of several.
TEST_F(CurlFetcherTest, FirstContentTypeCounts) {
  HttpsAttempt seen = fetch(answering(response_with(
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\ncontent-TYPE:  text/plain; charset=utf-8 ",
      kBody)));
  EXPECT_EQ(seen.content_type, "text/html");
  ASSERT_EQ(seen.fields.size(), 3u);
  EXPECT_EQ(seen.fields[1].value, "text/plain; charset=utf-8");
}

TEST_F(CurlFetcherTest, FirstLocationCounts) {
  HttpsAttempt seen =
      fetch(answering(response_with("HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b", "")));
  EXPECT_EQ(seen.location, "/a");
}

TEST_F(CurlFetcherTest, NoContentType) {
  EXPECT_FALSE(fetch(answering(response_with("HTTP/1.1 200 OK", kBody))).content_type.has_value());
}

TEST_F(CurlFetcherTest, InterimAnswersAreSkipped) {
  HttpsAttempt seen = fetch(
      answering("HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\nLocation: /x\r\n\r\n" +
                response_with("HTTP/1.1 200 OK", kBody)));
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.http_status, 200);
  EXPECT_FALSE(seen.content_type.has_value());
  EXPECT_FALSE(seen.location.has_value());
}

TEST_F(CurlFetcherTest, BodyOfExactlyTheLimit) {
  const std::string body(kPolicyLimit_bytes, 'x');
  HttpsAttempt seen = fetch(answering(policy_response(body)));
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.body.size(), kPolicyLimit_bytes);
}

struct WireCase {
  std::string response;
  HttpsStatus status;
  int http_status;
  std::string words;
  const char* reason;
};

TEST_F(CurlFetcherTest, Answers) {
  const std::string large(kPolicyLimit_bytes + 1, 'x');
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const WireCase cases[] = {
      {ok + "Content-Length: 65537\r\n\r\n", HttpsStatus::too_large, 200, "65537",
       "announced too large"},
      {ok + "Content-Length: 99999999999999999999999\r\n\r\n", HttpsStatus::too_large, 200, "body",
       "announced beyond all numbers"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + large + "\r\n0\r\n\r\n",
       HttpsStatus::too_large, 200, "65536", "chunks over the limit"},
      {ok + "\r\n" + large, HttpsStatus::too_large, 200, "65536", "no length, over the limit"},
      {ok + "Content-Length: 50\r\n\r\nshort", HttpsStatus::truncated, 200, "45 bytes",
       "fewer octets than announced"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n50\r\nshort", HttpsStatus::truncated, 200, "",
       "a chunk that ends early"},
      {ok + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n", HttpsStatus::malformed, 200, "chunk",
       "no chunk size"},
      {"version: STSv1\r\n", HttpsStatus::malformed, 0, "HTTP/0.9", "no status line"},
      {"HTTP/9.9 200 OK\r\n\r\n", HttpsStatus::malformed, 0, "", "an HTTP version nobody knows"},
      {"", HttpsStatus::malformed, 0, "without a response", "closed without an answer"},
      {"HTTP/1.1 20", HttpsStatus::malformed, 0, "", "half a status line"},
      {ok + "Content-Type: text/plain\r\n", HttpsStatus::malformed, 200, "", "half a head"},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 50\r\n\r\nshort", HttpsStatus::responded, 404, "",
       "the status is what counts, a cut error page is not"},
      {"HTTP/1.1 404 Not Found\r\n\r\n" + large, HttpsStatus::responded, 404, "",
       "a large error page is not a large policy"},
      {"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", HttpsStatus::responded, 500, "", "empty"},
      {"HTTP/1.1 204 No Content\r\n\r\n", HttpsStatus::responded, 204, "", "no body at all"},
      {"HTTP/1.0 200 OK\r\n\r\nold", HttpsStatus::responded, 200, "", "HTTP/1.0, ended by close"},
      {ok + "Content-Length: 0\r\n\r\n", HttpsStatus::responded, 200, "", "an empty policy"},
  };
  HttpsServer server(good_, {});
  CurlFetcher fetcher = make_fetcher(server.port());
  for (const WireCase& test : cases) {
    server.set_script(answering(test.response));
    HttpsAttempt seen = finish(fetcher.fetch_policy(kHost, loopback()));
    EXPECT_EQ(seen.status, test.status) << test.reason << ": " << seen.detail;
    EXPECT_EQ(seen.http_status, test.http_status) << test.reason;
    EXPECT_THAT(seen.detail, HasSubstr(test.words)) << test.reason;
    EXPECT_EQ(seen.detail.empty(), seen.status == HttpsStatus::responded) << test.reason;
    EXPECT_LE(seen.body.size(), kPolicyLimit_bytes) << test.reason;
    EXPECT_TRUE(seen.chain) << test.reason;
    EXPECT_EQ(seen.tls_version, "TLSv1.3") << test.reason;
  }
}

TEST_F(CurlFetcherTest, BodiesThatAreCutOff) {
  const std::string chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nshort";
  const std::string announced = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort";
  HttpsServer server(good_, {});
  CurlFetcher fetcher = make_fetcher(server.port());
  for (const std::string& response : {chunk, announced}) {
    for (Behaviour behaviour : {Behaviour::answer, Behaviour::garbage_after_response}) {
      HttpsScript script = behaving(behaviour);
      script.response = response;
      script.without_close_notify = true;
      server.set_script(script);
      HttpsAttempt seen = finish(fetcher.fetch_policy(kHost, loopback()));
      EXPECT_EQ(seen.status, HttpsStatus::truncated) << seen.detail << " of " << response;
      EXPECT_EQ(seen.http_status, 200);
      EXPECT_EQ(seen.body, "short");
    }
  }
}

struct HeadCase {
  std::string head;
  HttpsStatus status;
  int http_status;
  std::optional<std::string> content_type;
  const char* reason;
};

TEST_F(CurlFetcherTest, Heads) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::optional<std::string> none;
  const HeadCase cases[] = {
      {"HTTP/1.1 200 OK\nContent-Type:text/plain\nContent-Length: 0\n\n", HttpsStatus::responded,
       200, "text/plain", "bare LF, no blank"},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", HttpsStatus::responded, 200, none,
       "no reason phrase"},
      {ok + "CONTENT-TYPE: \t text/plain \t\r\nContent-Type: a/b\r\n\r\n", HttpsStatus::responded,
       200, "text/plain", "trimmed, the first counts"},
      {ok + "Content-Length: 1\r\nContent-Length: 0\r\n\r\nx", HttpsStatus::malformed, 200, none,
       "lengths that differ"},
      {ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", HttpsStatus::responded, 200, none,
       "the same length twice"},
      {ok + "Content-Type:\r\n\r\n", HttpsStatus::responded, 200, "",
       "an empty field is not an absent one"},
      {"HTTP/1.1 103 Hints\r\nContent-Length: 99999999\r\nContent-Type: a/b\r\n\r\n" + ok +
           "Content-Length: 0\r\n\r\n",
       HttpsStatus::responded, 200, none, "an interim answer's fields are not the final one's"},
      {"HTTP/1.1 100 Continue\r\n\r\n", HttpsStatus::malformed, 0, none, "only interim"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 99999999\r\n"
            "Content-Type: a/b\r\n\r\n",
       HttpsStatus::responded, 200, none, "a trailer says nothing"},
      {ok + "Content-Length: 65536, 65536\r\n\r\n", HttpsStatus::truncated, 200, none,
       "a list is no number over the limit"},
      {ok + "Content-Length: -1\r\n\r\n", HttpsStatus::malformed, 200, none, "a sign"},
      {ok + "Content-Length: 18446744073709551616\r\n\r\n", HttpsStatus::too_large, 200, none,
       "beyond 64 bits is beyond every limit"},
      {"HTTP/1.1 404 No\r\nContent-Length: 18446744073709551616\r\n\r\n", HttpsStatus::responded,
       404, none, "whatever an error page announces"},
      {"HTTP/1.1 xyz\r\n\r\n", HttpsStatus::malformed, 0, none, "no number"},
      {ok + "no colon\r\n\r\n", HttpsStatus::malformed, 200, none, "a line that is no field"},
  };
  HttpsServer server(good_, {});
  CurlFetcher fetcher = make_fetcher(server.port());
  for (const HeadCase& test : cases) {
    server.set_script(answering(test.head));
    HttpsAttempt seen = finish(fetcher.fetch_policy(kHost, loopback()));
    EXPECT_EQ(seen.status, test.status) << test.reason << ": " << seen.detail;
    EXPECT_EQ(seen.http_status, test.http_status) << test.reason;
    EXPECT_EQ(seen.content_type, test.content_type) << test.reason;
  }
}

// RFC 9112 §9.8 calls it incomplete.
// We differ: it is accepted, as senders and browsers do.
TEST_F(CurlFetcherTest, CloseWithoutNotifyIsTaken) {
  HttpsScript script = answering("HTTP/1.1 200 OK\r\n\r\nversion: STSv1\r\n");
  script.without_close_notify = true;
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.body, "version: STSv1\r\n");
}

TEST_F(CurlFetcherTest, EndlessHead) {
  HttpsScript script = behaving(Behaviour::repeat_last);
  script.response = "HTTP/1.1 200 OK\r\n";
  script.repeated = "X-Filler: more\r\n";
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::malformed);
  EXPECT_THAT(seen.detail, HasSubstr("head"));
}

TEST_F(CurlFetcherTest, EndlessHeaderLine) {
  HttpsScript script = behaving(Behaviour::repeat_last);
  script.response = "HTTP/1.1 200 OK\r\nX-Filler: ";
  script.repeated = std::string(4096, 'x');
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::malformed) << seen.detail;
}

TEST_F(CurlFetcherTest, FloodOfInterimAnswers) {
  HttpsScript script = behaving(Behaviour::repeat_last);
  script.repeated = "HTTP/1.1 100 Continue\r\n\r\n";
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::malformed) << seen.detail;
}

TEST_F(CurlFetcherTest, EndlessBody) {
  HttpsScript script = behaving(Behaviour::repeat_last);
  script.response = "HTTP/1.1 200 OK\r\n\r\n";
  script.repeated = std::string(1000, 'x');
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::too_large) << seen.detail;
  EXPECT_EQ(seen.body.size(), kPolicyLimit_bytes);
}

TEST_F(CurlFetcherTest, EndlessTrailers) {
  HttpsScript script = behaving(Behaviour::repeat_last);
  script.response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  script.repeated = "X-Trailer: more\r\n";
  EXPECT_EQ(fetch(script).status, HttpsStatus::malformed);
}

}  // namespace
}  // namespace mtasts::net
