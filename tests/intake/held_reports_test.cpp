// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reports that wait in the spool until the MX hosts of every domain are known.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "intake/intake_scene.h"

namespace mtasts::intake {
namespace {

using testing::IsEmpty;

// Before the first check, nobody knows that it is an MX host of ours.
TEST(HeldReports, HoldsWhatMayBeAboutAnMxHostUntilTheyAreKnown) {
  Scene scene;
  scene.names.complete = false;
  scene.put(report_json("1", "mx.example.com"));
  scene.put(report_json("2", "foreign.example"));
  scene.put(report_json("3", "example.com"));
  scene.start();
  scene.intake->drain();
  EXPECT_EQ(scene.store.stored.size(), 1u) << "about a configured domain: no need to wait";
  EXPECT_EQ(scene.spool->usage().entries, 2u);
  EXPECT_THAT(scene.rejections, IsEmpty());
  EXPECT_EQ(scene.spool->put(report_json("1", "mx.example.com"), Source::https, false, "192.0.2.1",
                             noon()),
            PutOutcome::known);
  scene.names.complete = true;
  scene.intake->drain();
  EXPECT_EQ(scene.store.stored.size(), 2u);
  EXPECT_EQ(scene.spool->usage().entries, 0u);
  EXPECT_EQ(scene.rejections[Rejection::foreign_domain], 1);
  scene.names.complete = false;
  scene.put(report_json("4", "foreign.example"));
  scene.intake->drain();
  EXPECT_EQ(scene.spool->usage().entries, 1u) << "a new domain";
}

// A domain that can never be looked up holds nothing up for good.
TEST(HeldReports, HoldsForABoundedTime) {
  Scene scene;
  scene.names.complete = false;
  scene.put(report_json("1", "mx.example.com"));
  scene.start();
  scene.intake->drain();
  EXPECT_EQ(scene.spool->usage().entries, 1u);
  scene.now = noon() + IntakeOptions().hold;
  scene.intake->drain();
  EXPECT_EQ(scene.spool->usage().entries, 0u);
  EXPECT_EQ(scene.rejections[Rejection::foreign_domain], 1);
  scene.put(report_json("2", "mx.example.com"));
  scene.intake->drain();
  EXPECT_EQ(scene.rejections[Rejection::foreign_domain], 2) << "not held any more";
}

TEST(HeldReports, NewDomainsAreWaitedFor) {
  Scene scene;
  scene.names.complete = false;
  scene.start();
  scene.intake->drain();
  scene.now = noon() + IntakeOptions().hold;
  scene.intake->refresh();
  scene.intake->drain();
  scene.put(report_json("1", "mx.example.com"));
  scene.intake->drain();
  EXPECT_EQ(scene.spool->usage().entries, 1u);
  for (int hours = 7; hours < 24; ++hours) {
    scene.now = noon() + std::chrono::hours(hours);
    scene.intake->refresh();
    scene.intake->drain();
  }
  EXPECT_EQ(scene.spool->usage().entries, 1u);
  scene.now = noon() + std::chrono::hours(24);
  scene.intake->drain();
  EXPECT_EQ(scene.spool->usage().entries, 0u) << "no longer than a day";
}

TEST(HeldReports, HoldsABoundedNumber) {
  Scene scene;
  scene.names.complete = false;
  constexpr int kPuts = 1300;
  for (int i = 0; i < kPuts; ++i) scene.put(report_json(std::to_string(i), "mx.example.com"));
  scene.start();
  while (scene.intake->rejected().empty()) scene.intake->drain();
  scene.intake->drain();
  const size_t held = scene.spool->usage().entries;
  EXPECT_GE(held, 1000u);
  EXPECT_LT(held, 1100u);
  EXPECT_EQ(scene.rejections[Rejection::foreign_domain], kPuts - static_cast<int>(held));
}

// What waits is on the disk: it survives the process and is stored by the next one.
TEST(HeldReports, WhatIsHeldSurvivesARestart) {
  std::string folder = std::filesystem::temp_directory_path() / "held-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  {
    Scene scene;
    scene.spool = std::move(*Spool::open(folder + "/spool"));
    scene.names.complete = false;
    scene.put(report_json("1", "mx.example.com"));
    scene.start();
    scene.intake->drain();
    EXPECT_EQ(scene.spool->usage().entries, 1u);
    scene.intake.reset();
  }
  {
    Scene scene;
    scene.spool = std::move(*Spool::open(folder + "/spool"));
    scene.start();
    scene.intake->drain();
    EXPECT_EQ(scene.store.stored.size(), 1u);
    EXPECT_EQ(scene.spool->usage().entries, 0u);
    scene.intake.reset();
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mtasts::intake
