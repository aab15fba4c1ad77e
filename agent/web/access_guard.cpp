// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/access_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "web/client_table.h"

namespace mtasts::web {
namespace {

using settings::WebRole;
using std::chrono::steady_clock;
using Outcome = PasswordCheck::Outcome;

constexpr std::chrono::seconds kLogInterval{60};

HttpResponse unauthorized(std::string_view sentence) {
  HttpResponse response = text_response(401, sentence);
  response.fields.emplace_back("WWW-Authenticate",
                               "Basic realm=\"mtasts-exporter\", charset=\"UTF-8\"");
  return response;
}

HttpResponse later(int status, std::string_view sentence, std::string_view seconds) {
  HttpResponse response = text_response(status, sentence);
  response.fields.emplace_back("Retry-After", seconds);
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
  if (!(settings_->rate_limit == settings.rate_limit)) {
    tokens_ = settings.rate_limit.burst;
    filled_ = steady_clock::now();
  }
  settings_ = std::make_shared<const settings::WebAccessSettings>(settings);
}

AccessGuard::Settings AccessGuard::settings() const {
  std::lock_guard lock(mutex_);
  return settings_;
}

bool AccessGuard::within_rate() {
  std::lock_guard lock(mutex_);
  const settings::WebRateLimit& limit = settings_->rate_limit;
  if (limit.interval.count() == 0) return true;
  const auto now = steady_clock::now();
  const double share = std::chrono::duration<double>(now - filled_) / limit.interval;
  tokens_ = std::min<double>(limit.burst, tokens_ + share);
  filled_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
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
      return lacking(needed, answer.role, false);
    case Outcome::refused:
      note_refused(client);
      return unauthorized("The user name or the password is wrong.");
    case Outcome::limited:
      note_refused(client);
      return later(429, "Too many passwords were tried; try again later.", "10");
    default:
      return later(503, "Too many passwords are being checked; try again later.", "5");
  }
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
  if (!within_rate()) return later(429, "There are too many requests; try again later.", "1");
  return decide(head, needed).refusal;
}

void AccessGuard::authorize(const HttpRequest& request, WebRole needed, Allowed allowed,
                            Handler::Done done) {
  Decision decision = decide(request, needed);
  if (decision.allowed) return allowed(request);
  if (decision.refusal) return done(std::move(*decision.refusal));
  // The request ends with this call.
  const std::string client = client_of(request);
  HttpRequest direct;
  direct.peer = request.peer;
  const std::string network = client_of(direct);  // which nobody can make up
  auto copy = std::make_shared<const HttpRequest>(request);
  passwords_.check(std::move(*decision.credentials), network, client,
                   [this, copy, needed, client, allowed = std::move(allowed),
                    done = std::move(done)](const PasswordCheck::Answer& answer) {
                     if (auto refused = refusal_of(answer, needed, client))
                       return done(std::move(*refused));
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
