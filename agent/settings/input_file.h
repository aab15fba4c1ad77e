// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// read_input_file(): reads a whole regular file, bounded in size. Pipes and devices are refused, so
// that reading can neither hang nor run forever. Any thread; blocks on the disk only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace mtasts::settings {

inline constexpr size_t kInputFileLimit_bytes = 64u * 1024 * 1024;

// The failure's detail is the end of a sentence that begins with the file's name:
// "cannot be read: Permission denied".
Result<std::string> read_input_file(const std::filesystem::path& path,
                                    size_t limit_bytes = kInputFileLimit_bytes);

}  // namespace mtasts::settings
