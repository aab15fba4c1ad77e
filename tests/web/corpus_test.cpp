// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/web_request_target.h"
#include "fuzz/web_targets.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class WebCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(WebCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 4); }

INSTANTIATE_TEST_SUITE_P(
    All, WebCorpus,
    testing::Values(CorpusTarget{"request_target", fuzz::broken_target_promise, 25},
                    CorpusTarget{"accept_encoding", fuzz::broken_accept_encoding_promise, 20},
                    CorpusTarget{"policy_request", fuzz::broken_policy_request_promise, 20},
                    CorpusTarget{"web_request", fuzz::broken_web_request_promise, 25}),
    corpus_of);

}  // namespace
}  // namespace mtasts
