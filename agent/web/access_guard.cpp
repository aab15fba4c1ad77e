// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/access_guard.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"

namespace mtasts::web {
namespace {

using settings::WebRole;
using std::chrono::steady_clock;
using Outcome = PasswordCheck::Outcome;

constexpr std::chrono::seconds kLogInterval{60};

// Of all clients together; null: no limit.
std::shared_ptr<ClientTable> table_of(const settings::WebRateLimit& limit) {
  if (limit.interval.count() == 0) return nullptr;
  ClientLimits limits;
  limits.requests = limit.burst;
  limits.refill = limit.interval * limit.burst;
  limits.clients = 1;
  return std::make_shared<ClientTable>(limits);
}

HttpResponse unauthorized(std::string_view sentence) {
  HttpResponse response = text_response(401, sentence);
  response.fields.emplace_back("WWW-Authenticate",
                               "Basic realm=\"mtasts-exporter\", charset=\"UTF-8\"");
  return response;
}

HttpResponse lacking(WebRole needed, WebRole has, bool anonymous) {
  return text_response(
      403,
      fmt::format("This needs the role {}, and {} the role {} ({}).", name_of(needed),
                  anonymous ? "requests without credentials have" : "the user has", name_of(has),
                  anonymous ? "[web] anonymous_role" : "[web.basic_auth] roles"));
}

}  // namespace

AccessGuard::AccessGuard(PasswordCheck::Hasher hasher, PasswordLimits limits)
    : passwords_(std::move(hasher), limits) {}

void AccessGuard::use(const settings::WebAccessSettings& settings) {
  passwords_.use(settings.users);
  std::lock_guard lock(mutex_);
  if (!(settings_->rate_limit == settings.rate_limit)) rate_ = table_of(settings.rate_limit);
  settings_ = std::make_shared<const settings::WebAccessSettings>(settings);
}

AccessGuard::Settings AccessGuard::settings() const {
  std::lock_guard lock(mutex_);
  return settings_;
}

bool AccessGuard::within_rate() {
  std::lock_guard lock(mutex_);
  return rate_ == nullptr || rate_->spend({}, steady_clock::now());
}

// What everybody may do costs no comparison, whatever credentials come along.
AccessGuard::Decision AccessGuard::decide(const HttpRequest& request, WebRole needed) {
  const Settings own = settings();
  Decision decision;
  decision.allowed = needed <= own->anonymous();
  if (decision.allowed) return decision;
  if (own->users.empty()) {
    decision.refusal = lacking(needed, own->anonymous(), true);
    return decision;
  }
  decision.credentials = basic_credentials(request.authorization);
  if (!decision.credentials) {
    decision.refusal = unauthorized("A user name and a password are needed here.");
    return decision;
  }
  if (auto known = passwords_.recall(*decision.credentials)) {
    decision.refusal = refusal_of(*known, needed, client_of(request));
    decision.allowed = !decision.refusal;
  }
  return decision;
}

std::optional<HttpResponse> AccessGuard::refusal_of(const PasswordCheck::Answer& answer,
                                                    WebRole needed, const std::string& client) {
  switch (answer.outcome) {
    case Outcome::accepted:
      if (needed <= answer.role) return std::nullopt;
      count(&LoginCounts::accepted);
      return lacking(needed, answer.role, false);
    case Outcome::refused:
      count(&LoginCounts::rejected);
      note_refused(client);
      return unauthorized("The user name or the password is wrong.");
    case Outcome::limited:
      count(&LoginCounts::throttled);
      note_refused(client);
      return retry_response(429, "Too many passwords were tried; try again later.",
                            std::chrono::seconds(10));
    default:
      count(&LoginCounts::throttled);
      return retry_response(503, "Too many passwords are being checked; try again later.");
  }
}

void AccessGuard::count(uint64_t LoginCounts::*login) {
  std::lock_guard lock(mutex_);
  ++(logins_.*login);
}

std::optional<LoginCounts> AccessGuard::logins() const {
  std::lock_guard lock(mutex_);
  if (settings_->users.empty()) return std::nullopt;
  return logins_;
}

// The first at once, then a summary once a minute.
void AccessGuard::note_refused(const std::string& client) {
  std::lock_guard lock(mutex_);
  ++refused_;
  const auto now = steady_clock::now();
  if (logged_ != steady_clock::time_point() && now - logged_ < kLogInterval) return;
  logged_ = now;
  log(LogLevel::warning, "refused requests with a wrong user name or password",
      {{"latest_client", client}, {"requests", std::to_string(std::exchange(refused_, 0))}});
}

std::optional<HttpResponse> AccessGuard::refusal(const HttpRequest& head, WebRole needed) {
  if (!within_rate())
    return retry_response(429, "There are too many requests; try again later.",
                          std::chrono::seconds(1));
  return decide(head, needed).refusal;
}

void AccessGuard::authorize(const HttpRequest& request, WebRole needed, Allowed allowed,
                            Handler::Done done) {
  Decision decision = decide(request, needed);
  if (decision.allowed) {
    // A request that everybody may make was not looked at.
    if (decision.credentials) count(&LoginCounts::accepted);
    return allowed(request);
  }
  if (decision.refusal) return done(std::move(*decision.refusal));
  // The request ends with this call.
  const std::string client = client_of(request);
  const std::string network = network_of(request.peer);  // which nobody can make up
  auto copy = std::make_shared<const HttpRequest>(request);
  passwords_.check(std::move(*decision.credentials), network, client,
                   [this, copy, needed, client, allowed = std::move(allowed),
                    done = std::move(done)](const PasswordCheck::Answer& answer) {
                     if (auto refused = refusal_of(answer, needed, client))
                       return done(std::move(*refused));
                     count(&LoginCounts::accepted);
                     allowed(*copy);
                   });
}

Handler::Done AccessGuard::dressing(Handler::Done done) const {
  Settings own = settings();
  if (own->response_fields.empty()) return done;
  return [own = std::move(own), done = std::move(done)](HttpResponse response) {
    for (const settings::WebResponseField& field : own->response_fields) {
      if (field.name == "Content-Security-Policy")
        response.content_security_policy = field.value;
      else
        response.fields.emplace_back(field.name, field.value);
    }
    done(std::move(response));
  };
}

}  // namespace mtasts::web
