// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/maildir_poller.h"

#include <fmt/format.h>

#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/printable.h"
#include "intake/maildir_folder.h"
#include "intake/poll_thread.h"
#include "intake/unpack.h"

namespace mtasts::intake {
namespace {

constexpr size_t kMostNames = 11'000;  // read in one look; those that were set aside included
constexpr size_t kMostMessages = 500;  // of one look
constexpr size_t kMostRemembered = 10'000;
constexpr size_t kShown_bytes = 200;

}  // namespace

struct MaildirPoller::State {
  MaildirOptions options;
  Deliver deliver;
  mutable std::mutex mutex;
  MaildirStatus status;

  // The thread alone.
  std::set<std::string> aside;  // told already: not read again
  std::set<std::string> kept;   // but not yet moved: not read again
  std::string error;            // of this look: the first
  uint64_t failed = 0;
  uint64_t messages = 0;
  uint64_t oversize = 0;

  std::unique_ptr<PollThread> thread;

  void look(const StopSignal& stop);
  // False: no more of them now.
  bool take(const MaildirFolder& folder, const std::string& name);
  void set_aside(const std::string& name, const std::string& why);
  void move(const MaildirFolder& folder, const std::string& name);
  void tell(std::string sentence);
  void publish();
};

MaildirPoller::MaildirPoller(MaildirOptions options, Deliver deliver)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.options = std::move(options);
  state.deliver = std::move(deliver);
  state.thread = std::make_unique<PollThread>([&state](const StopSignal& stop) {
    state.look(stop);
    state.publish();
    stop.wait_for(state.options.interval);
  });
}

MaildirPoller::~MaildirPoller() { state_->thread.reset(); }

MaildirStatus MaildirPoller::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->status;
}

void MaildirPoller::State::look(const StopSignal& stop) {
  const MaildirFolder folder(options.path);
  Result<std::vector<std::string>> names = folder.unread(kMostNames);
  if (!names) {
    tell(fmt::format("{} cannot be used as a Maildir: {}",
                     quoted(options.path.string(), kShown_bytes), names.failure().detail));
    return;
  }
  const std::set<std::string> there(names->begin(), names->end());
  std::erase_if(aside, [&](const std::string& name) { return !there.contains(name); });
  std::erase_if(kept, [&](const std::string& name) { return !there.contains(name); });
  size_t tried = 0;
  for (const std::string& name : *names) {
    if (stop.raised() || tried == kMostMessages) return;
    if (aside.contains(name)) continue;
    ++tried;
    if (!take(folder, name)) return;
  }
}

bool MaildirPoller::State::take(const MaildirFolder& folder, const std::string& name) {
  if (kept.contains(name)) {
    move(folder, name);
    return true;
  }
  Result<MaildirFolder::Content> content = folder.read(name, kMailLimit_bytes);
  if (!content) {
    if (content.failure().kind == FailureKind::not_found) return true;
    set_aside(name, content.failure().detail);
    return true;
  }
  if (content->oversize) {
    ++oversize;
    set_aside(name, fmt::format("it has more than {} MiB", kMailLimit_bytes / 1024 / 1024));
    return true;
  }
  switch (deliver(std::move(content->octets))) {
    case PutOutcome::kept:
    case PutOutcome::known:
      break;
    case PutOutcome::full:
      tell("there is no room to keep more reports; mail stays in the Maildir");
      return false;
    case PutOutcome::failed:
      tell("a report cannot be written to the disk; mail stays in the Maildir");
      return false;
  }
  ++messages;
  move(folder, name);
  return true;
}

void MaildirPoller::State::move(const MaildirFolder& folder, const std::string& name) {
  Result<void> moved = folder.set_seen(name);
  if (moved) {
    kept.erase(name);
    return;
  }
  if (kept.size() < kMostRemembered) kept.insert(name);
  tell(fmt::format("{} is kept, but stays in the Maildir as it is: {}", quoted(name, kShown_bytes),
                   moved.failure().detail));
}

// Once for each file; it does not make later looks fail.
void MaildirPoller::State::set_aside(const std::string& name, const std::string& why) {
  if (aside.size() < kMostRemembered) aside.insert(name);
  log(LogLevel::warning, "maildir: file left alone",
      {{"file", printable(name, kShown_bytes)}, {"detail", why}});
  tell(fmt::format("{} is left alone: {}", quoted(name, kShown_bytes), why));
}

void MaildirPoller::State::tell(std::string sentence) {
  ++failed;
  if (error.empty()) error = std::move(sentence);
}

void MaildirPoller::State::publish() {
  const Time now = options.clock();
  std::string before;
  std::string note;
  if (!aside.empty())
    note = fmt::format("{} files in the Maildir are left alone, {} for example", aside.size(),
                       quoted(*aside.begin(), kShown_bytes));
  {
    const std::lock_guard lock(mutex);
    before = std::exchange(status.last_error, error);
    status.last_attempt = now;
    status.messages_total += std::exchange(messages, 0);
    status.oversize_total += std::exchange(oversize, 0);
    status.failures_total += std::exchange(failed, 0);
    status.note = std::move(note);
    if (error.empty()) status.last_success = now;
  }
  if (!error.empty())
    log(error == before ? LogLevel::debug : LogLevel::warning, "maildir: look failed",
        {{"detail", error}});
  else if (!before.empty())
    log(LogLevel::info, "maildir: look succeeds again");
  error.clear();
}

}  // namespace mtasts::intake
