// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/nearest_name.h"

#include <algorithm>
#include <string>

#include "base/ascii.h"

namespace mtasts::settings {
namespace {

constexpr size_t kLongestName_bytes = 64;  // no key or code is longer; bounds the table below

// Edit distance with transpositions of adjacent letters (optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> edits(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) edits[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) edits[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t wrong = edits[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      edits[i][j] = std::min({wrong, edits[i - 1][j] + 1, edits[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  }
  return edits[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view text,
                                             const std::vector<std::string_view>& candidates) {
  if (text.empty() || text.size() > kLongestName_bytes) return std::nullopt;
  std::string wanted = ascii_lower(text);
  std::optional<std::string_view> nearest;
  size_t fewest = 0;
  for (std::string_view candidate : candidates) {
    size_t edits = edit_distance(wanted, ascii_lower(candidate));
    if (edits > std::max<size_t>(1, candidate.size() / 3)) continue;
    if (!nearest || edits < fewest) {
      nearest = candidate;
      fewest = edits;
    }
  }
  return nearest;
}

}  // namespace mtasts::settings
