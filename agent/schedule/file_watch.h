// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FileWatch: detects changes of the settings files, including a ConfigMap update that swaps a
// symlink and new files in a watched directory. It polls stat(2), which works on every file system
// and for every way of replacing a file. Does not read the files' content. Blocks for as long as
// the file system does. One thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mtasts::schedule {

class FileWatch {
 public:
  // What the files looked like at one moment.
  using View = std::map<std::filesystem::path, std::string>;

  // Files to watch, and directories in which files may be added or removed.
  void watch(const std::vector<std::filesystem::path>& paths);
  // The same for files that were read after `before` was taken: a change since then is one.
  void watch(const std::vector<std::filesystem::path>& paths, const View& before);
  // Returns true once after any of them has changed.
  bool changed();
  // The watched files were read after this view of them was taken.
  void read_since(View before) { seen_ = std::move(before); }

  View look() const;

 private:
  View seen_;  // the keys are what is watched
};

}  // namespace mtasts::schedule
