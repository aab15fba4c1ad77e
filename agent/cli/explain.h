// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter explain`: the meaning, fix and RFC section of a finding, from the table of
// findings. Offline. Any thread.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace mtasts::cli {

// Without a code: all findings, by stage. With `json`, one object per line. Returns 0, or 64 for an
// unknown code (with the most similar one on `err`).
int run_explain(const std::optional<std::string>& code, bool json, std::ostream& out,
                std::ostream& err);

}  // namespace mtasts::cli
