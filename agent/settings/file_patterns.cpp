// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/file_patterns.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cerrno>

#include "base/printable.h"

namespace mtasts::settings {
namespace {

class Glob {
 public:
  Glob() = default;
  ~Glob() { globfree(&found_); }
  Glob(const Glob&) = delete;
  Glob& operator=(const Glob&) = delete;

  int match(const std::string& pattern, int flags) {
    // A missing directory matches nothing; an unreadable one could hide domains.
    auto stop_at = [](const char*, int reason) -> int {
      return reason != ENOENT && reason != ENOTDIR;
    };
    return glob(pattern.c_str(), flags, stop_at, &found_);
  }
  std::vector<std::filesystem::path> paths() const {
    return {found_.gl_pathv, found_.gl_pathv + found_.gl_pathc};
  }

 private:
  glob_t found_{};
};

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Result<MatchingFiles> files_matching(const std::filesystem::path& directory,
                                     const std::string& pattern) {
  std::filesystem::path wanted(pattern);
  if (!has_wildcard(pattern)) {
    MatchingFiles exact;
    exact.files.push_back(wanted.is_absolute() ? wanted : directory / wanted);
    return exact;
  }
  std::filesystem::path base(escaped(directory.string()));
  std::filesystem::path whole = wanted.is_absolute() ? wanted : base / wanted;

  Glob files;
  int status = files.match(whole.string(), 0);
  if (status != 0 && status != GLOB_NOMATCH)
    return Failure{FailureKind::io,
                   fmt::format("a directory in \"{}\" cannot be listed; check its permissions",
                               printable(pattern, 200))};
  MatchingFiles matching;
  if (status == 0) matching.files = files.paths();
  std::sort(matching.files.begin(), matching.files.end());

  std::filesystem::path parent = whole.has_parent_path() ? whole.parent_path() : ".";
  Glob directories;
  if (directories.match(parent.string(), GLOB_ONLYDIR) == 0)
    matching.directories = directories.paths();
  return matching;
}

}  // namespace mtasts::settings
