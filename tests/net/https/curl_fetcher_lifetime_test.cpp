// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "async/deadline.h"
#include "fakes/run_until.h"
#include "net/https/curl_fetcher.h"
#include "net/https/curl_fetcher_fixture.h"

namespace mtasts::net {
namespace {

using fakes::Behaviour;
using fakes::HttpsServer;
using fakes::policy_response;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using std::chrono::milliseconds;
using testing::IsEmpty;

size_t open_descriptors() {
  std::error_code ignored;
  auto begin = std::filesystem::directory_iterator("/proc/self/fd", ignored);
  return static_cast<size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

TEST_F(CurlFetcherTest, ManyAtOnce) {
  HttpsServer server(good_, answering(policy_response(kBody)));
  CurlFetcher fetcher = make_fetcher(server.port());
  int responded = 0;
  for (int i = 0; i < 100; ++i) {
    boost::asio::co_spawn(loop_, fetcher.fetch_policy(kHost, loopback()),
                          [&](std::exception_ptr error, HttpsAttempt attempt) {
                            EXPECT_FALSE(error);
                            EXPECT_EQ(attempt.body, kBody) << attempt.detail;
                            responded += attempt.status == HttpsStatus::responded ? 1 : 0;
                          });
  }
  loop_.run();
  EXPECT_EQ(responded, 100);
  EXPECT_EQ(observer_->cache_size(), 1u);
  EXPECT_EQ(observer_->cache_hits(), 99u);
}

TEST_F(CurlFetcherTest, NothingStaysOpen) {
  HttpsServer server(good_, answering(policy_response(kBody)));
  CurlFetcher fetcher = make_fetcher(server.port());
  finish(fetcher.fetch_policy(kHost, loopback()));
  const size_t before = open_descriptors();
  for (int i = 0; i < 5; ++i) {
    finish(fetcher.fetch_policy(kHost, loopback()));
    finish(fetcher.shake_hands(kHost, loopback()));
  }
  // The server in this process keeps its ten sockets.
  EXPECT_LE(open_descriptors(), before + 10);
}

boost::asio::awaitable<HttpsAttempt> limited(PolicyFetcher& fetcher, milliseconds limit,
                                             bool& cut) {
  auto operation = fetcher.fetch_policy(kHost, loopback());
  std::optional<HttpsAttempt> result = co_await async::with_deadline(std::move(operation), limit);
  cut = !result.has_value();
  co_return result.value_or(HttpsAttempt{});
}

TEST_F(CurlFetcherTest, CancelledByADeadlineAround) {
  for (Behaviour behaviour : {Behaviour::silent_after_accept, Behaviour::silent_after_handshake}) {
    HttpsServer server(good_, behaving(behaviour));
    CurlFetcher fetcher = make_fetcher(server.port());
    bool cut = false;
    const auto begin = std::chrono::steady_clock::now();
    finish(limited(fetcher, milliseconds(200), cut));
    EXPECT_TRUE(cut);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
}

TEST_F(CurlFetcherTest, CancelledAtOnce) {
  HttpsServer server(good_, behaving(Behaviour::silent_after_accept));
  CurlFetcher fetcher = make_fetcher(server.port());
  bool cut = false;
  finish(limited(fetcher, milliseconds(0), cut));
  EXPECT_TRUE(cut);
}

TEST_F(CurlFetcherTest, DestroyedWhileFetching) {
  HttpsServer server(good_, behaving(Behaviour::silent_after_handshake));
  auto fetcher = make_fetcher_pointer(server.port());
  std::vector<HttpsAttempt> ended;
  for (int i = 0; i < 10; ++i)
    boost::asio::co_spawn(loop_, fetcher->fetch_policy(kHost, loopback()),
                          [&](std::exception_ptr error, HttpsAttempt attempt) {
                            EXPECT_FALSE(error);
                            ended.push_back(std::move(attempt));
                          });
  ASSERT_TRUE(
      fakes::run_until(loop_, "ten requests", [&] { return server.requests().size() == 10; }));
  EXPECT_THAT(ended, IsEmpty());
  fetcher.reset();
  loop_.run();
  ASSERT_EQ(ended.size(), 10u);
  for (const HttpsAttempt& attempt : ended) {
    EXPECT_EQ(attempt.status, HttpsStatus::cancelled);
    EXPECT_TRUE(attempt.chain) << "what was seen stays";
  }
}

TEST_F(CurlFetcherTest, DestroyedBeforeTheFirstStep) {
  HttpsServer server(good_, {});
  auto fetcher = make_fetcher_pointer(server.port());
  auto operation = fetcher->fetch_policy(kHost, loopback());
  fetcher.reset();
  EXPECT_EQ(finish(std::move(operation)).status, HttpsStatus::cancelled);
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(CurlFetcherTest, LoopDestroyedWhileFetching) {
  HttpsServer server(good_, behaving(Behaviour::silent_after_handshake));
  bool ended = false;
  {
    boost::asio::io_context loop;
    settings_.port = server.port();
    CurlFetcher fetcher(loop.get_executor(), observer_, settings_);
    for (int i = 0; i < 3; ++i)
      boost::asio::co_spawn(loop, fetcher.fetch_policy(kHost, loopback()),
                            [&](std::exception_ptr, HttpsAttempt) { ended = true; });
    ASSERT_TRUE(
        fakes::run_until(loop, "three requests", [&] { return server.requests().size() == 3; }));
  }
  EXPECT_FALSE(ended);
}

TEST_F(CurlFetcherTest, LoopDestroyedBeforeTheFetcher) {
  HttpsServer server(good_, behaving(Behaviour::silent_after_accept));
  auto loop = std::make_unique<boost::asio::io_context>();
  settings_.port = server.port();
  auto fetcher = std::make_unique<CurlFetcher>(loop->get_executor(), observer_, settings_);
  boost::asio::co_spawn(*loop, fetcher->fetch_policy(kHost, loopback()),
                        [](std::exception_ptr, HttpsAttempt) {});
  ASSERT_TRUE(fakes::run_until(*loop, "the connection", [&] { return server.accepted() == 1; }));
  fetcher.reset();
  loop.reset();
}

}  // namespace
}  // namespace mtasts::net
