// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/password_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "fakes/wait_until.h"
#include "settings/bcrypt_hash.h"
#include "web/bcrypt.h"
#include "web/recent_keys.h"

namespace mtasts::web {
namespace {

using settings::WebRole;
using testing::ElementsAre;
using testing::IsEmpty;
using Answer = PasswordCheck::Answer;
using Outcome = PasswordCheck::Outcome;

// Of the password "secret".
const std::string kSecret04 = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

TEST(Bcrypt, ComparesPasswords) {
  for (const char* prefix : {"$2a$", "$2b$", "$2y$"}) {
    const std::string hash = prefix + kSecret04.substr(4);
    EXPECT_TRUE(bcrypt_matches("secret", hash)) << prefix;
    for (std::string_view wrong : {std::string_view("Secret"), std::string_view(""),
                                   std::string_view("secret "), std::string_view("secret\0x", 8)})
      EXPECT_FALSE(bcrypt_matches(wrong, hash)) << wrong;
  }
  EXPECT_FALSE(bcrypt_matches(std::string(100'000, 'x'), kSecret04));
  EXPECT_FALSE(bcrypt_matches("secret", kSecret04.substr(0, 59) + "X"));
  // The last character of the salt holds two bits; the others are ignored.
  std::string other_salt = kSecret04;
  other_salt[28] = 'z';
  EXPECT_EQ(bcrypt_matches("secret", other_salt), true) << "as Go does";
}

// Test vectors of the format's author (crypt_blowfish 1.3, wrapper.c).
TEST(Bcrypt, KnowsTheVectorsOfItsAuthor) {
  EXPECT_TRUE(
      bcrypt_matches("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
  EXPECT_TRUE(
      bcrypt_matches("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"));
  EXPECT_TRUE(
      bcrypt_matches("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"));
}

TEST(Bcrypt, DummiesAreHashes) {
  for (int cost = settings::kLeastBcryptCost; cost <= settings::kMostBcryptCost; ++cost) {
    EXPECT_EQ(settings::bcrypt_fault(dummy_bcrypt_hash(cost)), "");
    EXPECT_EQ(settings::bcrypt_cost(dummy_bcrypt_hash(cost)), cost);
  }
}

TEST(BasicCredentials, AreParsed) {
  struct Case {
    const char *field, *user, *password;
  };
  const Case good[] = {
      {"Basic YTpi", "a", "b"},
      {"basic YTpi", "a", "b"},
      {"BASIC  YTpi ", "a", "b"},
      {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},  // RFC 7617 §2
      {"Basic dGVzdDoxMjPCow==", "test", "123\xC2\xA3"},                 // RFC 7617 §2.1
      {"Basic YTpiOmM=", "a", "b:c"},                                    // the first colon counts
      {"Basic Og==", "", ""},
  };
  for (const Case& c : good) {
    const auto read = basic_credentials(c.field);
    ASSERT_TRUE(read) << c.field;
    EXPECT_EQ(read->user, c.user);
    EXPECT_EQ(read->password, c.password);
  }
  for (const char* bad : {"", "Basic", "Basic ", "Basic YTp", "Basic YTpi=", "Basic YT pi",
                          "Basic YTpi====", "Basic =", "Basic ====", "Basic YWI=", "Bearer YTpi",
                          "BasicYTpi", "Basic YT-_", "Basic YTpi\nYTpi"})
    EXPECT_FALSE(basic_credentials(bad)) << bad;
}

TEST(RecentKeys, ForgetsWhatWasNotUsedForLongest) {
  RecentKeys<int, int> keys(2);
  keys.put(1, 10);
  keys.put(2, 20);
  ASSERT_NE(keys.find(1), nullptr);
  keys.put(3, 30);
  EXPECT_EQ(keys.find(2), nullptr);
  EXPECT_EQ(*keys.find(1), 10);
  EXPECT_EQ(*keys.find(3), 30);
  keys.put(3, 31);
  EXPECT_EQ(*keys.find(3), 31);
  EXPECT_EQ(keys.size(), 2u);
}

// A password is right where the hash ends in it; each comparison is recorded by its cost.
class PasswordCheckTest : public testing::Test {
 protected:
  static std::string hash_of(const std::string& password, int cost = 4) {
    std::string hash = dummy_bcrypt_hash(cost);
    return hash.replace(hash.size() - password.size(), password.size(), password);
  }
  bool compare(std::string_view password, std::string_view hash) {
    std::unique_lock lock(mutex_);
    costs_.push_back(settings::bcrypt_cost(hash));
    passwords_.emplace_back(password);
    held_.wait(lock, [this] { return !hold_; });
    return hash.ends_with(password) && !password.empty();
  }
  void hold(bool on) {
    std::lock_guard lock(mutex_);
    hold_ = on;
    held_.notify_all();
  }
  std::vector<int> costs() {
    std::lock_guard lock(mutex_);
    return std::exchange(costs_, {});
  }
  std::vector<std::string> passwords() {
    std::lock_guard lock(mutex_);
    return std::exchange(passwords_, {});
  }
  PasswordCheck::Hasher hasher() {
    return [this](std::string_view password, std::string_view hash) {
      return compare(password, hash);
    };
  }
  std::future<Answer> ask(PasswordCheck& check, const std::string& user,
                          const std::string& password, const std::string& address = "192.0.2.1") {
    auto promise = std::make_shared<std::promise<Answer>>();
    check.check({user, password}, address, address,
                [promise](Answer answer) { promise->set_value(answer); });
    return promise->get_future();
  }
  static std::vector<settings::WebUser> users() {
    return {{"cheap", hash_of("one", 4), WebRole::read},
            {"dear", hash_of("two", 7), WebRole::write}};
  }

  std::mutex mutex_;
  std::condition_variable held_;
  bool hold_ = false;
  std::vector<int> costs_;
  std::vector<std::string> passwords_;
};

TEST_F(PasswordCheckTest, AcceptsAndRefuses) {
  PasswordCheck check(hasher());
  check.use(users());
  const Answer answer = ask(check, "cheap", "one").get();
  EXPECT_EQ(answer.outcome, Outcome::accepted);
  EXPECT_EQ(answer.role, WebRole::read);
  EXPECT_EQ(ask(check, "dear", "two").get().role, WebRole::write);
  EXPECT_EQ(ask(check, "dear", "one").get().outcome, Outcome::refused);
  EXPECT_EQ(ask(check, "nobody", "one").get().outcome, Outcome::refused);
  EXPECT_EQ(ask(check, "", "").get().outcome, Outcome::refused);
}

// In units of the least cost: 2^4 + 2^4 + 2^5 + 2^6 = 2^7.
TEST_F(PasswordCheckTest, AllUsersTakeTheSameWork) {
  PasswordCheck check(hasher());
  check.use(users());
  ask(check, "cheap", "one").get();
  EXPECT_THAT(costs(), ElementsAre(4, 4, 5, 6));
  ask(check, "cheap", "wrong").get();
  EXPECT_THAT(costs(), ElementsAre(4, 4, 5, 6));
  ask(check, "dear", "wrong").get();
  EXPECT_THAT(costs(), ElementsAre(7));
  ask(check, "nobody", "wrong").get();
  EXPECT_THAT(costs(), ElementsAre(7));
}

TEST_F(PasswordCheckTest, RemembersBothResults) {
  PasswordCheck check(hasher());
  check.use(users());
  EXPECT_FALSE(check.recall({"dear", "two"}));
  ask(check, "dear", "two").get();
  ask(check, "dear", "bad").get();
  costs();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(ask(check, "dear", "two").get().outcome, Outcome::accepted);
    EXPECT_EQ(ask(check, "dear", "bad").get().outcome, Outcome::refused);
  }
  EXPECT_EQ(check.recall({"dear", "two"})->role, WebRole::write);
  EXPECT_FALSE(check.recall({"dea", "rtwo"})) << "the parts are told apart";
  EXPECT_THAT(costs(), IsEmpty());
}

TEST_F(PasswordCheckTest, NewUsersForgetOldResults) {
  PasswordCheck check(hasher());
  check.use(users());
  ask(check, "dear", "two").get();
  auto changed = users();
  changed[1].role = WebRole::read;
  check.use(changed);
  EXPECT_EQ(check.recall({"dear", "two"})->role, WebRole::read) << "roles alone need no comparison";
  changed[1].hash = hash_of("new", 7);
  check.use(changed);
  EXPECT_FALSE(check.recall({"dear", "two"}));
  EXPECT_EQ(ask(check, "dear", "two").get().outcome, Outcome::refused);
  check.use({});
  EXPECT_EQ(ask(check, "dear", "new").get().outcome, Outcome::refused);
}

// A user that is removed while the password is compared is not let in.
TEST_F(PasswordCheckTest, ComparesAgainWhenUsersChangeMeanwhile) {
  PasswordCheck check(hasher());
  check.use(users());
  hold(true);
  auto answer = ask(check, "dear", "two");
  ASSERT_TRUE(fakes::wait_until("the comparison", [this] { return !costs().empty(); }));
  auto changed = users();
  changed[1].hash = hash_of("new", 7);
  check.use(changed);
  hold(false);
  EXPECT_EQ(answer.get().outcome, Outcome::refused);
}

TEST_F(PasswordCheckTest, EqualRequestsShareOneComparison) {
  PasswordCheck check(hasher());
  check.use(users());
  hold(true);
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(ask(check, "dear", "two"));
  hold(false);
  for (auto& answer : answers) EXPECT_EQ(answer.get().outcome, Outcome::accepted);
  EXPECT_THAT(costs(), ElementsAre(7));
}

// What one client tries costs others one comparison at most; who is known pays nothing.
TEST_F(PasswordCheckTest, ClientsTakeTurns) {
  PasswordCheck check(hasher());
  check.use(users());
  ask(check, "cheap", "one").get();
  passwords();
  hold(true);
  std::vector<std::future<Answer>> attack;
  for (int i = 0; i < 50; ++i)
    attack.push_back(ask(check, "dear", "guess" + std::to_string(i), "198.51.100.1"));
  auto good = ask(check, "dear", "two", "192.0.2.7");
  EXPECT_EQ(ask(check, "cheap", "one").get().outcome, Outcome::accepted);
  hold(false);
  EXPECT_EQ(good.get().outcome, Outcome::accepted);
  size_t refused = 0;
  for (auto& answer : attack)
    if (answer.get().outcome == Outcome::refused) ++refused;
  EXPECT_LE(refused, 9u) << "eight wait, and one is compared; the others are told so at once";
  const std::vector<std::string> order = passwords();
  const auto place = std::find(order.begin(), order.end(), "two");
  EXPECT_LE(place - order.begin(), 2);
}

TEST_F(PasswordCheckTest, ABudgetOfAttempts) {
  PasswordLimits limits;
  limits.attempts = 3;
  limits.refill = std::chrono::hours(1);
  PasswordCheck check(hasher(), limits);
  check.use(users());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(ask(check, "dear", "guess" + std::to_string(i)).get().outcome, Outcome::refused);
  EXPECT_EQ(ask(check, "dear", "guess3").get().outcome, Outcome::limited);
  EXPECT_EQ(ask(check, "dear", "guess0").get().outcome, Outcome::refused) << "known already";
  EXPECT_EQ(ask(check, "dear", "two", "192.0.2.2").get().outcome, Outcome::accepted);
  EXPECT_EQ(ask(check, "dear", "two").get().outcome, Outcome::accepted) << "known by now";
}

TEST_F(PasswordCheckTest, TheQueueIsBounded) {
  PasswordLimits limits;
  limits.queue = 4;
  limits.client_queue = 4;
  PasswordCheck check(hasher(), limits);
  check.use(users());
  hold(true);
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 40; ++i)
    answers.push_back(
        ask(check, "dear", "guess" + std::to_string(i), "192.0.2." + std::to_string(i)));
  hold(false);
  size_t busy = 0;
  for (auto& answer : answers)
    if (answer.get().outcome == Outcome::busy) ++busy;
  EXPECT_GE(busy, 35u);
}

TEST_F(PasswordCheckTest, TheEndAnswersEverybody) {
  std::vector<std::future<Answer>> answers;
  {
    PasswordCheck check(hasher());
    check.use(users());
    hold(true);
    for (int i = 0; i < 5; ++i) answers.push_back(ask(check, "dear", std::to_string(i)));
    std::thread([this] { hold(false); }).join();
  }
  for (auto& answer : answers) EXPECT_NE(answer.get().outcome, Outcome::accepted);
}

}  // namespace
}  // namespace mtasts::web
