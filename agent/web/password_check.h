// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PasswordCheck: whether a user has a password. bcrypt runs on a thread of its own, one comparison
// at a time; results are remembered under a salted digest, so that a scrape costs none. An unknown
// user takes the work of a known one. Clients take turns, by the address of their connection, and
// each has a budget of passwords to try. Bounded in everything that clients can add to. Any thread;
// `done` may be called by any, also before check() returns, and is called once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "settings/web_settings.h"
#include "web/basic_credentials.h"
#include "web/client_table.h"
#include "web/recent_keys.h"

namespace mtasts::web {

struct PasswordLimits {
  size_t queue = 32;                // comparisons that wait, in all
  size_t client_queue = 8;          // of one address
  size_t waiting = 64;              // requests that wait for one comparison
  size_t accepted = 1024;           // remembered
  size_t refused = 1024;            // remembered
  double attempts = 20;             // passwords that a client may try at once
  std::chrono::seconds refill{60};  // of `attempts`
  size_t clients = 4096;            // remembered
};

class PasswordCheck {
 public:
  // bcrypt_matches(), or a test's.
  using Hasher = std::function<bool(std::string_view password, std::string_view hash)>;
  enum class Outcome : uint8_t {
    accepted,
    refused,  // no such user, or not the password
    limited,  // this client tries too many passwords
    busy,     // too many wait, or the agent stops
  };
  struct Answer {
    Outcome outcome = Outcome::busy;
    settings::WebRole role = settings::WebRole::none;  // of an accepted user
  };
  using Done = std::function<void(Answer)>;

  explicit PasswordCheck(Hasher hasher, PasswordLimits limits = {});
  // Calls `done` of what still waits.
  ~PasswordCheck();
  PasswordCheck(const PasswordCheck&) = delete;
  PasswordCheck& operator=(const PasswordCheck&) = delete;

  // Forgets all results, unless only roles differ. What waits is compared with these users.
  void use(std::vector<settings::WebUser> users);

  // A remembered result, without work.
  std::optional<Answer> recall(const BasicCredentials& credentials);
  // `address`: the network of the connection; `client`: client_of() of the request.
  void check(BasicCredentials credentials, const std::string& address, const std::string& client,
             Done done);

 private:
  struct User {
    std::string hash;
    settings::WebRole role;
  };
  struct Users {
    std::map<std::string, User, std::less<>> by_name;
    int cost = 0;  // the highest
  };
  struct Job {
    BasicCredentials credentials;
    std::vector<Done> waiting;
  };

  Sha256Digest key_of(const BasicCredentials& credentials) const;
  std::optional<Answer> recall_locked(const Sha256Digest& key);
  std::optional<Outcome> enqueue_locked(const Sha256Digest& key, const std::string& address);
  Sha256Digest next_locked();
  void work();
  bool compare(const Users& users, const BasicCredentials& credentials) const;

  const Hasher hasher_;
  const PasswordLimits limits_;
  const std::string salt_;  // of the keys; random
  const std::shared_ptr<ClientTable> budgets_;
  std::mutex mutex_;
  std::shared_ptr<const Users> users_ = std::make_shared<const Users>();
  RecentKeys<Sha256Digest, std::string> accepted_;  // with the user's name
  RecentKeys<Sha256Digest, bool> refused_;
  std::map<Sha256Digest, Job> jobs_;  // waiting, and the one that is compared now
  std::list<std::pair<std::string, std::deque<Sha256Digest>>> turns_;  // by address
  size_t queued_ = 0;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;  // runs once there is work
};

}  // namespace mtasts::web
