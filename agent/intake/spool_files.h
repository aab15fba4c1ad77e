// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SpoolFiles: the directory of a Spool. A file is written under a temporary name, synced, renamed,
// and then the directory is synced, once for all writers that wait for it. Any thread; every
// function blocks on the disk.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mtasts::intake {

class SpoolFiles {
 public:
  // Creates the directory (mode 0700) when it is missing, locks it against a second process, and
  // deletes temporary files. The failure is one sentence.
  static Result<std::unique_ptr<SpoolFiles>> open(const std::string& directory);
  ~SpoolFiles();
  SpoolFiles(const SpoolFiles&) = delete;
  SpoolFiles& operator=(const SpoolFiles&) = delete;

  struct Found {
    std::string name;
    size_t size_bytes = 0;
  };
  // Regular files without temporary ones, in no order.
  Result<std::vector<Found>> list() const;

  // Durable when it succeeds; no trace when it fails. A full disk is FailureKind::not_found.
  Result<void> write(const std::string& name, std::string_view octets);
  Result<std::string> read(const std::string& name, size_t most_bytes) const;
  // A file that does not exist counts as deleted.
  Result<void> remove(const std::string& name);

 private:
  struct Round {  // one sync of the directory, shared by all that wait for it
    bool done = false;
    int error = 0;
  };

  SpoolFiles(std::string path, int directory) : path_(std::move(path)), directory_(directory) {}
  Result<void> fill(const std::string& temporary, std::string_view octets);
  int sync_directory();
  void drop_temporary_files();

  const std::string path_;
  const int directory_;
  std::mutex mutex_;
  std::condition_variable synced_;
  std::shared_ptr<Round> next_ = std::make_shared<Round>();
  bool syncing_ = false;
};

}  // namespace mtasts::intake
