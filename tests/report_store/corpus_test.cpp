// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/admission_target.h"
#include "fuzz/corpus_replay.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class ReportStoreCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(ReportStoreCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 3); }

INSTANTIATE_TEST_SUITE_P(All, ReportStoreCorpus,
                         testing::Values(CorpusTarget{"admission", fuzz::broken_admission_promise,
                                                      12}),
                         corpus_of);

}  // namespace
}  // namespace mtasts
