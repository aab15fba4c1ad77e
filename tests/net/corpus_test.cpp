// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/certificate_target.h"
#include "fuzz/corpus_replay.h"
#include "fuzz/https_exchange_target.h"
#include "fuzz/question_octets_target.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class ExchangeCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(ExchangeCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 2); }

INSTANTIATE_TEST_SUITE_P(All, ExchangeCorpus,
                         testing::Values(CorpusTarget{"https_exchange",
                                                      fuzz::broken_https_exchange_promise, 25}),
                         corpus_of);

class NetCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(NetCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 8); }

INSTANTIATE_TEST_SUITE_P(
    All, NetCorpus,
    testing::Values(CorpusTarget{"certificate", fuzz::broken_certificate_promise, 25},
                    CorpusTarget{"question_octets", fuzz::broken_question_promise, 10}),
    corpus_of);

}  // namespace
}  // namespace mtasts
