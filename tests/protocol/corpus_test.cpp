// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build: regressions of earlier fuzzer findings.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/grammar_targets.h"
#include "fuzz/tls_report_target.h"

namespace mtasts {
namespace {

struct Target {
  const char* corpus;
  std::string (*broken_promise)(std::string_view);
  size_t fewest;  // minimum number of files: an empty corpus fails
};

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, KeepsEveryPromise) {
  std::filesystem::path folder = std::filesystem::path(MTASTS_TESTS_DIR) / "corpus";
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / GetParam().corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(GetParam().broken_promise(text), "") << entry.path().filename();
    // A prefix is what remains of a truncated answer.
    EXPECT_EQ(GetParam().broken_promise(text.substr(0, text.size() / 2)), "")
        << "half of " << entry.path().filename();
    ++files;
  }
  EXPECT_GE(files, GetParam().fewest);
}

std::string corpus_of(const testing::TestParamInfo<Target>& info) { return info.param.corpus; }

INSTANTIATE_TEST_SUITE_P(
    All, Corpus,
    testing::Values(Target{"sts_record", fuzz::broken_sts_record_promise, 40},
                    Target{"sts_policy", fuzz::broken_sts_policy_promise, 40},
                    Target{"tlsrpt_record", fuzz::broken_tlsrpt_record_promise, 30},
                    Target{"tls_report", fuzz::broken_tls_report_promise, 30},
                    Target{"domain_name", fuzz::broken_domain_name_promise, 20}),
    corpus_of);

TEST(FaultPromise, IsSeenToBreak) {
  using protocol::FaultClass;
  auto broken = [](bool valid, protocol::SyntaxFault fault) {
    return fuzz::broken_fault_promise("text", valid, {std::move(fault)});
  };
  EXPECT_EQ(broken(false, {"sts-txt-syntax", FaultClass::error, 1, 5, "message", "fix"}), "");
  EXPECT_NE(broken(true, {"sts-txt-syntax", FaultClass::error, 1, 1, "message", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::advice, 1, 1, "message", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::error, 1, 6, "message", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::error, 2, 1, "message", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::error, 1, 1, "\n", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::error, 1, 1, "message", ""}), "");
}

}  // namespace
}  // namespace mtasts
