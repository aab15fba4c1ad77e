// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A scriptable IMAP server on loopback for tests: it keeps a mailbox in memory, and a script may
// answer any command in its place. One connection at a time, one thread. All public functions may
// be called from any thread; the destructor ends the connection and joins the thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fakes/certificate_factory.h"

namespace mtasts::fakes {

struct ImapMessage {
  std::string octets;
  std::set<std::string> flags;
};

struct ImapScript {
  Identity identity;
  bool implicit_tls = true;
  std::string greeting = "* OK ready\r\n";
  std::string capabilities = "IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS MOVE";
  std::string user = "reports@example.com";
  std::string secret = "secret";
  std::string permanent_flags = "\\Seen \\Deleted \\*";
  bool forgets_keywords = false;
  bool read_only = false;
  uint32_t uid_validity = 17;
  // Octets to send in place of the answer to a command, which comes without its tag; "{tag}" is
  // replaced. An empty text closes the connection.
  std::function<std::optional<std::string>(const std::string& command)> answer;
};

class ImapServer {
 public:
  explicit ImapServer(ImapScript script);
  ~ImapServer();
  ImapServer(const ImapServer&) = delete;
  ImapServer& operator=(const ImapServer&) = delete;

  uint16_t port() const { return port_; }
  // The UID of the new message.
  uint32_t add(const std::string& octets, const std::string& folder = "INBOX");
  std::map<uint32_t, ImapMessage> messages(const std::string& folder = "INBOX") const;
  void change(const std::function<void(ImapScript& script)>& change);
  void set_flag(uint32_t uid, const std::string& flag);
  void clear();
  std::vector<std::string> commands() const;  // without tags, in order
  int count(const std::string& begin) const;  // commands that begin so
  int connections() const;

 private:
  class Connection;
  struct Folder {
    std::map<uint32_t, ImapMessage> messages;
    uint32_t next_uid = 1;
  };

  void serve();
  std::string answer_to(const std::string& command, bool& logged_in);
  std::string select(const std::string& folder);
  std::string fetch(const std::string& uids, const std::string& items);
  std::string search(const std::string& criteria);
  std::string store(const std::string& uid, const std::string& flags);
  std::string copy(const std::string& uid, const std::string& folder, bool remove);

  mutable std::mutex mutex_;
  ImapScript script_;
  std::map<std::string, Folder> folders_;
  std::string selected_;
  std::vector<std::string> commands_;
  int connections_ = 0;
  bool stopping_ = false;
  int listener_;
  int socket_ = -1;
  uint16_t port_;
  std::thread thread_;
};

}  // namespace mtasts::fakes
