// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FileWatch: tells that one of the settings' files changed, also when a ConfigMap update swaps the
// symlink under it or a new file appears beside it. It compares what stat says every few seconds:
// that works on every file system and for every way of replacing a file. Loop thread only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mtasts::schedule {

class FileWatch {
 public:
  // Files, and directories in which files come and go.
  void watch(std::vector<std::filesystem::path> paths);
  // True once after any of them changed.
  bool changed();

 private:
  std::string look() const;

  std::vector<std::filesystem::path> paths_;
  std::string seen_;
};

}  // namespace mtasts::schedule
