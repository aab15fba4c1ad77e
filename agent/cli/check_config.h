// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter check-config`: reads a settings file as the agent would, environment included,
// and says every error at once. Opens nothing but files. Any thread.
#pragma once

#include <filesystem>
#include <iosfwd>

namespace mtasts::cli {

// 0 and "FILE: ok, N domains" on `out`, or 78 and every error on `err`.
int run_check_config(const std::filesystem::path& file, std::ostream& out, std::ostream& err);

}  // namespace mtasts::cli
