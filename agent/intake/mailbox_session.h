// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MailboxSession: one poll of a mailbox, from the login to the logout: finds the messages that were
// not read yet, hands each over, and marks, moves or deletes it once it was kept. A message that
// cannot be dealt with is left for the next poll and does not stop the others. Blocks; the poller's
// thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "intake/imap_client.h"
#include "intake/mailbox_mark.h"
#include "intake/mailbox_poller.h"
#include "intake/put_outcome.h"

namespace mtasts::intake {

inline constexpr const char* kDoneKeyword = "TlsRptDone";
inline constexpr size_t kMostMessagesPerPoll = 500;

// What is known from earlier polls of the same mailbox. UIDs are of `mark.uid_validity`.
struct MailboxMemory {
  MailboxMark mark;
  std::map<uint32_t, bool> kept;  // but not yet put away; true: copied to the other folder
  std::set<uint32_t> troubled;    // could not be fetched: tried after all others
  std::set<uint32_t> left;        // too large, where there are no keywords
  bool keywords_vanish = false;   // the server accepts keywords and forgets them
};

struct PollOutcome {
  uint64_t messages = 0;  // handed over
  uint64_t oversize = 0;
  uint64_t failed = 0;  // messages left behind, or the poll itself
  std::string error;    // the first of them, one printable sentence
  std::string note;     // a limit that is no failure
  bool more = false;    // there are messages that this poll did not come to
  bool cancelled = false;
};

class MailboxSession {
 public:
  MailboxSession(const MailboxOptions& options, MailboxMemory& memory, const Deliver& deliver,
                 const StopSignal& stop)
      : options_(options), memory_(memory), deliver_(deliver), stop_(stop) {}

  PollOutcome run(const ImapLogin& login);

 private:
  using Processed = settings::ReportsMailboxSettings::Processed;
  enum class Next { message, end };

  Result<void> converse(const ImapLogin& login);
  void begin(const ImapFolder& folder);
  std::string criteria() const;
  Result<std::vector<uint32_t>> find();
  Result<std::map<uint32_t, uint64_t>> sizes_of(const std::vector<uint32_t>& uids);
  Result<Next> take(uint32_t uid, uint64_t size_bytes);
  Next take_nothing(uint32_t uid, uint64_t size_bytes);
  Result<Next> put_away(uint32_t uid);
  Result<void> put_where_it_belongs(uint32_t uid);
  Result<void> mark_by_keyword(uint32_t uid);
  Result<void> leave_oversize(uint32_t uid);
  Result<void> remove(uint32_t uid);
  Result<void> expunge_ours();
  Next settle(uint32_t uid, bool done);
  void trouble(uint32_t uid, const std::string& sentence);
  void tell(std::string sentence);
  bool keeps() const { return options_.mailbox.processed == Processed::keep; }

  const MailboxOptions& options_;
  MailboxMemory& memory_;
  const Deliver& deliver_;
  const StopSignal& stop_;
  std::unique_ptr<ImapClient> client_;
  std::string folder_name_;
  ImapFolder folder_;
  bool by_keyword_ = false;
  bool keyword_verified_ = false;
  std::vector<uint32_t> deleted_;  // marked as deleted, not expunged
  PollOutcome outcome_;
};

}  // namespace mtasts::intake
