// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter explain`: what a finding means, its fix and its RFC clause, from the one table
// of findings. Offline. Any thread.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace mtasts::cli {

// Without a code: every finding, by stage. With `json` one object a line. Returns 0, or 64 for a
// code that does not exist (with the nearest one on `err`).
int run_explain(const std::optional<std::string>& code, bool json, std::ostream& out,
                std::ostream& err);

}  // namespace mtasts::cli
