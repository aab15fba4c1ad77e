// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/file_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

namespace mtasts::schedule {
namespace {

std::string look_at(const std::filesystem::path& path) {
  struct stat status {};
  // stat follows symlinks: a swapped target has another inode.
  if (::stat(path.c_str(), &status) != 0) return "-";
  return fmt::format("{}.{}.{}.{}.{}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

void FileWatch::watch(const std::vector<std::filesystem::path>& paths) { watch(paths, {}); }

void FileWatch::watch(const std::vector<std::filesystem::path>& paths, const View& before) {
  View seen;
  for (const auto& path : paths) {
    auto known = before.find(path);
    seen[path] = known != before.end() ? known->second : look_at(path);
  }
  seen_ = std::move(seen);
}

bool FileWatch::changed() {
  View now = look();
  if (now == seen_) return false;
  seen_ = std::move(now);
  return true;
}

FileWatch::View FileWatch::look() const {
  View view;
  for (const auto& [path, seen] : seen_) view.emplace(path, look_at(path));
  return view;
}

}  // namespace mtasts::schedule
