// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MaildirFolder: the messages of a Maildir that were not read yet, and how one becomes read. Trusts
// nothing that lies there: symbolic links, folders, devices and large files are not opened. Blocks;
// one owner's thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mtasts::intake {

class MaildirFolder {
 public:
  explicit MaildirFolder(std::filesystem::path path) : path_(std::move(path)) {}

  // Paths relative to the Maildir, sorted: all of new/, and what lies in cur/ with neither the flag
  // S (seen) nor T (trashed). At most `limit`, those of new/ first.
  Result<std::vector<std::string>> unread(size_t limit) const;

  // The message. Failures: not_found: it has gone; invalid: it must not be read or is larger than
  // `limit_bytes` (which `oversize` tells); io. `detail` names no file.
  struct Content {
    std::string octets;
    bool oversize = false;
  };
  Result<Content> read(const std::string& name, size_t limit_bytes) const;

  // Moves it to cur/ with the flag S added.
  Result<void> set_seen(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

// The name in cur/ of a message in new/ or cur/ once it is seen: flags are ASCII letters in order.
std::string seen_name(std::string_view file_name);

}  // namespace mtasts::intake
