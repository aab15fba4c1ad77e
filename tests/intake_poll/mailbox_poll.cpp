// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Polls a mailbox until it is killed, and appends the SHA-256 of each message to a file, durably,
// before it says that the message is kept. For tests/world/reports_mailbox.py, which kills it.
//
//     mailbox_poll URL USER PASSWORD_FILE CA_FILE LOG keep|remove|move:FOLDER MARK_FILE

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "base/digest.h"
#include "intake/mailbox_poller.h"

namespace {

using mtasts::intake::PutOutcome;

// Like a spool: what was written is known, also after a crash.
class Journal {
 public:
  explicit Journal(const std::string& file)
      : descriptor_(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) known_.insert(line);
  }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal() { ::close(descriptor_); }

  PutOutcome add(const std::string& octets) {
    const std::string digest = mtasts::sha256_hex(octets);
    if (!known_.insert(digest).second) return PutOutcome::known;
    const std::string line = digest + '\n';
    const bool written =
        ::write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        ::fdatasync(descriptor_) == 0;
    return written ? PutOutcome::kept : PutOutcome::failed;
  }

 private:
  int descriptor_;
  std::set<std::string> known_;
};

}  // namespace

int main(int count, char** words) {
  using Processed = mtasts::settings::ReportsMailboxSettings::Processed;
  if (count != 8) return 64;
  mtasts::intake::MailboxOptions options;
  options.mailbox.url = words[1];
  options.mailbox.user = words[2];
  options.mailbox.password_file = words[3];
  options.mailbox.ca_file = words[4];
  options.mailbox.interval = std::chrono::milliseconds(100);
  const std::string processed = words[6];
  if (processed == "remove") options.mailbox.processed = Processed::remove;
  if (processed.starts_with("move:")) {
    options.mailbox.processed = Processed::move;
    options.mailbox.move_to = processed.substr(5);
  }
  options.mark_file = words[7];
  Journal journal(words[5]);
  const mtasts::intake::MailboxPoller poller(
      options, [&](const std::string& octets) { return journal.add(octets); });
  for (std::string shown;;) {
    const mtasts::intake::MailboxStatus status = poller.status();
    std::string line =
        fmt::format("{} {} {} {}", status.messages_total, status.failures_total,
                    status.last_success == mtasts::kNever ? 0 : 1, status.last_error);
    if (line != shown) {
      shown = line;
      std::puts(shown.c_str());
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}
