// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ImapClient: the commands of IMAP (RFC 3501; UIDPLUS, RFC 4315; MOVE, RFC 6851) that reading a
// mailbox takes, on one connection with one folder selected. Every answer is bounded in size and
// time. A failure of kind `invalid` is the server's NO to that command, after which the connection
// can be used; after any other kind it cannot. Failures are printable sentences. Blocks; the
// owner's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "intake/imap_connection.h"
#include "intake/imap_response.h"

namespace mtasts::intake {

struct ImapFolder {
  uint32_t uid_validity = 0;  // never 0
  bool read_only = false;
  bool stores_keywords = false;  // new ones too (PERMANENTFLAGS with \*)
};

class ImapClient {
 public:
  static Result<std::unique_ptr<ImapClient>> open(const ImapLogin& login, const StopSignal& stop);
  ~ImapClient();
  ImapClient(const ImapClient&) = delete;
  ImapClient& operator=(const ImapClient&) = delete;

  // `keyword`: the one that will be used.
  Result<ImapFolder> select(const std::string& folder, std::string_view keyword);
  bool has_capability(std::string_view name) const;

  // Numbers (UIDs) of the messages that match, ascending. `criteria`: "UNKEYWORD TlsRptDone".
  Result<std::vector<uint32_t>> search(std::string_view criteria);
  struct Size {
    uint32_t uid = 0;
    uint64_t size_bytes = 0;
  };
  // RFC822.SIZE of those that still exist.
  Result<std::vector<Size>> sizes(const std::vector<uint32_t>& uids);
  // The message, without setting \Seen; one octet more than `limit_bytes` means that it is longer.
  // Nothing: it does not exist any more.
  Result<std::optional<std::string>> fetch(uint32_t uid, size_t limit_bytes);
  // Nothing: the message does not exist any more, or the server does not tell.
  Result<std::optional<std::vector<std::string>>> flags(uint32_t uid);
  Result<void> add_flags(uint32_t uid, std::string_view flags);
  // Makes the folder when it does not exist.
  Result<void> move(uint32_t uid, const std::string& folder);
  Result<void> copy(uint32_t uid, const std::string& folder);
  Result<void> expunge(uint32_t uid);  // needs UIDPLUS
  Result<void> expunge_all();          // whatever is marked as deleted
  void log_out();

 private:
  struct Reply {
    ImapStatus status;
    std::vector<ImapResponse> untagged;
  };

  ImapClient(std::unique_ptr<ImapConnection> connection, std::string server);
  Result<void> log_in(const ImapLogin& login);
  Result<Reply> command(std::string_view text,
                        size_t literal_limit_bytes = kMostShortLiteral_bytes);
  Result<Reply> read_reply(std::string_view tag);
  Result<ImapResponse> read_response(std::chrono::steady_clock::time_point end);
  // As command(); NO and BAD are failures of kind `invalid`.
  Result<Reply> accepted(std::string_view text,
                         size_t literal_limit_bytes = kMostShortLiteral_bytes);
  Result<void> into_folder(std::string_view command, uint32_t uid, const std::string& folder);
  Failure refusal(std::string_view command, const ImapStatus& status) const;
  std::string separator_hint(const std::string& folder);

  static constexpr size_t kMostShortLiteral_bytes = 64 * 1024;

  std::unique_ptr<ImapConnection> connection_;
  const std::string server_;
  ImapResponseReader reader_;
  std::array<char, 32 * 1024> buffer_{};
  std::vector<std::string> capabilities_;
  uint32_t tag_ = 0;
};

}  // namespace mtasts::intake
