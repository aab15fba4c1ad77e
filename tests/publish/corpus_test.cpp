// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/publication_target.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class PublishCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(PublishCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 4); }

INSTANTIATE_TEST_SUITE_P(All, PublishCorpus,
                         testing::Values(CorpusTarget{"publication",
                                                      fuzz::broken_publication_promise, 14}),
                         corpus_of);

}  // namespace
}  // namespace mtasts
