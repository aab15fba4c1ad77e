// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/output_target.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class OutputCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(OutputCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 3); }

INSTANTIATE_TEST_SUITE_P(All, OutputCorpus,
                         testing::Values(CorpusTarget{"output", fuzz::broken_output_promise, 20}),
                         corpus_of);

}  // namespace
}  // namespace mtasts
