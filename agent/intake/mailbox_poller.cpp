// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mailbox_poller.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <random>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/digest.h"
#include "base/log.h"
#include "intake/mailbox_session.h"
#include "intake/poll_thread.h"

namespace mtasts::intake {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMostSecret_bytes = 64 * 1024;
constexpr milliseconds kLongestWait = std::chrono::hours(1);
constexpr milliseconds kLookAtSecret = std::chrono::seconds(5);
constexpr milliseconds kNextBatch = std::chrono::seconds(1);
constexpr int kMostDoublings = 10;

// Changes whenever the file is written or replaced.
std::string version_of(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "-";
  return fmt::format("{}.{}.{}.{}.{}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

Result<std::string> read_secret(std::string_view key, const std::string& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMostSecret_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  const std::streamsize size_bytes = stream.gcount();
  if (stream.bad() || (size_bytes <= 0 && errno != 0))
    return Failure{FailureKind::io, fmt::format("cannot read {} {}: {}", key, file,
                                                std::generic_category().message(errno))};
  text.resize(static_cast<size_t>(size_bytes));
  const std::string_view secret = trim(text, "\r\n");
  const auto is_control = [](char c) { return static_cast<uint8_t>(c) < 0x20; };
  if (secret.empty())
    return Failure{FailureKind::invalid, fmt::format("{} {} is empty", key, file)};
  if (size_bytes > static_cast<std::streamsize>(kMostSecret_bytes) ||
      std::any_of(secret.begin(), secret.end(), is_control))
    return Failure{FailureKind::invalid,
                   fmt::format("{} {} must hold one line of text", key, file)};
  return std::string(secret);
}

// A constant rhythm would let the agents of many sites ask at the same second.
milliseconds with_jitter(milliseconds wait, std::minstd_rand& random) {
  std::uniform_int_distribution<int> percent(90, 110);
  return wait * percent(random) / 100;
}

}  // namespace

struct MailboxPoller::State {
  MailboxOptions options;
  Deliver deliver;
  std::string secret_key;
  std::string secret_file;
  mutable std::mutex mutex;
  MailboxStatus status;

  // The thread alone.
  MailboxMemory memory;
  std::minstd_rand random{std::random_device{}()};
  std::string secret_version;
  int failures = 0;

  std::unique_ptr<PollThread> thread;

  PollOutcome poll(const StopSignal& stop);
  void note(const PollOutcome& outcome);
  void wait(const PollOutcome& outcome, const StopSignal& stop);
};

MailboxPoller::MailboxPoller(MailboxOptions options, Deliver deliver)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.options = std::move(options);
  state.deliver = std::move(deliver);
  const auto& mailbox = state.options.mailbox;
  state.secret_key = mailbox.token_file.empty() ? "password_file" : "token_file";
  state.secret_file = mailbox.token_file.empty() ? mailbox.password_file : mailbox.token_file;
  const std::string name = sha256_hex(mailbox.url + '\n' + mailbox.user);
  state.memory.mark = load_mailbox_mark(state.options.mark_file, name);
  state.thread = std::make_unique<PollThread>([&state](const StopSignal& stop) {
    const PollOutcome outcome = state.poll(stop);
    if (outcome.cancelled) return;
    state.note(outcome);
    state.wait(outcome, stop);
  });
}

MailboxPoller::~MailboxPoller() { state_->thread.reset(); }

MailboxStatus MailboxPoller::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->status;
}

PollOutcome MailboxPoller::State::poll(const StopSignal& stop) {
  PollOutcome failed;
  failed.failed = 1;
  Result<settings::MailboxUrl> url = settings::parse_mailbox_url(options.mailbox.url);
  if (!url) {
    failed.error = url.failure().detail;
    return failed;
  }
  secret_version = version_of(secret_file);
  Result<std::string> secret = read_secret(secret_key, secret_file);
  if (!secret) {
    failed.error = secret.failure().detail;
    return failed;
  }
  const ImapLogin login{.url = std::move(*url),
                        .user = options.mailbox.user,
                        .secret = std::move(*secret),
                        .is_token = !options.mailbox.token_file.empty(),
                        .ca_file = options.mailbox.ca_file};
  return MailboxSession(options, memory, deliver, stop).run(login);
}

void MailboxPoller::State::note(const PollOutcome& outcome) {
  std::string before;
  std::string note_before;
  const Time now = options.clock();
  {
    const std::lock_guard lock(mutex);
    before = status.last_error;
    note_before = status.note;
    status.last_attempt = now;
    status.messages_total += outcome.messages;
    status.oversize_total += outcome.oversize;
    status.failures_total += outcome.failed;
    status.last_error = outcome.error;
    if (outcome.failed == 0) status.last_success = now;
    // A poll that failed before it saw the folder has nothing to say about it.
    if (outcome.failed == 0 || !outcome.note.empty()) status.note = outcome.note;
  }
  failures = outcome.failed == 0 ? 0 : failures + 1;
  if (outcome.failed > 0)
    log(outcome.error == before ? LogLevel::debug : LogLevel::warning, "mailbox: poll failed",
        {{"detail", outcome.error}});
  else if (!before.empty())
    log(LogLevel::info, "mailbox: poll succeeds again");
  if (!outcome.note.empty() && outcome.note != note_before)
    log(LogLevel::info, "mailbox: limited", {{"detail", outcome.note}});
  if (outcome.messages > 0)
    log(LogLevel::debug, "mailbox: messages read", {{"count", std::to_string(outcome.messages)}});
}

void MailboxPoller::State::wait(const PollOutcome& outcome, const StopSignal& stop) {
  milliseconds wait = options.mailbox.interval;
  if (failures > 0) {
    const milliseconds most = std::max(wait, kLongestWait);
    wait = std::min(wait * (1 << std::min(failures - 1, kMostDoublings)), most);
  } else if (outcome.more && outcome.messages > 0) {
    wait = std::min(wait, kNextBatch);
  }
  wait = with_jitter(wait, random);
  while (wait > milliseconds(0)) {
    const milliseconds part = failures > 0 ? std::min(wait, kLookAtSecret) : wait;
    if (stop.wait_for(part)) return;
    wait -= part;
    if (failures > 0 && version_of(secret_file) != secret_version) return;
  }
}

}  // namespace mtasts::intake
