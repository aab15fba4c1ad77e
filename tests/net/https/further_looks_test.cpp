// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>

#include <string>

#include "fakes/gzip.h"
#include "net/https/curl_fetcher_fixture.h"

namespace mtasts::net {
namespace {

using fakes::Behaviour;
using fakes::gzip;
using fakes::HttpsScript;
using fakes::policy_response;
using fakes::response_with;
using protocol::BodyCoding;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string coded_response(const std::string& coding, const std::string& body) {
  return response_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: " + coding,
                       body);
}

TEST_F(CurlFetcherTest, GzipThatTheRequestOffers) {
  HttpsScript script = answering(coded_response("gzip", gzip(kBody)));
  script.without_accept_encoding = policy_response(kBody);
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.body, kBody);
  EXPECT_EQ(seen.coding, BodyCoding::decoded);
  EXPECT_EQ(seen.content_encoding, "gzip");
  ASSERT_TRUE(seen.uncoded.has_value());
  EXPECT_FALSE(seen.uncoded->coded);
  EXPECT_EQ(seen.uncoded->body, kBody);
  ASSERT_EQ(requests_.size(), 2u);
  EXPECT_THAT(requests_[0].head, HasSubstr("\r\nAccept-Encoding: gzip\r\n"));
  EXPECT_THAT(requests_[1].head, Not(HasSubstr("Accept-Encoding")));
}

TEST_F(CurlFetcherTest, GzipThatNobodyAskedFor) {
  HttpsAttempt seen = fetch(answering(coded_response("gzip", gzip(kBody))));
  EXPECT_EQ(seen.body, kBody);
  EXPECT_EQ(seen.coding, BodyCoding::decoded);
  ASSERT_TRUE(seen.uncoded.has_value());
  EXPECT_TRUE(seen.uncoded->coded);
  EXPECT_FALSE(seen.uncoded->body.has_value());
}

TEST_F(CurlFetcherTest, CodingsThatAreNotOffered) {
  for (const char* coding : {"br", "deflate", "zstd", "gzip, br", "GZIP, gzip"}) {
    HttpsAttempt seen = fetch(answering(coded_response(coding, "\x1F\x8B raw")));
    EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
    EXPECT_EQ(seen.coding, BodyCoding::other) << coding;
    EXPECT_EQ(seen.content_encoding, coding);
    EXPECT_EQ(seen.body, "\x1F\x8B raw") << "as it came";
    EXPECT_EQ(accepted_, 2) << coding;
  }
}

TEST_F(CurlFetcherTest, NoCodingTakesOneRequest) {
  for (const char* coding : {"identity", "Identity", ""}) {
    HttpsAttempt seen = fetch(answering(coded_response(coding, kBody)));
    EXPECT_EQ(seen.coding, BodyCoding::none) << coding;
    EXPECT_EQ(seen.body, kBody);
    EXPECT_FALSE(seen.uncoded.has_value());
    EXPECT_EQ(accepted_, 1) << coding;
  }
}

TEST_F(CurlFetcherTest, GzipThatIsNone) {
  HttpsAttempt seen = fetch(answering(coded_response("gzip", kBody)));
  EXPECT_EQ(seen.coding, BodyCoding::unreadable);
  EXPECT_EQ(seen.body, kBody);
}

TEST_F(CurlFetcherTest, GzipOverTheLimit) {
  const std::string bomb = gzip(std::string(40'000'000, 'x'));
  ASSERT_LT(bomb.size(), protocol::kPolicyLimit_bytes);
  HttpsAttempt seen = fetch(answering(coded_response("gzip", bomb)));
  EXPECT_EQ(seen.status, HttpsStatus::too_large);
  EXPECT_THAT(seen.detail, HasSubstr("65536"));
  EXPECT_EQ(seen.body.size(), protocol::kPolicyLimit_bytes);
  EXPECT_EQ(accepted_, 1);
}

TEST_F(CurlFetcherTest, Http2AloneByAlert) {
  HttpsScript script;
  script.http2_body = kBody;
  script.http2_only = true;
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.http_status, 200);
  EXPECT_EQ(seen.http_version, "2");
  EXPECT_EQ(seen.body, kBody);
  EXPECT_EQ(seen.content_type, "text/plain");
  EXPECT_THAT(seen.http1_failure, HasSubstr("no application protocol"));
  EXPECT_EQ(accepted_, 3) << "HTTP/1.1 is tried twice";
}

TEST_F(CurlFetcherTest, Http2AloneByStatusOrSilence) {
  const std::string gone_away("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64", 15);  // an HTTP/2 SETTINGS frame
  for (const std::string& response :
       {std::string("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 0\r\n\r\n"),
        std::string(), gone_away}) {
    HttpsScript script = answering(response);
    script.http2_body = kBody;
    HttpsAttempt seen = fetch(script);
    EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
    EXPECT_EQ(seen.http_version, "2");
    EXPECT_EQ(seen.body, kBody);
    EXPECT_FALSE(seen.http1_failure.empty());
  }
}

// What hitch, stunnel and haproxy do when the server behind them is down.
TEST_F(CurlFetcherTest, NoResponseAfterTheHandshake) {
  for (Behaviour behaviour : {Behaviour::answer, Behaviour::reset_after_request}) {
    HttpsAttempt seen = fetch(behaving(behaviour));
    EXPECT_EQ(seen.status, HttpsStatus::malformed) << seen.detail;
    EXPECT_TRUE(seen.no_response);
    EXPECT_EQ(seen.detail, "the connection was closed without a response");
    EXPECT_EQ(accepted_, 2) << "one more request, with HTTP/2 offered";
  }
  EXPECT_FALSE(fetch(answering("version: STSv1\r\n")).no_response);
}

TEST_F(CurlFetcherTest, Http2BesideHttp1IsNotTried) {
  HttpsScript script = answering(policy_response(kBody));
  script.http2_body = "version: STSv1\r\n";
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.http_version, "1.1");
  EXPECT_EQ(seen.body, kBody);
  EXPECT_EQ(seen.http1_failure, "");
  EXPECT_EQ(accepted_, 1);
}

TEST_F(CurlFetcherTest, RefusalOverBothVersions) {
  HttpsAttempt seen =
      fetch(answering("HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(seen.http_status, 403);
  EXPECT_EQ(seen.http1_failure, "");
  ASSERT_NE(protocol::field_of(seen, "server"), nullptr);
  EXPECT_EQ(*protocol::field_of(seen, "server"), "nginx");
  EXPECT_EQ(accepted_, 2) << "one more request, with HTTP/2 offered";
}

TEST_F(CurlFetcherTest, StatusThatNeedsNoSecondLook) {
  for (int status : {301, 404, 410, 429, 500, 502, 503}) {
    fetch(answering("HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_EQ(accepted_, 1) << status;
  }
}

std::string short_length(const std::string& body, size_t announced) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(announced) + "\r\n\r\n" + body;
}

TEST_F(CurlFetcherTest, LengthBelowTheBody) {
  HttpsAttempt seen = fetch(answering(short_length(kBody, 22)));
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.body, std::string(kBody).substr(0, 22));
  EXPECT_EQ(seen.excess, std::string(kBody).substr(22));
  EXPECT_TRUE(protocol::is_cut_by_length(seen));
  EXPECT_EQ(accepted_, 1) << "seen in passing";
}

TEST_F(CurlFetcherTest, LengthBelowTheBodyInSeveralRecords) {
  for (Behaviour behaviour : {Behaviour::answer, Behaviour::hold_open}) {
    HttpsScript script = behaving(behaviour);
    script.response = short_length(std::string(kBody).substr(0, 22), 22);
    script.second_record = std::string(kBody).substr(22);
    HttpsAttempt seen = fetch(script);
    EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
    EXPECT_EQ(seen.body, std::string(kBody).substr(0, 22));
    EXPECT_EQ(seen.excess, std::string(kBody).substr(22));
    EXPECT_EQ(accepted_, 2);
    EXPECT_THAT(requests_[1].head, HasSubstr("\r\nConnection: close\r\n"));
  }
}

TEST_F(CurlFetcherTest, ShortLengthOfEverything) {
  HttpsAttempt seen = fetch(answering(short_length(kBody, 0)));
  EXPECT_EQ(seen.body, "");
  EXPECT_EQ(seen.excess, kBody);
}

TEST_F(CurlFetcherTest, WhatIsNoExcess) {
  for (const char* behind : {"\r\n", "\n\n", "HTTP/1.1 408 Request Timeout\r\n\r\n", ""}) {
    HttpsAttempt seen = fetch(answering(policy_response(kBody) + behind));
    EXPECT_EQ(seen.body, kBody);
    EXPECT_FALSE(protocol::is_cut_by_length(seen)) << behind;
    EXPECT_EQ(accepted_, 1);
  }
}

TEST_F(CurlFetcherTest, BadPolicyOfTheRightLength) {
  HttpsAttempt seen = fetch(answering(policy_response("version: STSv1\r\nmode: en")));
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_EQ(seen.excess, "");
  EXPECT_EQ(accepted_, 2);
}

TEST_F(CurlFetcherTest, FloodBehindTheLength) {
  HttpsScript script = behaving(Behaviour::repeat_last);
  script.response = short_length("version: STSv1\r\nmode: en", 24);
  script.repeated = std::string(4096, 'x');
  HttpsAttempt seen = fetch(script);
  EXPECT_EQ(seen.status, HttpsStatus::responded) << seen.detail;
  EXPECT_THAT(seen.excess, StartsWith("xxx"));
  EXPECT_LE(seen.excess.size(), protocol::kPolicyLimit_bytes);
}

TEST_F(CurlFetcherTest, HeadLinesThatEndInLineFeedAlone) {
  EXPECT_TRUE(
      fetch(answering("HTTP/1.1 200 OK\r\nContent-Type: text/plain\nContent-Length: 0\r\n\r\n"))
          .bare_lf_in_head);
  EXPECT_FALSE(fetch(answering(policy_response(kBody))).bare_lf_in_head);
}

}  // namespace
}  // namespace mtasts::net
