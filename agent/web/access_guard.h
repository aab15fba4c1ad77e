// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AccessGuard: who may do what at the web port ([web] anonymous_role, [web.basic_auth]): 401
// without a valid user and password (RFC 9110 §11, RFC 7617), 403 without the role, 429 for a
// client that tries many passwords. Also keeps the rate limit and the header fields of a web
// configuration file. Any thread; never blocks, passwords are compared on a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "settings/web_settings.h"
#include "web/bcrypt.h"
#include "web/client_table.h"
#include "web/handler.h"
#include "web/password_check.h"

namespace mtasts::web {

// Requests with a user name and a password where one was needed.
struct LoginCounts {
  uint64_t accepted = 0;
  uint64_t rejected = 0;   // no such user, or not the password
  uint64_t throttled = 0;  // not compared: this client, or all together, try too many
};

class AccessGuard {
 public:
  explicit AccessGuard(PasswordCheck::Hasher hasher = bcrypt_matches, PasswordLimits limits = {});

  // From now on; also for requests that wait for their password.
  void use(const settings::WebAccessSettings& settings);

  // What can be said at once of a request that needs the role: the refusal, or nothing.
  std::optional<HttpResponse> refusal(const HttpRequest& head, settings::WebRole needed);

  // Calls `allowed` with the request, or a copy of it, or `done` with the refusal; perhaps later
  // and on another thread. One of the two, once. The guard waits for `allowed` when it ends.
  using Allowed = std::function<void(const HttpRequest&)>;
  void authorize(const HttpRequest& request, settings::WebRole needed, Allowed allowed,
                 Handler::Done done);

  // Since the start. Empty while nobody needs a password.
  std::optional<LoginCounts> logins() const;

  // `done` for a response with the configured header fields. May be called when this has ended.
  Handler::Done dressing(Handler::Done done) const;

 private:
  using Settings = std::shared_ptr<const settings::WebAccessSettings>;
  // What is known without a comparison: allowed, a refusal, or credentials to compare.
  struct Decision {
    bool allowed = false;
    std::optional<HttpResponse> refusal;
    std::optional<BasicCredentials> credentials;
  };
  Settings settings() const;
  Decision decide(const HttpRequest& request, settings::WebRole needed);
  std::optional<HttpResponse> refusal_of(const PasswordCheck::Answer& answer,
                                         settings::WebRole needed, const std::string& client);
  bool within_rate();
  void count(uint64_t LoginCounts::*login);
  void note_refused(const std::string& client);

  mutable std::mutex mutex_;
  Settings settings_ = std::make_shared<const settings::WebAccessSettings>();
  std::shared_ptr<ClientTable> rate_;  // null: no limit
  std::chrono::steady_clock::time_point logged_{};
  size_t refused_ = 0;  // since then
  LoginCounts logins_;
  PasswordCheck passwords_;  // last: ends first
};

}  // namespace mtasts::web
