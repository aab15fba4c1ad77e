// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build, as tests/protocol/corpus_test.cpp does.

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/settings_targets.h"
#include "fuzz/web_config_target.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class SettingsCorpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(SettingsCorpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 8); }

INSTANTIATE_TEST_SUITE_P(
    All, SettingsCorpus,
    testing::Values(CorpusTarget{"settings_toml", fuzz::broken_settings_promise, 30},
                    CorpusTarget{"settings_environment", fuzz::broken_environment_promise, 15},
                    CorpusTarget{"domain_list", fuzz::broken_domain_list_promise, 18},
                    CorpusTarget{"web_config", fuzz::broken_web_config_promise, 4}),
    corpus_of);

}  // namespace
}  // namespace mtasts
