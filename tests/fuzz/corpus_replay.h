// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays a fuzzing corpus in the ordinary build: regressions of earlier fuzzer findings.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace mtasts::fuzz {

struct CorpusTarget {
  const char* corpus;
  std::string (*broken_promise)(std::string_view);
  size_t fewest;  // minimum number of files: an empty corpus fails
};

inline std::string corpus_of(const testing::TestParamInfo<CorpusTarget>& info) {
  return info.param.corpus;
}

// Every file, and of each the prefixes of 1/pieces, 2/pieces, …: what remains of a truncated input.
inline void replay_corpus(const CorpusTarget& target, size_t pieces) {
  std::filesystem::path folder = std::filesystem::path(MTASTS_TESTS_DIR) / "corpus";
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / target.corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    for (size_t piece = 1; piece <= pieces; ++piece)
      EXPECT_EQ(
          target.broken_promise(std::string_view(text).substr(0, text.size() * piece / pieces)), "")
          << piece << " of " << pieces << " pieces of " << entry.path().filename();
    ++files;
  }
  EXPECT_GE(files, target.fewest);
}

}  // namespace mtasts::fuzz
