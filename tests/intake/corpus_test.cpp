// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/imap_target.h"
#include "fuzz/intake_targets.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class IntakeCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(IntakeCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 8); }

INSTANTIATE_TEST_SUITE_P(
    All, IntakeCorpus,
    testing::Values(CorpusTarget{"imap_response", fuzz::broken_imap_promise, 25},
                    CorpusTarget{"gzip", fuzz::broken_gzip_promise, 12},
                    CorpusTarget{"report_mail", fuzz::broken_report_mail_promise, 20}),
    corpus_of);

}  // namespace
}  // namespace mtasts
