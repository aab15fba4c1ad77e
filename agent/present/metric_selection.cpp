// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/metric_selection.h"

#include <algorithm>
#include <array>

namespace mtasts::present {
namespace {

constexpr std::array<std::string_view, 3> kHistogramSuffixes = {"_bucket", "_count", "_sum"};

bool any_matches(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [name](const std::string& pattern) { return matches_pattern(pattern, name); });
}

bool names_sample_of(std::string_view wanted, std::string_view family) {
  if (!wanted.starts_with(family)) return false;
  const std::string_view rest = wanted.substr(family.size());
  return std::find(kHistogramSuffixes.begin(), kHistogramSuffixes.end(), rest) !=
         kHistogramSuffixes.end();
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view name) {
  const size_t first = pattern.find('*');
  if (first == std::string_view::npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, first))) return false;
  name.remove_prefix(first);
  pattern.remove_prefix(first + 1);
  // Each part between two stars is taken where it first occurs; the last one ends the name.
  for (size_t star = pattern.find('*'); star != std::string_view::npos; star = pattern.find('*')) {
    const size_t found = name.find(pattern.substr(0, star));
    if (found == std::string_view::npos) return false;
    name.remove_prefix(found + star);
    pattern.remove_prefix(star + 1);
  }
  return name.ends_with(pattern);
}

bool MetricSelection::has(std::string_view name) const {
  if (any_matches(excluded_, name)) return false;
  if (wanted_.empty() || any_matches(wanted_, name)) return true;
  return std::any_of(wanted_.begin(), wanted_.end(),
                     [name](const std::string& wanted) { return names_sample_of(wanted, name); });
}

}  // namespace mtasts::present
