// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MetricSelection: which metric families an exposition has. A pattern is the name of a family, in
// which '*' stands for any text ("mtasts_stage_*"). A value; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mtasts::present {

// Whether a pattern matches the whole name.
bool matches_pattern(std::string_view pattern, std::string_view name);

class MetricSelection {
 public:
  MetricSelection() = default;  // every family
  // `excluded` are left out. `wanted`, unless empty, are the only ones; of a histogram also the
  // names of its samples (`…_bucket`, `…_count`, `…_sum`).
  MetricSelection(std::vector<std::string> excluded, std::vector<std::string> wanted)
      : excluded_(std::move(excluded)), wanted_(std::move(wanted)) {}

  bool has(std::string_view name) const;
  bool has_all() const { return excluded_.empty() && wanted_.empty(); }

 private:
  std::vector<std::string> excluded_;
  std::vector<std::string> wanted_;
};

}  // namespace mtasts::present
