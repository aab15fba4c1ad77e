// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// However many domains there are, no handler of the loop works on a reload for long.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "fakes/handler_time.h"
#include "service/service_fixture.h"

namespace mtasts::service {
namespace {

using std::chrono::milliseconds;

// How clang says what gcc says by a macro.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MTASTS_THREAD_SANITIZER
#endif
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    defined(MTASTS_THREAD_SANITIZER)
// Twenty times as slow: it tells alone that the work is cut into pieces.
constexpr milliseconds kLongest{1000};
constexpr int kDomains = 10'000;
#else
constexpr milliseconds kLongest{50};
constexpr int kDomains = 100'000;
#endif

std::vector<std::string> many(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("n{:06}.example", i));
  return names;
}

class ReloadHold : public ServiceTest {
 protected:
  void begin(int domains) {
    loaded_.settings.check.concurrency = 1;
    loaded_.settings.log.level = LogLevel::error;  // every check would have a line
    configure(many(domains));
    auto started = service_.start(load());
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    port_ = service_.web_endpoints().at(0).port;
  }
  // The longest handler of the loop until a reload is answered.
  milliseconds longest_of_reload(const std::string& what, const std::string& answer) {
    std::atomic<bool> answered = false;
    std::string body;
    std::thread client([&] {
      body = get("/-/reload", "POST").body;
      answered = true;
    });
    const milliseconds longest =
        fakes::longest_handler(service_.loop(), [&] { return answered.load(); });
    client.join();
    std::printf("  %s: longest handler %d ms\n", what.c_str(), static_cast<int>(longest.count()));
    EXPECT_NE(body.find(answer), std::string::npos) << what << ": " << body;
    return longest;
  }
  void end() {
    service_.request_stop();
    service_.run();
  }
};

TEST_F(ReloadHold, IsShortHoweverManyDomainsThereAre) {
  begin(kDomains);
  rewrite();
  EXPECT_LE(longest_of_reload("nothing changed", "Nothing changed"), kLongest);
  change([](settings::Settings& settings) { settings.log.format = LogFormat::json; });
  EXPECT_LE(longest_of_reload("an unrelated setting", "were reloaded"), kLongest);
  configure(many(kDomains + 1));
  EXPECT_LE(longest_of_reload("one domain more", "were reloaded"), kLongest);
  change([](settings::Settings& settings) { settings.check.interval = std::chrono::minutes(1); });
  EXPECT_LE(longest_of_reload("a shorter interval", "were reloaded"), kLongest);
  configure(many(kDomains / 2));
  EXPECT_LE(longest_of_reload("half of the domains", "were reloaded"), kLongest);
  configure(many(kDomains));
  EXPECT_LE(longest_of_reload("twice as many domains", "were reloaded"), kLongest);
  EXPECT_EQ(service_.engines(), 2) << "for the interval";
  change([](settings::Settings& settings) { settings.log.format = LogFormat::logfmt; });
  EXPECT_LE(longest_of_reload("logfmt again", "were reloaded"), kLongest);
  end();
}

}  // namespace
}  // namespace mtasts::service
