// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mailbox_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/log.h"
#include "base/printable.h"
#include "intake/unpack.h"

namespace mtasts::intake {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::minutes kMostTime(
    10);                                 // then the connection is left, and another one begins
constexpr size_t kUidsPerCommand = 100;  // RFC 2683 §3.2.1.5: command lines stay short
constexpr size_t kMostTroubledPerPoll = 50;
constexpr size_t kMostRemembered = 10'000;
constexpr size_t kShown_bytes = 200;

// RFC 3501 §9, date: "3-Nov-2026".
std::string search_date(Time time) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{}-{}-{}", static_cast<unsigned>(day.day()),
                     kMonths[static_cast<unsigned>(day.month()) - 1], static_cast<int>(day.year()));
}

}  // namespace

PollOutcome MailboxSession::run(const ImapLogin& login) {
  Result<void> done = converse(login);
  if (!done) {
    outcome_.cancelled = done.failure().kind == FailureKind::cancelled;
    if (!outcome_.cancelled) tell(done.failure().detail);
  }
  client_.reset();
  return std::move(outcome_);
}

Result<void> MailboxSession::converse(const ImapLogin& login) {
  auto client = ImapClient::open(login, stop_);
  if (!client) return client.failure();
  client_ = std::move(*client);
  folder_name_ = login.url.folder;
  Result<ImapFolder> folder = client_->select(folder_name_, kDoneKeyword);
  if (!folder) return folder.failure();
  begin(*folder);
  Result<std::vector<uint32_t>> uids = find();
  if (!uids) return uids.failure();
  Result<std::map<uint32_t, uint64_t>> sizes = sizes_of(*uids);
  if (!sizes) return sizes.failure();
  const auto end = steady_clock::now() + kMostTime;
  for (uint32_t uid : *uids) {
    if (stop_.raised()) return Failure{FailureKind::cancelled, "the agent is stopping"};
    if (steady_clock::now() > end) {
      outcome_.more = true;
      break;
    }
    const auto size = sizes->find(uid);
    Result<Next> next = take(uid, size == sizes->end() ? 0 : size->second);
    if (!next) return next.failure();
    if (*next == Next::end) break;
  }
  Result<void> expunged = expunge_ours();
  if (!expunged) return expunged;
  client_->log_out();
  return {};
}

void MailboxSession::begin(const ImapFolder& folder) {
  folder_ = folder;
  if (memory_.mark.uid_validity != folder.uid_validity) {
    // RFC 3501 §2.3.1.1: the numbers say nothing any more.
    const std::string mailbox = memory_.mark.mailbox;
    memory_ = {};
    memory_.mark.mailbox = mailbox;
    memory_.mark.uid_validity = folder.uid_validity;
  }
  by_keyword_ = folder.stores_keywords && !folder.read_only && !memory_.keywords_vanish;
  if (by_keyword_ || !keeps()) return;
  outcome_.note = fmt::format("the folder {} {}: the agent remembers how far it was read{}",
                              quoted(folder_name_, kShown_bytes),
                              folder.read_only ? "can only be read" : "stores no keywords",
                              options_.mark_file.empty() ? ", until it ends" : "");
}

std::string MailboxSession::criteria() const {
  std::string text = "ALL";
  if (by_keyword_)
    text = fmt::format("UNKEYWORD {}", kDoneKeyword);
  else if (keeps())
    text = fmt::format("UID {}:*", std::max<uint32_t>(memory_.mark.highest + 1, 1));
  // What somebody marked as deleted, and we cannot expunge, would be found for ever.
  if (!keeps() && !client_->has_capability("UIDPLUS")) text += " UNDELETED";
  // A report comes a day or two after the day it is about.
  const Time oldest = options_.clock() - options_.retention - std::chrono::days(7);
  return fmt::format("{} SINCE {}", text, search_date(std::max(oldest, Time{})));
}

// In the order in which they are tried: those that made trouble come last.
Result<std::vector<uint32_t>> MailboxSession::find() {
  std::vector<uint32_t> uids;
  const bool by_mark = keeps() && !by_keyword_;
  if (by_mark) memory_.troubled = memory_.mark.again;
  Result<std::vector<uint32_t>> found = client_->search(criteria());
  if (!found) return found.failure();
  for (uint32_t uid : *found) {
    if (memory_.troubled.contains(uid) || memory_.left.contains(uid)) continue;
    if (by_mark && !memory_.mark.is_open(uid)) continue;
    if (uids.size() == kMostMessagesPerPoll) {
      outcome_.more = true;
      break;
    }
    uids.push_back(uid);
  }
  size_t troubled = 0;
  for (uint32_t uid : std::set<uint32_t>(memory_.troubled)) {
    const bool there = by_mark || std::binary_search(found->begin(), found->end(), uid);
    if (!there) memory_.troubled.erase(uid);
    if (there && troubled++ < kMostTroubledPerPoll) uids.push_back(uid);
  }
  return uids;
}

Result<std::map<uint32_t, uint64_t>> MailboxSession::sizes_of(const std::vector<uint32_t>& uids) {
  std::map<uint32_t, uint64_t> sizes;
  for (size_t at = 0; at < uids.size(); at += kUidsPerCommand) {
    const size_t end = std::min(at + kUidsPerCommand, uids.size());
    const std::vector<uint32_t> some(uids.begin() + static_cast<ptrdiff_t>(at),
                                     uids.begin() + static_cast<ptrdiff_t>(end));
    Result<std::vector<ImapClient::Size>> answer = client_->sizes(some);
    if (!answer) return answer.failure();
    for (const ImapClient::Size& size : *answer)
      if (sizes.size() < 2 * kMostMessagesPerPoll) sizes[size.uid] = size.size_bytes;
  }
  return sizes;
}

// Failures are those of the connection.
Result<MailboxSession::Next> MailboxSession::take(uint32_t uid, uint64_t size_bytes) {
  if (memory_.kept.contains(uid)) return put_away(uid);
  std::optional<std::string> octets;
  bool oversize = size_bytes > kMailLimit_bytes;
  if (!oversize) {
    Result<std::optional<std::string>> fetched = client_->fetch(uid, kMailLimit_bytes);
    if (!fetched && fetched.failure().kind != FailureKind::invalid) {
      if (fetched.failure().kind != FailureKind::cancelled) {
        // Perhaps it is this message that broke the connection: the others come first.
        memory_.troubled.insert(uid);
        settle(uid, false);
      }
      return fetched.failure();
    }
    if (!fetched) {
      trouble(uid, fetched.failure().detail);
      return settle(uid, false);
    }
    octets = std::move(*fetched);
    oversize = octets && octets->size() > kMailLimit_bytes;
  }
  if (oversize) {
    Result<void> left = leave_oversize(uid);
    if (!left && left.failure().kind != FailureKind::invalid) return left.failure();
    return settle(uid, true);
  }
  if (!octets || octets->empty()) return take_nothing(uid, size_bytes);
  switch (deliver_(std::move(*octets))) {
    case PutOutcome::kept:
    case PutOutcome::known:
      break;
    case PutOutcome::full:
      tell("there is no room to keep more reports; mail stays in the mailbox");
      return Next::end;
    case PutOutcome::failed:
      tell("a report cannot be written to the disk; mail stays in the mailbox");
      return Next::end;
  }
  ++outcome_.messages;
  memory_.troubled.erase(uid);
  if (memory_.kept.size() >= kMostRemembered) memory_.kept.erase(memory_.kept.begin());
  memory_.kept[uid] = false;
  return put_away(uid);
}

// The server sent nothing: somebody has deleted the message, unless the server lists it again.
MailboxSession::Next MailboxSession::take_nothing(uint32_t uid, uint64_t size_bytes) {
  if (size_bytes == 0) {
    memory_.troubled.erase(uid);
    return settle(uid, true);
  }
  if (memory_.troubled.contains(uid)) trouble(uid, "the server sends nothing for it");
  memory_.troubled.insert(uid);
  return settle(uid, false);
}

Result<MailboxSession::Next> MailboxSession::put_away(uint32_t uid) {
  Result<void> done = put_where_it_belongs(uid);
  if (!done && done.failure().kind != FailureKind::invalid) return done.failure();
  if (!done)
    tell(fmt::format("message {} is kept, but stays in the folder as it is: {}", uid,
                     done.failure().detail));
  else
    memory_.kept.erase(uid);
  return settle(uid, true);
}

Result<void> MailboxSession::put_where_it_belongs(uint32_t uid) {
  if (keeps()) return by_keyword_ ? mark_by_keyword(uid) : Result<void>{};
  if (folder_.read_only)
    return Failure{FailureKind::invalid,
                   fmt::format("the folder {} can only be read; give the user the right to delete",
                               quoted(folder_name_, kShown_bytes))};
  if (options_.mailbox.processed == Processed::remove) return remove(uid);
  if (client_->has_capability("MOVE")) return client_->move(uid, options_.mailbox.move_to);
  if (!memory_.kept[uid]) {
    Result<void> copied = client_->copy(uid, options_.mailbox.move_to);
    if (!copied) return copied;
    memory_.kept[uid] = true;
  }
  return remove(uid);
}

Result<void> MailboxSession::mark_by_keyword(uint32_t uid) {
  Result<void> stored = client_->add_flags(uid, kDoneKeyword);
  if (!stored || keyword_verified_) return stored;
  Result<std::optional<std::vector<std::string>>> flags = client_->flags(uid);
  if (!flags) return flags.failure();
  if (!*flags) return {};  // deleted meanwhile
  keyword_verified_ = std::any_of((*flags)->begin(), (*flags)->end(), [](const std::string& flag) {
    return equals_ignoring_case(flag, kDoneKeyword);
  });
  if (keyword_verified_) return {};
  memory_.keywords_vanish = true;
  memory_.mark.again = memory_.troubled;
  begin(folder_);
  return {};
}

Result<void> MailboxSession::leave_oversize(uint32_t uid) {
  ++outcome_.oversize;
  log(LogLevel::warning, "mailbox: message is too large",
      {{"uid", std::to_string(uid)},
       {"detail", fmt::format("it has more than {} MiB and stays in the folder",
                              kMailLimit_bytes / 1024 / 1024)}});
  memory_.troubled.erase(uid);
  if (by_keyword_) return mark_by_keyword(uid);
  if (!keeps() && memory_.left.size() < kMostRemembered) memory_.left.insert(uid);
  return {};
}

Result<void> MailboxSession::remove(uint32_t uid) {
  Result<void> stored = client_->add_flags(uid, "\\Deleted");
  if (!stored) return stored;
  if (client_->has_capability("UIDPLUS")) return client_->expunge(uid);
  deleted_.push_back(uid);
  return {};
}

// EXPUNGE without UIDPLUS deletes whatever anybody has marked: only when that is ours alone.
Result<void> MailboxSession::expunge_ours() {
  if (deleted_.empty()) return {};
  Result<std::vector<uint32_t>> marked = client_->search("DELETED");
  if (!marked) return marked.failure();
  std::sort(deleted_.begin(), deleted_.end());
  if (std::includes(deleted_.begin(), deleted_.end(), marked->begin(), marked->end()))
    return client_->expunge_all();
  outcome_.note = fmt::format(
      "the server lacks UIDPLUS and somebody else marked messages in {} as deleted: those that "
      "were "
      "read are marked too, but not expunged",
      quoted(folder_name_, kShown_bytes));
  return {};
}

// Remembers what was dealt with, where the folder itself cannot tell.
MailboxSession::Next MailboxSession::settle(uint32_t uid, bool done) {
  if (by_keyword_ || !keeps()) return Next::message;
  if (!memory_.mark.settle(uid, done)) {
    tell(fmt::format("{} messages cannot be fetched", MailboxMark::kMostAgain));
    return Next::end;
  }
  if (options_.mark_file.empty()) return Next::message;
  if (Result<void> saved = save_mailbox_mark(options_.mark_file, memory_.mark); !saved)
    tell(saved.failure().detail);
  return Next::message;
}

void MailboxSession::trouble(uint32_t uid, const std::string& sentence) {
  memory_.troubled.insert(uid);
  tell(fmt::format("message {} cannot be fetched: {}", uid, sentence));
}

void MailboxSession::tell(std::string sentence) {
  ++outcome_.failed;
  if (outcome_.error.empty()) outcome_.error = std::move(sentence);
}

}  // namespace mtasts::intake
