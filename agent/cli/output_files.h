// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Writes a set of generated files into a directory, all of them or none. A file with other content
// is never overwritten unless that is asked for. Each file appears whole: it is written beside its
// place and then moved there. Blocks; one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace mtasts::cli {

struct OutputFile {
  std::string path;  // relative, without ".."
  std::string content;
};
struct OutputResult {
  std::vector<std::string> written;    // paths as in OutputFile
  std::vector<std::string> unchanged;  // had this content already
};

// The failure is one sentence that names the file; then nothing is left of what was written. With
// `overwrite`, files that were replaced before a failure stay replaced.
Result<OutputResult> write_files(const std::filesystem::path& directory,
                                 const std::vector<OutputFile>& files, bool overwrite);

}  // namespace mtasts::cli
