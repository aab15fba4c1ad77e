// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/reloader.h"

#include "base/log.h"

namespace mtasts::service {
namespace {

using Outcome = web::ReloadResult::Outcome;

constexpr int kTicksPerLook = 5;
constexpr std::chrono::seconds kLate{30};

std::string_view name_of(Reloader::Reason reason) {
  switch (reason) {
    case Reloader::Reason::request:
      return "request";
    case Reloader::Reason::signal:
      return "SIGHUP";
    case Reloader::Reason::files_changed:
      return "files changed";
  }
  return "";
}

}  // namespace

void Reloader::reload(Reason reason, Done done) {
  if (stopped_) {
    if (done) done({Outcome::not_done, {"The agent is shutting down."}});
    return;
  }
  if (done && current_.requests.size() + next_.requests.size() >= kMostRequests) {
    done({Outcome::not_done, {"Too many requests wait for a reload; try again later."}});
    return;
  }
  // The one under way may have read the files before they were changed.
  if (!next_.wanted) next_.reason = reason;
  next_.wanted = true;
  if (done) next_.requests.push_back(std::move(done));
  if (!current_.wanted) start();
}

void Reloader::start() {
  if (!next_.wanted || stopped_) return;
  current_ = std::exchange(next_, {});
  started_ = std::chrono::steady_clock::now();
  late_ = false;
  loader_.load(hooks_.basis(), [this](const CandidatePtr& candidate) { finish(candidate); });
}

void Reloader::finish(const CandidatePtr& candidate) {
  if (stopped_) return;
  if (!candidate->errors.empty()) return refuse(candidate->errors);
  if (candidate->same) {
    hooks_.confirm(*candidate);
    log(LogLevel::info, "nothing changed; the settings in use stay",
        {{"reason", std::string(name_of(current_.reason))},
         {"hash", candidate->next->settings.hash}});
    discard(*candidate);
    return answer({Outcome::unchanged, {}});
  }
  hooks_.apply(candidate, [this, candidate](std::string error) {
    if (stopped_) return;
    discard(*candidate);
    if (!error.empty()) return refuse({std::move(error)});
    answer({Outcome::applied, {}});
  });
}

// Others may hold the candidate for a moment longer, so what it has is moved.
void Reloader::discard(Candidate& candidate) {
  loader_.discard(std::make_shared<const Candidate>(std::move(candidate)));
}

void Reloader::refuse(std::vector<std::string> errors) {
  hooks_.refused();
  for (const std::string& error : errors)
    log(LogLevel::error, "reload rejected; the current settings stay active",
        {{"reason", std::string(name_of(current_.reason))}, {"error", error}});
  answer({Outcome::refused, std::move(errors)});
}

// Whoever asks for a reload while others are answered waits for the next one.
void Reloader::answer(const web::ReloadResult& result) {
  for (const Done& done : std::exchange(current_.requests, {})) done(result);
  current_ = {};
  start();
}

// Settings on a file system that does not answer would else go unnoticed.
void Reloader::note_late() {
  if (!current_.wanted || late_ || std::chrono::steady_clock::now() - started_ < kLate) return;
  late_ = true;
  log(LogLevel::warning, "reading the settings takes long; the current settings stay active",
      {{"seconds", std::to_string(kLate.count())}});
}

void Reloader::tick() {
  note_late();
  if (++ticks_ % kTicksPerLook != 0 || current_.wanted || looking_ || stopped_) return;
  looking_ = true;
  loader_.look([this](bool changed) {
    looking_ = false;
    if (changed) reload(Reason::files_changed);
  });
}

void Reloader::stop() {
  stopped_ = true;
  for (Pending* pending : {&current_, &next_})
    for (const Done& done : std::exchange(pending->requests, {}))
      done({Outcome::not_done, {"The agent is shutting down."}});
}

}  // namespace mtasts::service
