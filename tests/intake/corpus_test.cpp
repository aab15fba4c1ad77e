// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/intake_targets.h"

namespace mtasts {
namespace {

struct Target {
  const char* corpus;
  std::string (*broken_promise)(std::string_view);
  size_t fewest;  // minimum number of files: an empty corpus fails
};

class IntakeCorpus : public testing::TestWithParam<Target> {};

TEST_P(IntakeCorpus, KeepsEveryPromise) {
  std::filesystem::path folder = std::filesystem::path(MTASTS_TESTS_DIR) / "corpus";
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / GetParam().corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    // Every prefix of some length: what remains when a connection breaks.
    for (size_t eighths = 1; eighths <= 8; ++eighths)
      EXPECT_EQ(
          GetParam().broken_promise(std::string_view(text).substr(0, text.size() * eighths / 8)),
          "")
          << eighths << " eighths of " << entry.path().filename();
    ++files;
  }
  EXPECT_GE(files, GetParam().fewest);
}

std::string corpus_of(const testing::TestParamInfo<Target>& info) { return info.param.corpus; }

INSTANTIATE_TEST_SUITE_P(All, IntakeCorpus,
                         testing::Values(Target{"gzip", fuzz::broken_gzip_promise, 12},
                                         Target{"report_mail", fuzz::broken_report_mail_promise,
                                                20}),
                         corpus_of);

}  // namespace
}  // namespace mtasts
