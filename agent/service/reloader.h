// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reloader: requests to reload the settings, from the web port, SIGHUP and changed files. One
// reload is under way and one waits at most: a request that comes meanwhile joins the one that
// waits, which reads the files after that, and gets its answer. Every request gets one. Created,
// used and destroyed on the loop thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "service/settings_loader.h"
#include "web/web_site.h"

namespace mtasts::service {

class Reloader {
 public:
  // Requests of the web port that wait for an answer; more are refused.
  static constexpr size_t kMostRequests = 1000;

  enum class Reason : uint8_t { request, signal, files_changed };
  using Done = std::function<void(const web::ReloadResult&)>;
  struct Hooks {
    std::function<Basis()> basis;  // the settings in use
    // Brings settings that differ into use, and calls the function with the reason why not; empty:
    // they are in use now. Not called any more after stop().
    std::function<void(CandidatePtr, std::function<void(std::string)>)> apply;
    std::function<void(const Candidate&)> confirm;  // read again, and nothing to do
    std::function<void()> refused;                  // the settings in use stay
  };

  // The loader must outlive this.
  Reloader(SettingsLoader& loader, Hooks hooks) : loader_(loader), hooks_(std::move(hooks)) {}

  void reload(Reason reason, Done done = {});
  // Once a second: looks for changed files, and logs a load that takes long.
  void tick();
  // Answers everybody; nothing is reloaded any more.
  void stop();

 private:
  struct Pending {
    bool wanted = false;
    Reason reason = Reason::request;  // the first one
    std::vector<Done> requests;
  };

  void start();
  void finish(const CandidatePtr& candidate);
  void discard(Candidate& candidate);
  void refuse(std::vector<std::string> errors);
  void answer(const web::ReloadResult& result);
  void note_late();

  SettingsLoader& loader_;
  const Hooks hooks_;
  Pending current_;  // under way
  Pending next_;
  std::chrono::steady_clock::time_point started_;
  bool late_ = false;     // and was logged
  bool looking_ = false;  // for changed files
  int ticks_ = 0;
  bool stopped_ = false;
};

}  // namespace mtasts::service
