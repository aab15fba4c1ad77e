// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/outage_detector.h"

#include <gtest/gtest.h>

#include <string>

namespace mtasts::check {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr uint16_t kTimeout = 3;
constexpr uint16_t kRefused = 7;

class OutageDetectorTest : public ::testing::Test {
 protected:
  static std::string target(int number) { return "target " + std::to_string(number); }
  void answer(int first, int last) {
    for (int i = first; i < last; ++i) step().note_answer(target(i));
  }
  void fail(int first, int last, uint16_t failure = kTimeout) {
    for (int i = first; i < last; ++i) step().note_failure(target(i), failure);
  }
  OutageDetector& step() {
    now_ += seconds(1);
    return detector_;
  }

  OutageDetector::Instant now_{hours(100)};
  OutageDetector detector_{minutes(30), [this] { return now_; }};
};

TEST_F(OutageDetectorTest, ARowOfSuddenFailuresIsAnOutage) {
  answer(0, 100);
  fail(0, 4);
  EXPECT_FALSE(detector_.suspects(kTimeout));
  fail(4, 5);
  EXPECT_TRUE(detector_.suspects(kTimeout));
  EXPECT_TRUE(detector_.suspects_any());
  EXPECT_FALSE(detector_.suspects(kRefused)) << "another failure is another matter";
  fail(5, 100);
  EXPECT_TRUE(detector_.suspects(kTimeout)) << "as long as it lasts";
}

TEST_F(OutageDetectorTest, FewTargetsNeverAre) {
  answer(0, 4);
  for (int round = 0; round < 20; ++round) fail(0, 4);
  EXPECT_FALSE(detector_.suspects(kTimeout));
}

TEST_F(OutageDetectorTest, OneTargetOfManyDomainsIsOne) {
  answer(0, 20);
  for (int domain = 0; domain < 1000; ++domain) fail(0, 1);
  EXPECT_FALSE(detector_.suspects(kTimeout));
}

TEST_F(OutageDetectorTest, WhatNeverAnsweredDoesNotCount) {
  answer(50, 60);
  fail(0, 40);
  EXPECT_FALSE(detector_.suspects(kTimeout));
}

TEST_F(OutageDetectorTest, WhatBrokeOneAfterTheOtherDoesNotCount) {
  answer(0, 20);
  for (int i = 0; i < 12; ++i) {
    fail(i, i + 1);
    for (int day = 0; day < 10; ++day) {
      now_ += hours(24);
      fail(0, i + 1);
      answer(i + 1, 20);
    }
  }
  fail(0, 12);
  EXPECT_FALSE(detector_.suspects(kTimeout));
}

TEST_F(OutageDetectorTest, FailuresAmongAnswersAreNone) {
  answer(0, 100);
  for (int i = 0; i < 30; ++i) {
    fail(i, i + 1);
    answer(100 - i - 1, 100 - i);
  }
  EXPECT_FALSE(detector_.suspects(kTimeout)) << "half of them answer";
}

TEST_F(OutageDetectorTest, DifferentFailuresAreNone) {
  answer(0, 100);
  for (int i = 0; i < 30; ++i) fail(i, i + 1, static_cast<uint16_t>(1 + i % 4));
  EXPECT_FALSE(detector_.suspects_any());
}

TEST_F(OutageDetectorTest, ProofEndsItUntilMoreBegin) {
  answer(0, 100);
  fail(0, 10);
  EXPECT_TRUE(detector_.suspects(kTimeout));
  detector_.disprove();
  EXPECT_FALSE(detector_.suspects(kTimeout));
  fail(0, 10);
  EXPECT_FALSE(detector_.suspects(kTimeout)) << "the same ones, known to be broken";
  fail(20, 35);
  EXPECT_TRUE(detector_.suspects(kTimeout)) << "others since the proof";
}

TEST_F(OutageDetectorTest, AnswersEndIt) {
  answer(0, 100);
  fail(0, 50);
  EXPECT_TRUE(detector_.suspects(kTimeout));
  answer(0, 10);
  EXPECT_FALSE(detector_.suspects(kTimeout));
}

TEST_F(OutageDetectorTest, OldResultsDoNotCount) {
  answer(0, 100);
  fail(0, 10);
  now_ += minutes(31);
  EXPECT_FALSE(detector_.suspects(kTimeout));
}

}  // namespace
}  // namespace mtasts::check
