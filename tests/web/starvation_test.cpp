// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Clients that hold connections cannot keep others from the telemetry and the web port. Measured
// with a thousand connections where the limit of descriptors can be raised.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <vector>

#include "web/telemetry_server.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kClients = 1000;

// The soft limit of open files for the life of a test, put back afterwards.
class OpenFiles {
 public:
  OpenFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    set(std::min<rlim_t>(before_.rlim_max, 8 * kClients));
  }
  ~OpenFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;

  void set(rlim_t most) {
    rlimit limit = before_;
    limit.rlim_cur = most;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    most_ = most;
  }
  // As many clients as the limit allows beside a server's connections.
  size_t clients() const {
    const size_t most = std::min<size_t>(kClients, most_ / 2);
    if (most < kClients) std::printf("only %zu clients: the limit of open files is low\n", most);
    return most;
  }

 private:
  rlimit before_{};
  rlim_t most_ = 0;
};

enum class Habit { silent, trickling, never_reading };

using Clients = std::vector<std::unique_ptr<HttpClient>>;

void add(Clients& clients, uint16_t port, Habit habit, const std::string& request) {
  clients.push_back(std::make_unique<HttpClient>());
  if (habit == Habit::never_reading) clients.back()->receive_at_most(4096);
  clients.back()->connect(port);
  if (habit == Habit::trickling) clients.back()->send("GET /");
  if (habit == Habit::never_reading) clients.back()->send(request);
}

// One more octet from each of the last clients; many were closed.
void trickle(const Clients& clients) {
  for (const auto& client : clients) client->send("a");
}

class TelemetryUnderSiege : public testing::TestWithParam<Habit> {};

TEST_P(TelemetryUnderSiege, HealthAndMetricsAreAnswered) {
  OpenFiles files;
  TelemetryHooks hooks;
  // More than is buffered for a client that never reads.
  hooks.metrics = [] { return "own 1\n" + std::string(512u << 10, '#') + "\n"; };
  hooks.heartbeats = {{"checks", [] { return steady_clock::now() - std::chrono::minutes(1); }},
                      {"web", [] { return steady_clock::now() - std::chrono::minutes(1); }}};
  auto started = TelemetryServer::start(loopback(), std::move(hooks));
  ASSERT_TRUE(started.ok()) << started.failure().detail;
  const uint16_t port = (*started)->endpoint().port;
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
  Clients clients;
  const size_t most = files.clients();
  steady_clock::duration longest{};
  const auto ask = [&](const std::string& target, int status) {
    const auto begin = steady_clock::now();
    HttpClient own(port);
    const Reply reply = own.get(target);
    longest = std::max(longest, steady_clock::now() - begin);
    EXPECT_EQ(reply.status, status) << target << " beside " << clients.size() << " clients";
    EXPECT_TRUE(reply.whole);
  };
  while (clients.size() < most) {
    add(clients, port, GetParam(), request);
    if (clients.size() % 50 != 0) continue;
    if (GetParam() == Habit::trickling) trickle(clients);
    ask("/-/healthy", 503);
    ask("/metrics", 200);
  }
  EXPECT_LT(longest, std::chrono::seconds(2));
  RecordProperty("longest_ms",
                 static_cast<int>(std::chrono::duration_cast<milliseconds>(longest).count()));
}

INSTANTIATE_TEST_SUITE_P(Habits, TelemetryUnderSiege,
                         testing::Values(Habit::silent, Habit::trickling, Habit::never_reading));

TEST(Telemetry, IsAnsweredWithoutDescriptors) {
  OpenFiles files;
  TelemetryHooks hooks;
  hooks.metrics = [] { return std::string("own 1\n"); };
  auto started = TelemetryServer::start(loopback(), std::move(hooks));
  ASSERT_TRUE(started.ok()) << started.failure().detail;
  Clients clients;
  for (int i = 0; i < 40; ++i) clients.push_back(std::make_unique<HttpClient>());
  files.set(512);
  std::vector<int> taken;
  for (int one = ::dup(0); one >= 0; one = ::dup(0)) taken.push_back(one);
  ASSERT_EQ(errno, EMFILE);
  for (auto& client : clients) {
    // The descriptor of this client stays open, as does that of the connection at the server.
    ASSERT_TRUE(client->connect((*started)->endpoint().port));
    EXPECT_EQ(client->get("/-/healthy").status, 200);
    EXPECT_EQ(client->get("/metrics").body, "own 1\n");
  }
  for (int one : taken) ::close(one);
}

class WebUnderSiege : public WebServerTest, public testing::WithParamInterface<Habit> {};

TEST_P(WebUnderSiege, ScrapesAreAnswered) {
  OpenFiles files;
  WebLimits limits = site_web_limits();
  start({}, limits);
  std::vector<settings::DomainEntry> all;
  for (int i = 0; i < 1000; ++i)
    all.push_back(present::world::configured("d" + std::to_string(i) + ".example"));
  published_.set_domains(all);
  Clients clients;
  const size_t most = files.clients();
  while (clients.size() < most) {
    add(clients, port_, GetParam(), "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    if (clients.size() % 100 != 0) continue;
    if (GetParam() == Habit::trickling) trickle(clients);
    HttpClient own(port_);
    const Reply reply = own.get("/metrics");
    EXPECT_EQ(reply.status, 200) << "beside " << clients.size() << " clients";
    EXPECT_TRUE(reply.whole);
  }
}

INSTANTIATE_TEST_SUITE_P(Habits, WebUnderSiege,
                         testing::Values(Habit::silent, Habit::trickling, Habit::never_reading));

}  // namespace
}  // namespace mtasts::web
