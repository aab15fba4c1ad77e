// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/password_check.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/log.h"
#include "settings/bcrypt_hash.h"
#include "web/bcrypt.h"

namespace mtasts::web {
namespace {

std::string random_salt() {
  std::array<unsigned char, 32> octets{};
  if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1)
    throw std::runtime_error("OpenSSL has no random numbers");
  return {octets.begin(), octets.end()};
}

ClientLimits budget_of(const PasswordLimits& limits) {
  ClientLimits own;
  own.requests = limits.attempts;
  own.refill = limits.refill;
  own.clients = limits.clients;
  return own;
}

void tell(const std::vector<PasswordCheck::Done>& waiting, const PasswordCheck::Answer& answer) {
  for (const PasswordCheck::Done& done : waiting) {
    try {
      done(answer);
    } catch (const std::exception& broken) {
      log(LogLevel::error, "a request failed with an exception", {{"what", broken.what()}});
    }
  }
}

}  // namespace

PasswordCheck::PasswordCheck(Hasher hasher, PasswordLimits limits)
    : hasher_(std::move(hasher)),
      limits_(limits),
      salt_(random_salt()),
      budgets_(std::make_shared<ClientTable>(budget_of(limits))),
      accepted_(limits.accepted),
      refused_(limits.refused) {}

PasswordCheck::~PasswordCheck() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (auto& [key, job] : jobs_) tell(job.waiting, Answer{});
}

void PasswordCheck::use(std::vector<settings::WebUser> users) {
  auto fresh = std::make_shared<Users>();
  for (settings::WebUser& user : users) {
    fresh->cost = std::max(fresh->cost, settings::bcrypt_cost(user.hash));
    fresh->by_name[user.name] = {std::move(user.hash), user.role};
  }
  const auto same_hash = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.hash == b.second.hash;
  };
  std::lock_guard lock(mutex_);
  const bool only_roles = std::equal(fresh->by_name.begin(), fresh->by_name.end(),
                                     users_->by_name.begin(), users_->by_name.end(), same_hash);
  users_ = std::move(fresh);
  if (only_roles) return;
  accepted_.clear();
  refused_.clear();
}

// Each part with its length: no two pairs of name and password have one text.
Sha256Digest PasswordCheck::key_of(const BasicCredentials& credentials) const {
  return Sha256()
      .add(salt_)
      .add(std::to_string(credentials.user.size()) + ':')
      .add(credentials.user)
      .add(credentials.password)
      .finish();
}

std::optional<PasswordCheck::Answer> PasswordCheck::recall_locked(const Sha256Digest& key) {
  if (const std::string* name = accepted_.find(key)) {
    auto user = users_->by_name.find(*name);
    if (user != users_->by_name.end()) return Answer{Outcome::accepted, user->second.role};
  }
  if (refused_.find(key) != nullptr) return Answer{Outcome::refused, settings::WebRole::none};
  return std::nullopt;
}

std::optional<PasswordCheck::Answer> PasswordCheck::recall(const BasicCredentials& credentials) {
  const Sha256Digest key = key_of(credentials);
  std::lock_guard lock(mutex_);
  return recall_locked(key);
}

void PasswordCheck::check(BasicCredentials credentials, const std::string& address,
                          const std::string& client, Done done) {
  const Sha256Digest key = key_of(credentials);
  std::unique_lock lock(mutex_);
  std::optional<Answer> known = recall_locked(key);
  if (!known) {
    auto job = jobs_.find(key);
    if (job == jobs_.end()) {
      if (!budgets_->spend(client, std::chrono::steady_clock::now()))
        known = Answer{Outcome::limited, settings::WebRole::none};
      else if (const auto outcome = enqueue_locked(key, address))
        known = Answer{*outcome, settings::WebRole::none};
      else
        job = jobs_.emplace(key, Job{std::move(credentials), {}}).first;
    } else if (job->second.waiting.size() >= limits_.waiting) {
      known = Answer{Outcome::busy, settings::WebRole::none};
    }
    if (!known) {
      job->second.waiting.push_back(std::move(done));
      changed_.notify_one();
      return;
    }
  }
  lock.unlock();
  done(*known);
}

// Nothing: it waits.
std::optional<PasswordCheck::Outcome> PasswordCheck::enqueue_locked(const Sha256Digest& key,
                                                                    const std::string& address) {
  if (stopping_ || queued_ >= limits_.queue) return Outcome::busy;
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  auto turn = std::find_if(turns_.begin(), turns_.end(),
                           [&](const auto& one) { return one.first == address; });
  if (turn == turns_.end()) turn = turns_.insert(turns_.end(), {address, {}});
  if (turn->second.size() >= limits_.client_queue) return Outcome::limited;
  turn->second.push_back(key);
  ++queued_;
  return std::nullopt;
}

// Of the address whose turn it is; it is the last one then.
Sha256Digest PasswordCheck::next_locked() {
  const Sha256Digest key = turns_.front().second.front();
  turns_.front().second.pop_front();
  --queued_;
  if (turns_.front().second.empty())
    turns_.pop_front();
  else
    turns_.splice(turns_.end(), turns_, turns_.begin());
  return key;
}

// Always the work of the highest cost: from one cost to the next it doubles, so a hash of a lower
// cost is filled up with one comparison of each cost from its own to the last but one.
bool PasswordCheck::compare(const Users& users, const BasicCredentials& credentials) const {
  const auto user = users.by_name.find(credentials.user);
  const bool known = user != users.by_name.end();
  const std::string hash = known ? user->second.hash : dummy_bcrypt_hash(users.cost);
  const bool matches = hasher_(credentials.password, hash);
  for (int cost = settings::bcrypt_cost(hash); cost < users.cost; ++cost)
    hasher_(credentials.password, dummy_bcrypt_hash(cost));
  return matches && known;
}

void PasswordCheck::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || queued_ > 0; });
    if (stopping_) return;
    const Sha256Digest key = next_locked();
    const BasicCredentials credentials = jobs_.at(key).credentials;
    Answer answer{Outcome::refused, settings::WebRole::none};
    std::shared_ptr<const Users> users;
    // Again where the users have changed meanwhile.
    while (users != users_ && !stopping_) {
      users = users_;
      answer = {Outcome::refused, settings::WebRole::none};
      lock.unlock();
      const bool accepted = users->by_name.empty() ? false : compare(*users, credentials);
      lock.lock();
      if (accepted) answer = {Outcome::accepted, users->by_name.at(credentials.user).role};
    }
    if (stopping_) return;
    if (answer.outcome == Outcome::accepted)
      accepted_.put(key, credentials.user);
    else
      refused_.put(key, true);
    const std::vector<Done> waiting = std::move(jobs_.at(key).waiting);
    jobs_.erase(key);
    lock.unlock();
    tell(waiting, answer);
    lock.lock();
  }
}

}  // namespace mtasts::web
