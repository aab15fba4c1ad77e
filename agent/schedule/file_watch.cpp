// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/file_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace mtasts::schedule {

void FileWatch::watch(std::vector<std::filesystem::path> paths) {
  paths_ = std::move(paths);
  seen_ = look();
}

bool FileWatch::changed() {
  std::string now = look();
  if (now == seen_) return false;
  seen_ = std::move(now);
  return true;
}

std::string FileWatch::look() const {
  std::string view;
  for (const auto& path : paths_) {
    struct stat status {};
    // stat follows symlinks: a swapped target has another inode.
    if (::stat(path.c_str(), &status) != 0) {
      view += "-;";
      continue;
    }
    view += fmt::format("{}.{}.{}.{}.{};", status.st_dev, status.st_ino, status.st_size,
                        status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return view;
}

}  // namespace mtasts::schedule
