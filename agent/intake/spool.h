// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Spool: the durable inbox for TLS reports. Senders do not repeat a report once it was accepted
// (RFC 8460 §5.5 repeats only what was not delivered), so put() answers only when the octets
// survive a killed process and a power failure. What they mean is worked out later, by whoever
// takes the entries. Any thread; put() and take_oldest() block on the disk.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/enum_words.h"
#include "base/result.h"
#include "base/time.h"
#include "intake/put_outcome.h"

namespace mtasts::intake {

BOOST_DEFINE_FIXED_ENUM_CLASS(Source, uint8_t, https, submit, mailbox, maildir)
inline std::string_view name_of(Source source) { return enumerator_name(source); }

struct SpoolEntry {
  std::string id;  // for remove(); ids ascend in the order of arrival
  Source source = Source::https;
  bool trusted = false;  // from our own mail server: its Authentication-Results may be believed
  Time received{};
  std::string octets;  // as they came: JSON, gzip or a whole mail
};

struct SpoolLimits {
  size_t bytes = 256 * 1024 * 1024;
  size_t entries = 10000;
  size_t remembered = 10000;  // digests of entries that were removed
};

struct SpoolUsage {
  size_t bytes = 0;
  size_t entries = 0;
};

// The directory beside a state file; empty for ":memory:".
std::string spool_directory_of(const std::string& state_path);

class Spool {
 public:
  // Creates the directory (mode 0700) when it is missing, drops what was never acknowledged, and
  // finds the entries of an earlier process. Empty directory: kept in memory alone. The failure is
  // one sentence.
  static Result<std::unique_ptr<Spool>> open(const std::string& directory, SpoolLimits limits = {});
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // `client` names who sends, for shares: while others could need the room, one client fills at
  // most half of what is left. `received` is the time of arrival. Octets known as untrusted are new
  // when they come from a trusted source.
  PutOutcome put(std::string_view octets, Source source, bool trusted, std::string_view client,
                 Time received);

  // The oldest entry that was not handed out yet; the entry stays in the spool until remove(), and
  // is handed out again by the next process otherwise. Waits up to `wait` for one; empty after
  // that, or after close(). An entry that cannot be read is skipped, and logged.
  std::optional<SpoolEntry> take_oldest(std::chrono::milliseconds wait);
  // After the entry was processed. False: the file could not be deleted; it will come again.
  bool remove(const std::string& id);
  // Processing failed for now: the entry is handed out again.
  void give_back(const std::string& id);
  // Wakes those who wait in take_oldest(); later calls of it return empty, put() fails.
  void close();

  SpoolUsage usage() const;
  // The sentence of the latest failure of the disk; empty: the latest put() succeeded.
  std::string trouble() const;

 private:
  class Inbox;
  std::unique_ptr<Inbox> inbox_;

 public:
  // Only for open(): no other code can create an Inbox.
  explicit Spool(std::unique_ptr<Inbox> inbox);
};

}  // namespace mtasts::intake
