// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TokenFile: a secret in a file, compared with bearer tokens (RFC 6750 §2.1). Read again when the
// file changes, which is looked at once a second at most. Any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.h"

namespace mtasts::web {

class TokenFile {
 public:
  explicit TokenFile(std::string file) : file_(std::move(file)) {}

  // Whether there is a usable token: the file can be read and is not empty.
  bool usable();
  // In constant time. False without a usable token.
  bool matches(std::string_view token);

 private:
  void look();

  const std::string file_;  // empty: never usable
  std::mutex mutex_;
  std::chrono::steady_clock::time_point looked_{};
  std::string stamp_;
  bool usable_ = false;
  Sha256Digest digest_{};
};

}  // namespace mtasts::web
