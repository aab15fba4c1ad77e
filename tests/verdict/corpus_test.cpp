// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/history_target.h"
#include "fuzz/http_target.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class VerdictCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(VerdictCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 8); }

INSTANTIATE_TEST_SUITE_P(All, VerdictCorpus,
                         testing::Values(CorpusTarget{"history", fuzz::broken_history_promise, 12},
                                         CorpusTarget{"http_response", fuzz::broken_http_promise,
                                                      30}),
                         corpus_of);

}  // namespace
}  // namespace mtasts
