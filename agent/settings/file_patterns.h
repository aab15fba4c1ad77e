// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// files_matching(): the sorted files that match a pattern of `domain_files`, and the directories in
// which a new file could match. Wildcards are those of a shell (* ? [a-z]). Blocks on the disk; any
// thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace mtasts::settings {

struct MatchingFiles {
  std::vector<std::filesystem::path> files;        // without a wildcard: the name, existing or not
  std::vector<std::filesystem::path> directories;  // only of a pattern with wildcards
};

// A relative pattern is relative to `directory`, which is taken literally. A pattern without
// matches is not a failure; a directory that cannot be listed is.
Result<MatchingFiles> files_matching(const std::filesystem::path& directory,
                                     const std::string& pattern);

}  // namespace mtasts::settings
