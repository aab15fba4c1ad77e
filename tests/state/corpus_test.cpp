// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/state_targets.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class StateCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(StateCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 8); }

INSTANTIATE_TEST_SUITE_P(
    All, StateCorpus,
    testing::Values(CorpusTarget{"report_codec", fuzz::broken_report_codec_promise, 14},
                    CorpusTarget{"state_text", fuzz::broken_state_text_promise, 12}),
    corpus_of);

}  // namespace
}  // namespace mtasts
