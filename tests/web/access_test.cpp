// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Who may do what at the web port: 401, 403 and 429 of the site, over a real connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <atomic>

#include "web/web_fixture.h"

namespace mtasts::web {
namespace {

using settings::WebRole;
using testing::HasSubstr;

// The hash of each password is 60 characters that begin with it.
std::string hash_of(const std::string& password) {
  std::string hash = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
  return hash.replace(7, password.size(), password);
}

const std::string kReader = "Authorization: Basic cmVhZGVyOnItcGFzcw==\r\n";  // reader:r-pass
const std::string kProber = "Authorization: Basic cHJvYmVyOnAtcGFzcw==\r\n";  // prober:p-pass
const std::string kWriter = "Authorization: Basic d3JpdGVyOnctcGFzcw==\r\n";  // writer:w-pass
const std::string kWrong = "Authorization: Basic d3JpdGVyOnItcGFzcw==\r\n";   // writer:r-pass
const std::string kNobody = "Authorization: Basic bm9ib2R5OnItcGFzcw==\r\n";  // nobody:r-pass
std::string basic(const std::string& credentials) {
  std::string text(4 * (credentials.size() / 3 + 1) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(credentials.data()),
                                   static_cast<int>(credentials.size()));
  text.resize(static_cast<size_t>(size));
  return "Authorization: Basic " + text + "\r\n";
}

const std::string kBearer = "Authorization: Bearer abc\r\n";

class AccessTest : public testing::Test {
 protected:
  void start(const settings::WebAccessSettings& access) {
    present::world::fill(published_);
    WebActions actions;
    actions.reload = [this](std::function<void(const ReloadResult&)> done) {
      ++reloads_;
      done({});
    };
    auto hasher = [this](std::string_view password, std::string_view hash) {
      ++comparisons_;
      return hash.substr(7).starts_with(password);
    };
    settings::ProbeSettings any;
    any.any = true;
    site_ =
        std::make_unique<WebSite>(published_.reports, published_.exposition, actions, any, hasher);
    site_->set_access(access);
    auto started = WebServer::start({loopback()}, *site_);
    ASSERT_TRUE(started.ok()) << started.failure().detail;
    server_ = std::move(started.value());
  }
  ~AccessTest() override {
    server_.reset();
    site_.reset();
  }
  static settings::WebAccessSettings users() {
    settings::WebAccessSettings access;
    access.users = {{"prober", hash_of("p-pass"), WebRole::probe},
                    {"reader", hash_of("r-pass"), WebRole::read},
                    {"writer", hash_of("w-pass"), WebRole::write}};
    return access;
  }
  Reply ask(const std::string& target, const std::string& headers = "",
            const std::string& method = "GET") const {
    HttpClient client(server_->endpoints().at(0).port);
    return client.get(target, headers, method);
  }
  int status(const std::string& target, const std::string& headers = "",
             const std::string& method = "GET") const {
    return ask(target, headers, method).status;
  }

  std::atomic<int> comparisons_{0};
  std::atomic<int> reloads_{0};
  present::world::Published published_;
  std::unique_ptr<WebSite> site_;
  std::unique_ptr<WebServer> server_;
};

TEST_F(AccessTest, WithoutUsersEverybodyMayDoEverything) {
  start({});
  for (const std::string& headers : {std::string(), kWrong, kBearer}) {
    EXPECT_EQ(status("/metrics", headers), 200);
    EXPECT_EQ(status("/-/reload", headers, "POST"), 200);
    EXPECT_EQ(status("/probe?target=example.com", headers), 501) << "no action, but permitted";
  }
  EXPECT_EQ(comparisons_, 0);
}

// Without user names, so that whoever may scrape learns none.
TEST_F(AccessTest, LoginsAreCounted) {
  start({});
  EXPECT_FALSE(site_->logins()) << "nobody needs a password";
  site_->set_access(users());
  auto expect = [&](uint64_t accepted, uint64_t rejected, uint64_t throttled, const char* after) {
    const auto logins = site_->logins();
    ASSERT_TRUE(logins);
    EXPECT_EQ(logins->accepted, accepted) << after;
    EXPECT_EQ(logins->rejected, rejected) << after;
    EXPECT_EQ(logins->throttled, throttled) << after;
  };
  expect(0, 0, 0, "nothing");
  EXPECT_EQ(status("/metrics"), 401);
  EXPECT_EQ(status("/metrics", kBearer), 401);
  expect(0, 0, 0, "requests without a user name and a password");
  EXPECT_EQ(status("/metrics", kReader), 200);
  EXPECT_EQ(status("/metrics", kReader), 200);
  expect(2, 0, 0, "one compared and one remembered");
  EXPECT_EQ(status("/-/reload", kReader, "POST"), 403);
  EXPECT_EQ(status("/-/reload", kProber, "POST"), 403);
  expect(4, 0, 0, "a role that does not suffice");
  EXPECT_EQ(status("/metrics", kWrong), 401);
  EXPECT_EQ(status("/metrics", kWrong), 401);
  EXPECT_EQ(status("/metrics", kNobody), 401);
  expect(4, 3, 0, "wrong ones, one of them twice");
  for (int number = 0; number < 40; ++number)
    status("/metrics", basic("reader:" + std::to_string(number)));
  const auto logins = site_->logins();
  EXPECT_EQ(logins->rejected + logins->throttled, 43u);
  EXPECT_GE(logins->throttled, 10u);
  auto anonymous = users();
  anonymous.anonymous_role = WebRole::read;
  site_->set_access(anonymous);
  EXPECT_EQ(status("/metrics", kReader), 200);
  EXPECT_EQ(site_->logins()->accepted, 4u) << "no password was needed";
}

TEST_F(AccessTest, RolesDecide) {
  start(users());
  struct Case {
    std::string method, target;
    int none, reader, prober, writer;
  };
  const Case cases[] = {
      {"GET", "/", 401, 200, 200, 200},
      {"HEAD", "/", 401, 200, 200, 200},
      {"GET", "/metrics", 401, 200, 200, 200},
      {"GET", "/api/v1/domains", 401, 200, 200, 200},
      {"GET", "/-/healthy", 401, 200, 200, 200},
      {"GET", "/-/ready", 401, 200, 200, 200},
      {"GET", "/probe?target=example.com", 401, 403, 501, 501},
      {"POST", "/-/reload", 401, 403, 403, 200},
      {"GET", "/no/such/page", 401, 404, 404, 404},
      {"GET", "/-/reload", 401, 405, 405, 405},
      {"DELETE", "/metrics", 401, 405, 405, 405},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(status(c.target, "", c.method), c.none) << c.method << c.target;
    EXPECT_EQ(status(c.target, kReader, c.method), c.reader) << c.method << c.target;
    EXPECT_EQ(status(c.target, kProber, c.method), c.prober) << c.method << c.target;
    EXPECT_EQ(status(c.target, kWriter, c.method), c.writer) << c.method << c.target;
    EXPECT_EQ(status(c.target, kWrong, c.method), 401) << c.method << c.target;
    EXPECT_EQ(status(c.target, kNobody, c.method), 401) << c.method << c.target;
    EXPECT_EQ(status(c.target, kBearer, c.method), 401) << c.method << c.target;
  }
  EXPECT_EQ(comparisons_, 5) << "one for each pair of name and password";
  EXPECT_EQ(reloads_, 1);
}

TEST_F(AccessTest, SaysWhatIsMissing) {
  start(users());
  Reply reply = ask("/metrics");
  EXPECT_EQ(reply.headers["www-authenticate"],
            "Basic realm=\"mtasts-exporter\", charset=\"UTF-8\"");
  reply = ask("/metrics", kWrong);
  EXPECT_EQ(reply.status, 401);
  const std::string wrong = reply.body;
  EXPECT_EQ(ask("/metrics", kNobody).body, wrong) << "nobody learns who is a user";
  reply = ask("/-/reload", kReader, "POST");
  EXPECT_THAT(reply.body, HasSubstr("This needs the role write, and the user has the role read"));
  EXPECT_FALSE(reply.headers.contains("www-authenticate"));
}

// A page of another site that a browser shows cannot use what the browser knows.
TEST_F(AccessTest, OtherSitesMayNotUseABrowsersPassword) {
  start(users());
  EXPECT_EQ(status("/-/reload", kWriter + "Sec-Fetch-Site: cross-site\r\n", "POST"), 403);
  EXPECT_EQ(reloads_, 0);
}

TEST_F(AccessTest, AnonymousRoles) {
  settings::WebAccessSettings access;
  access.anonymous_role = WebRole::read;
  start(access);
  EXPECT_EQ(status("/metrics"), 200);
  EXPECT_EQ(status("/metrics", kWrong), 200);
  Reply reply = ask("/-/reload", "", "POST");
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.body, HasSubstr("needs the role write, and requests without credentials have "
                                    "the role read"));
  access = users();
  access.anonymous_role = WebRole::read;
  site_->set_access(access);
  EXPECT_EQ(status("/metrics"), 200);
  EXPECT_EQ(status("/-/reload", "", "POST"), 401) << "a user may";
  EXPECT_EQ(status("/-/reload", kWriter, "POST"), 200);
  access = {};
  access.anonymous_role = WebRole::none;
  site_->set_access(access);
  EXPECT_EQ(status("/metrics"), 403);
}

TEST_F(AccessTest, ReloadsTakeEffectAtOnce) {
  start(users());
  EXPECT_EQ(status("/metrics", kWriter), 200);
  auto access = users();
  access.users[2].role = WebRole::read;
  site_->set_access(access);
  EXPECT_EQ(status("/-/reload", kWriter, "POST"), 403);
  EXPECT_EQ(comparisons_, 1);
  access.users.pop_back();
  site_->set_access(access);
  EXPECT_EQ(status("/metrics", kWriter), 401);
}

TEST_F(AccessTest, GuessingIsLimited) {
  start(users());
  int limited = 0;
  for (int i = 0; i < 40; ++i) {
    // "a:" and four further letters.
    const std::string guess = "Authorization: Basic YTph" + std::to_string(1000 + i) + "\r\n";
    const Reply reply = ask("/metrics", guess);
    if (reply.status != 429) continue;
    ++limited;
    EXPECT_TRUE(reply.headers.contains("retry-after"));
  }
  EXPECT_GE(limited, 10);
  EXPECT_LE(comparisons_, 25);
}

TEST_F(AccessTest, KeepsFieldsAndRateOfAWebConfigurationFile) {
  settings::WebAccessSettings access;
  access.response_fields = {{"X-Frame-Options", "deny"},
                            {"X-Content-Type-Options", "nosniff"},
                            {"Content-Security-Policy", "default-src 'self'"}};
  access.rate_limit.interval = std::chrono::hours(1);
  access.rate_limit.burst = 2;
  start(access);
  Reply reply = ask("/");
  EXPECT_EQ(reply.headers["x-frame-options"], "deny");
  EXPECT_EQ(reply.headers["content-security-policy"], "default-src 'self'");
  EXPECT_EQ(status("/no/such"), 404);
  reply = ask("/");
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.headers["x-frame-options"], "deny");
}

}  // namespace
}  // namespace mtasts::web
