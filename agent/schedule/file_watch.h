// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FileWatch: detects changes of the settings files, including a ConfigMap update that swaps a
// symlink and new files in a watched directory. It polls stat(2), which works on every file system
// and for every way of replacing a file. Does not read the files' content. Loop thread only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mtasts::schedule {

class FileWatch {
 public:
  // Files to watch, and directories in which files may be added or removed.
  void watch(std::vector<std::filesystem::path> paths);
  // Returns true once after any of them has changed.
  bool changed();

 private:
  std::string look() const;

  std::vector<std::filesystem::path> paths_;
  std::string seen_;
};

}  // namespace mtasts::schedule
