// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/web_config_target.h"

namespace mtasts::fuzz {
namespace {

constexpr size_t kPieces = 64;

TEST(SettingsCorpus, WebConfigurationFiles) {
  replay_corpus({"web_config", broken_web_config_promise, 4}, kPieces);
}

}  // namespace
}  // namespace mtasts::fuzz
