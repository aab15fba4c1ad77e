// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mailbox_mark.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>

#include "base/ascii.h"
#include "base/digest.h"

namespace mtasts::intake {
namespace {

constexpr std::string_view kFirstLine = "mtasts-exporter mailbox mark 1";
constexpr size_t kMostFile_bytes = 64 * 1024;

// The value of the next line, "<name> <value>".
std::optional<std::string_view> take_line(std::string_view& text, std::string_view name) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!line.starts_with(name) || line.substr(name.size(), 1) != " ") return std::nullopt;
  return line.substr(name.size() + 1);
}

std::optional<uint32_t> number_of(std::optional<std::string_view> digits) {
  if (!digits) return std::nullopt;
  uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(digits->data(), digits->data() + digits->size(), number);
  if (error != std::errc() || end != digits->data() + digits->size()) return std::nullopt;
  return number;
}

}  // namespace

bool MailboxMark::settle(uint32_t uid, bool done) {
  if (!done && !again.contains(uid) && again.size() >= kMostAgain) return false;
  if (done)
    again.erase(uid);
  else
    again.insert(uid);
  highest = std::max(highest, uid);
  return true;
}

// The last line lets a torn file be told from a whole one.
std::string text_of(const MailboxMark& mark) {
  const std::string text =
      fmt::format("{}\nmailbox {}\nuidvalidity {}\nhighest {}\nagain {}\n", kFirstLine,
                  mark.mailbox, mark.uid_validity, mark.highest, fmt::join(mark.again, ","));
  return text + "sha256 " + sha256_hex(text) + '\n';
}

std::optional<MailboxMark> parse_mailbox_mark(std::string_view text) {
  const size_t last = text.rfind("sha256 ");
  if (last == std::string_view::npos || !text.starts_with(kFirstLine)) return std::nullopt;
  if (trim(text.substr(last + 7)) != sha256_hex(text.substr(0, last))) return std::nullopt;
  text.remove_prefix(kFirstLine.size() + 1);
  MailboxMark mark;
  const auto mailbox = take_line(text, "mailbox");
  const auto uid_validity = number_of(take_line(text, "uidvalidity"));
  const auto highest = number_of(take_line(text, "highest"));
  auto again = take_line(text, "again");
  if (!mailbox || !uid_validity || !highest || !again) return std::nullopt;
  mark.mailbox = *mailbox;
  mark.uid_validity = *uid_validity;
  mark.highest = *highest;
  while (!again->empty() && mark.again.size() < MailboxMark::kMostAgain) {
    const size_t end = std::min(again->find(','), again->size());
    if (const auto uid = number_of(again->substr(0, end))) mark.again.insert(*uid);
    again->remove_prefix(std::min(end + 1, again->size()));
  }
  return mark;
}

MailboxMark load_mailbox_mark(const std::filesystem::path& file, const std::string& mailbox) {
  std::string text(kMostFile_bytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  if (auto mark = parse_mailbox_mark(text); mark && mark->mailbox == mailbox) return *mark;
  MailboxMark none;
  none.mailbox = mailbox;
  return none;
}

// Not synchronized with the disk: a lost file only lets messages be read again.
Result<void> save_mailbox_mark(const std::filesystem::path& file, const MailboxMark& mark) {
  std::filesystem::path next = file;
  next += ".new";
  std::ofstream stream(next, std::ios::binary | std::ios::trunc);
  stream << text_of(mark);
  stream.close();
  std::error_code error;
  if (stream) std::filesystem::rename(next, file, error);
  if (stream && !error) return {};
  if (!error) error = {errno, std::generic_category()};
  return Failure{FailureKind::io,
                 fmt::format("cannot write {}: {}", file.string(), error.message())};
}

}  // namespace mtasts::intake
