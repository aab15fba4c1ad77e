// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Replays the fuzzing corpus in the ordinary build: regressions of earlier fuzzer findings.

#include <gtest/gtest.h>

#include "fuzz/corpus_replay.h"
#include "fuzz/dns_target.h"
#include "fuzz/grammar_targets.h"
#include "fuzz/json_target.h"
#include "fuzz/starttls_target.h"
#include "fuzz/tls_report_target.h"

namespace mtasts {
namespace {

using fuzz::corpus_of;
using fuzz::CorpusTarget;

class Corpus : public testing::TestWithParam<CorpusTarget> {};

TEST_P(Corpus, KeepsEveryPromise) { fuzz::replay_corpus(GetParam(), 2); }

INSTANTIATE_TEST_SUITE_P(
    All, Corpus,
    testing::Values(CorpusTarget{"sts_record", fuzz::broken_sts_record_promise, 40},
                    CorpusTarget{"sts_policy", fuzz::broken_sts_policy_promise, 40},
                    CorpusTarget{"tlsrpt_record", fuzz::broken_tlsrpt_record_promise, 30},
                    CorpusTarget{"tls_report", fuzz::broken_tls_report_promise, 30},
                    CorpusTarget{"json_reader", fuzz::broken_json_promise, 12},
                    CorpusTarget{"dns_message", fuzz::broken_dns_message_promise, 20},
                    CorpusTarget{"starttls_dialogue", fuzz::broken_starttls_promise, 20},
                    CorpusTarget{"domain_name", fuzz::broken_domain_name_promise, 20}),
    corpus_of);

TEST(FaultPromise, IsSeenToBreak) {
  using protocol::FaultClass;
  auto broken = [](bool valid, protocol::SyntaxFault fault) {
    return fuzz::broken_fault_promise("text", valid, {std::move(fault)});
  };
  EXPECT_EQ(broken(false, {"sts-txt-syntax", FaultClass::error, 1, 5, "message", "fix"}), "");
  EXPECT_NE(broken(true, {"sts-txt-syntax", FaultClass::error, 1, 1, "message", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::advice, 1, 1, "message", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::error, 1, 6, "message", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::error, 2, 1, "message", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::error, 1, 1, "\n", "fix"}), "");
  EXPECT_NE(broken(false, {"sts-txt-syntax", FaultClass::error, 1, 1, "message", ""}), "");
}

}  // namespace
}  // namespace mtasts
