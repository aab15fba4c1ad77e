// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter check-config`: reads a settings file as the agent would, including the
// environment, and reports all errors at once. Opens only files, no network. Any thread.
#pragma once

#include <filesystem>
#include <iosfwd>

namespace mtasts::cli {

// Returns 0 and writes "FILE: ok, N domains" to `out`, or 78 with all errors on `err`.
int run_check_config(const std::filesystem::path& file, std::ostream& out, std::ostream& err);

}  // namespace mtasts::cli
