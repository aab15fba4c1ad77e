// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// files_matching(): the files that a pattern of `domain_files` names, sorted, and the directories
// in which a new file would match too. Wildcards are those of a shell (* ? [a-z]). Blocks on the
// disk; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace mtasts::settings {

struct MatchingFiles {
  std::vector<std::filesystem::path> files;        // without a wildcard: the name, there or not
  std::vector<std::filesystem::path> directories;  // only of a pattern with wildcards
};

// A relative pattern begins at `directory`, whose own name is never a pattern. That nothing matches
// is no failure; that a directory cannot be listed is one.
Result<MatchingFiles> files_matching(const std::filesystem::path& directory,
                                     const std::string& pattern);

}  // namespace mtasts::settings
