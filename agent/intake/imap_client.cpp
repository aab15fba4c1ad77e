// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "intake/imap_name.h"

namespace mtasts::intake {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSilence = std::chrono::seconds(60);   // between two pieces of an answer
constexpr milliseconds kCommand = std::chrono::seconds(300);  // from a command to its result
constexpr milliseconds kLogout = std::chrono::seconds(2);
constexpr size_t kMostUntagged = 100'000;
constexpr size_t kMostUntagged_bytes = 24 * 1024 * 1024;
constexpr size_t kShown_bytes = 300;

}  // namespace

ImapClient::ImapClient(std::unique_ptr<ImapConnection> connection, std::string server)
    : connection_(std::move(connection)), server_(std::move(server)) {}

ImapClient::~ImapClient() = default;

Result<std::unique_ptr<ImapClient>> ImapClient::open(const ImapLogin& login,
                                                     const StopSignal& stop) {
  auto connection = ImapConnection::open(login, stop);
  if (!connection) return connection.failure();
  std::unique_ptr<ImapClient> client(new ImapClient(std::move(*connection), login.url.server()));
  if (!client->connection_->logged_in())
    if (Result<void> done = client->log_in(login); !done) return done.failure();
  Result<Reply> reply = client->accepted("CAPABILITY");
  if (!reply) return reply.failure();
  for (const ImapResponse& response : reply->untagged)
    read_capabilities(response, client->capabilities_);
  return client;
}

// RFC 3501 §6.2.3. The words of the server may repeat what it was sent, so they are not shown.
Result<void> ImapClient::log_in(const ImapLogin& login) {
  Result<Reply> reply =
      command(fmt::format("LOGIN {} {}", imap_quoted(login.user), imap_quoted(login.secret)));
  if (!reply) return reply.failure();
  if (reply->status.kind == ImapStatus::Kind::ok) return {};
  return Failure{FailureKind::invalid, fmt::format("{} refuses the password of user {}", server_,
                                                   quoted(login.user, kShown_bytes))};
}

bool ImapClient::has_capability(std::string_view name) const {
  return std::find(capabilities_.begin(), capabilities_.end(), name) != capabilities_.end();
}

Result<ImapResponse> ImapClient::read_response(steady_clock::time_point end) {
  for (;;) {
    if (auto response = reader_.next()) return std::move(*response);
    if (!reader_.fault().empty())
      return Failure{FailureKind::io, fmt::format("{} sends {}", server_, reader_.fault())};
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0)
      return Failure{FailureKind::timed_out, fmt::format("{} did not answer in time", server_)};
    Result<size_t> received =
        connection_->receive(buffer_.data(), buffer_.size(), std::min(left, kSilence));
    if (!received) return received.failure();
    if (*received == 0)
      return Failure{FailureKind::io, fmt::format("{} closed the connection", server_)};
    reader_.add({buffer_.data(), *received});
  }
}

Result<ImapClient::Reply> ImapClient::read_reply(std::string_view tag) {
  const auto end = steady_clock::now() + kCommand;
  Reply reply;
  size_t held_bytes = 0;
  for (;;) {
    Result<ImapResponse> response = read_response(end);
    if (!response) return response.failure();
    if (auto status = read_status(*response, tag)) {
      reply.status = std::move(*status);
      return reply;
    }
    if (auto status = read_status(*response, "*"); status && status->kind == ImapStatus::Kind::bye)
      return Failure{FailureKind::io, fmt::format("{} ends the connection: {}", server_,
                                                  printable(status->text, kShown_bytes))};
    held_bytes += response->text.size();
    for (const std::string& literal : response->literals) held_bytes += literal.size();
    reply.untagged.push_back(std::move(*response));
    if (reply.untagged.size() > kMostUntagged || held_bytes > kMostUntagged_bytes)
      return Failure{FailureKind::io,
                     fmt::format("{} sends an answer without end to one command", server_)};
  }
}

Result<ImapClient::Reply> ImapClient::command(std::string_view text, size_t literal_limit_bytes) {
  const std::string tag = fmt::format("r{}", ++tag_);
  reader_.limit_literals(literal_limit_bytes);
  Result<void> sent = connection_->send(fmt::format("{} {}\r\n", tag, text), kSilence);
  if (!sent) return sent.failure();
  return read_reply(tag);
}

Failure ImapClient::refusal(std::string_view command, const ImapStatus& status) const {
  std::string words =
      status.code.empty() ? status.text : fmt::format("[{}] {}", status.code, status.text);
  return {FailureKind::invalid, fmt::format("{} refuses {}: {}", server_, printable(command, 80),
                                            printable(words, kShown_bytes))};
}

Result<ImapClient::Reply> ImapClient::accepted(std::string_view text, size_t literal_limit_bytes) {
  Result<Reply> reply = command(text, literal_limit_bytes);
  if (!reply || reply->status.kind == ImapStatus::Kind::ok) return reply;
  return refusal(text, reply->status);
}

// RFC 3501 §7.1: without PERMANENTFLAGS the flags that FLAGS lists can be stored.
Result<ImapFolder> ImapClient::select(const std::string& folder, std::string_view keyword) {
  Result<Reply> reply = command(fmt::format("SELECT {}", imap_folder(folder)));
  if (!reply) return reply.failure();
  if (reply->status.kind != ImapStatus::Kind::ok) {
    Failure failure =
        refusal(fmt::format("the folder {}", quoted(folder, kShown_bytes)), reply->status);
    failure.detail += separator_hint(folder);
    return failure;
  }
  ImapFolder result;
  result.read_only = reply->status.code == "READ-ONLY";
  std::optional<std::vector<std::string>> permanent;
  std::vector<std::string> flags;
  for (const ImapResponse& response : reply->untagged) {
    const auto status = read_status(response, "*");
    if (!status) {
      if (keyword_of(response) == "FLAGS") flags = read_flags(response.text);
    } else if (status->code.starts_with("UIDVALIDITY ")) {
      result.uid_validity =
          static_cast<uint32_t>(std::strtoul(status->code.c_str() + 12, nullptr, 10));
    } else if (status->code.starts_with("PERMANENTFLAGS ")) {
      permanent = read_flags(status->code);
    }
  }
  if (result.uid_validity == 0)
    return Failure{FailureKind::invalid,
                   fmt::format("{} gives messages no lasting numbers (UIDVALIDITY)", server_)};
  const auto& stored = permanent ? *permanent : flags;
  result.stores_keywords = std::any_of(stored.begin(), stored.end(), [&](const std::string& flag) {
    return flag == "\\*" || equals_ignoring_case(flag, keyword);
  });
  return result;
}

// Folders are separated by what the server says, often "." instead of "/".
std::string ImapClient::separator_hint(const std::string& folder) {
  Result<Reply> reply = command(R"(LIST "" "")");
  if (!reply || folder.find('/') == std::string::npos) return {};
  for (const ImapResponse& response : reply->untagged) {
    if (keyword_of(response) != "LIST") continue;
    const size_t open = response.text.find(") \"");
    if (open == std::string::npos || open + 3 >= response.text.size()) continue;
    const char separator = response.text[open + 3];
    if (separator != '/' && separator != '"' && separator != '\\')
      return fmt::format("; this server separates folders by \"{}\"",
                         printable({&separator, 1}, 4));
  }
  return {};
}

Result<std::vector<uint32_t>> ImapClient::search(std::string_view criteria) {
  Result<Reply> reply = accepted(fmt::format("UID SEARCH {}", criteria));
  if (!reply) return reply.failure();
  std::vector<uint32_t> uids;
  for (const ImapResponse& response : reply->untagged) read_search(response, uids);
  std::sort(uids.begin(), uids.end());
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
  return uids;
}

Result<std::vector<ImapClient::Size>> ImapClient::sizes(const std::vector<uint32_t>& uids) {
  std::vector<Size> sizes;
  if (uids.empty()) return sizes;
  Result<Reply> reply =
      accepted(fmt::format("UID FETCH {} (UID RFC822.SIZE)", fmt::join(uids, ",")));
  if (!reply) return reply.failure();
  for (ImapResponse& response : reply->untagged) {
    const auto fetch = read_fetch(std::move(response));
    if (fetch && fetch->uid && fetch->size_bytes)
      sizes.push_back({*fetch->uid, *fetch->size_bytes});
  }
  return sizes;
}

Result<std::optional<std::string>> ImapClient::fetch(uint32_t uid, size_t limit_bytes) {
  constexpr size_t kRoomForOtherItems_bytes = 4096;
  Result<Reply> reply =
      accepted(fmt::format("UID FETCH {} (UID BODY.PEEK[]<0.{}>)", uid, limit_bytes + 1),
               limit_bytes + 1 + kRoomForOtherItems_bytes);
  if (!reply) return reply.failure();
  std::optional<std::string> body;
  for (ImapResponse& response : reply->untagged) {
    auto fetch = read_fetch(std::move(response));
    if (fetch && fetch->uid == uid && fetch->body) body = std::move(fetch->body);
  }
  return body;
}

Result<std::optional<std::vector<std::string>>> ImapClient::flags(uint32_t uid) {
  Result<Reply> reply = accepted(fmt::format("UID FETCH {} (UID FLAGS)", uid));
  if (!reply) return reply.failure();
  std::optional<std::vector<std::string>> flags;
  for (ImapResponse& response : reply->untagged) {
    auto fetch = read_fetch(std::move(response));
    if (fetch && fetch->uid == uid && fetch->flags) flags = std::move(fetch->flags);
  }
  return flags;
}

Result<void> ImapClient::add_flags(uint32_t uid, std::string_view flags) {
  Result<Reply> reply = accepted(fmt::format("UID STORE {} +FLAGS.SILENT ({})", uid, flags));
  return reply ? Result<void>{} : Result<void>(reply.failure());
}

Result<void> ImapClient::into_folder(std::string_view name, uint32_t uid,
                                     const std::string& folder) {
  const std::string text = fmt::format("UID {} {} {}", name, uid, imap_folder(folder));
  Result<Reply> reply = command(text);
  if (!reply) return reply.failure();
  // RFC 3501 §6.4.7: TRYCREATE says that the folder can be made.
  if (reply->status.code == "TRYCREATE") {
    Result<Reply> made = accepted(fmt::format("CREATE {}", imap_folder(folder)));
    if (!made) return made.failure();
    reply = command(text);
    if (!reply) return reply.failure();
  }
  if (reply->status.kind == ImapStatus::Kind::ok) return {};
  return refusal(text, reply->status);
}

Result<void> ImapClient::move(uint32_t uid, const std::string& folder) {
  return into_folder("MOVE", uid, folder);
}

Result<void> ImapClient::copy(uint32_t uid, const std::string& folder) {
  return into_folder("COPY", uid, folder);
}

Result<void> ImapClient::expunge(uint32_t uid) {
  Result<Reply> reply = accepted(fmt::format("UID EXPUNGE {}", uid));
  return reply ? Result<void>{} : Result<void>(reply.failure());
}

Result<void> ImapClient::expunge_all() {
  Result<Reply> reply = accepted("EXPUNGE");
  return reply ? Result<void>{} : Result<void>(reply.failure());
}

void ImapClient::log_out() {
  const std::string tag = fmt::format("r{}", ++tag_);
  if (!connection_->send(tag + " LOGOUT\r\n", kLogout)) return;
  const auto end = steady_clock::now() + kLogout;
  for (;;) {
    Result<ImapResponse> response = read_response(end);
    if (!response || read_status(*response, tag)) return;
  }
}

}  // namespace mtasts::intake
