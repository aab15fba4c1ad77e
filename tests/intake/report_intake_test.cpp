// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/report_intake.h"

#include <gmock/gmock.h>

#include <atomic>

#include "intake/intake_scene.h"

namespace mtasts::intake {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(ReportIntake, StoresWhatTheSpoolHoldsAndSummarisesItsDomains) {
  Scene scene;
  scene.put(report_json("1"));
  scene.put(report_json("2"));
  scene.start();
  scene.put(report_json("3", "example.net"));
  scene.intake->drain();
  EXPECT_EQ(scene.store.stored.size(), 3u);
  EXPECT_THAT(scene.summaries, UnorderedElementsAre(testing::Pair("example.com", 2),
                                                    testing::Pair("example.net", 1)));
  EXPECT_EQ(scene.spool->usage().entries, 0u);
  EXPECT_THAT(scene.rejections, IsEmpty());
  for (const auto& [key, report] : scene.store.stored) EXPECT_EQ(report.received, noon());
}

TEST(ReportIntake, TellsWhatItCannotUse) {
  Scene scene;
  scene.put("not json {{{");
  scene.put(report_json("1", "foreign.example"));
  scene.put(report_json("2", "example.com", "2026-01-01"));
  scene.put(report_json("3", "example.com", "2026-12-24"));
  scene.start();
  scene.intake->drain();
  EXPECT_THAT(scene.store.stored, IsEmpty());
  EXPECT_EQ(scene.rejections[Rejection::malformed], 1);
  EXPECT_EQ(scene.rejections[Rejection::foreign_domain], 1);
  EXPECT_EQ(scene.rejections[Rejection::out_of_range], 2);
  EXPECT_EQ(scene.spool->usage().entries, 0u);
  reports::RejectedReports rejected = scene.intake->rejected();
  ASSERT_EQ(rejected.size(), 4u);
  EXPECT_EQ(rejected[0].reason, Rejection::out_of_range) << "newest first";
  EXPECT_EQ(rejected[2].detail, "not about a configured domain: foreign.example");
  EXPECT_EQ(rejected[2].from, "Sender");
  EXPECT_EQ(rejected[2].source, "https");
  EXPECT_EQ(rejected[2].received, noon());
  EXPECT_EQ(rejected[3].reason, Rejection::malformed);
  EXPECT_EQ(rejected[3].from, "") << "nothing tells";
}

TEST(ReportIntake, SaysWhatIsMissingOrTooMuch) {
  Scene scene;
  scene.put(report_json("1", ""));
  scene.put("[" + report_json("2") + "," + report_json("3") + "]");
  scene.start();
  scene.intake->drain();
  reports::RejectedReports rejected = scene.intake->rejected();
  ASSERT_EQ(rejected.size(), 2u);
  EXPECT_THAT(rejected[1].detail, testing::HasSubstr("names no domain"));
  EXPECT_THAT(rejected[0].detail, testing::HasSubstr("only the first is read"));
}

// A mail without a report names its author; a hostile name is bounded and printable.
TEST(ReportIntake, SaysWhoSentWhatIsRejected) {
  Scene scene;
  auto from_mailbox = [&](const std::string& octets) {
    ASSERT_EQ(scene.spool->put(octets, Source::mailbox, true, "mailbox", noon()), PutOutcome::kept);
  };
  from_mailbox("From: A <a@spam.example>\r\nSubject: win\r\n\r\nhello\r\n");
  from_mailbox(
      "From: B <b@sender.example>\r\nContent-Type: application/tlsrpt+json\r\n\r\n{{{\r\n");
  std::string hostile = report_json("1", "foreign.example");
  hostile.replace(hostile.find("Sender"), 6, "\\u001b[31m" + std::string(5000, 'x'));
  from_mailbox(hostile);
  scene.start();
  scene.intake->drain();
  reports::RejectedReports rejected = scene.intake->rejected();
  ASSERT_EQ(rejected.size(), 3u);
  EXPECT_EQ(rejected[2].from, "spam.example");
  EXPECT_EQ(rejected[2].source, "mailbox");
  EXPECT_EQ(rejected[1].from, "sender.example");
  EXPECT_EQ(rejected[0].from.find('\x1b'), std::string::npos);
  EXPECT_LT(rejected[0].from.size(), 100u);
}

TEST(ReportIntake, KeepsTheLatestRejectedOfEachSourceForAWhile) {
  Scene scene;
  ASSERT_EQ(scene.spool->put("not json", Source::mailbox, true, "mailbox", noon()),
            PutOutcome::kept);
  ASSERT_EQ(scene.spool->put("old {{{", Source::maildir, true, "maildir",
                             noon() - reports::kRejectedShown - std::chrono::seconds(1)),
            PutOutcome::kept);
  for (int i = 0; i < 50; ++i) scene.put("flood {{{" + std::to_string(i));
  scene.start();
  scene.intake->drain();
  reports::RejectedReports rejected = scene.intake->rejected();
  ASSERT_EQ(rejected.size(), reports::kMostRejectedOfSource + 1);
  EXPECT_EQ(rejected.back().source, "mailbox") << "a flood at the endpoint hides nothing";
  EXPECT_EQ(rejected.front().source, "https");
  EXPECT_EQ(scene.rejections[Rejection::malformed], 52);
}

// Until the rest is stored, the entries come again and again.
TEST(ReportIntake, TellsARejectionOnceHoweverOftenTheStoreFails) {
  Scene scene;
  scene.store.broken = true;
  scene.put(report_json("1"));
  scene.put("not json {{{");
  scene.start();
  for (int i = 0; i < 3; ++i) scene.intake->drain();
  EXPECT_THAT(scene.rejections, IsEmpty());
  {
    std::lock_guard lock(scene.store.mutex);
    scene.store.broken = false;
  }
  scene.intake->drain();
  scene.intake->drain();
  EXPECT_EQ(scene.rejections[Rejection::malformed], 1);
}

TEST(ReportIntake, CountsTheSameReportOnce) {
  Scene scene;
  scene.put(report_json("1"));
  scene.put(report_json("1") + "\n");  // other octets, the same report
  scene.start();
  scene.intake->drain();
  EXPECT_EQ(scene.store.stored.size(), 1u);
  EXPECT_EQ(scene.rejections[Rejection::duplicate], 1);
}

TEST(ReportIntake, KeepsEverythingWhileTheStoreFails) {
  Scene scene;
  scene.store.broken = true;
  scene.put(report_json("1"));
  scene.start();
  scene.intake->drain();
  EXPECT_EQ(scene.spool->usage().entries, 1u);
  EXPECT_THAT(scene.rejections, IsEmpty());
  {
    std::lock_guard lock(scene.store.mutex);
    scene.store.broken = false;
  }
  scene.intake->drain();
  EXPECT_EQ(scene.store.stored.size(), 1u);
  EXPECT_EQ(scene.spool->usage().entries, 0u);
}

TEST(ReportIntake, GivesUpOneReportThatTheStoreRefuses) {
  Scene scene;
  scene.store.refused_id = "2";
  for (const char* id : {"1", "2", "3"}) scene.put(report_json(id));
  scene.start();
  scene.intake->drain();
  EXPECT_EQ(scene.store.stored.size(), 2u);
  EXPECT_EQ(scene.rejections[Rejection::malformed], 1);
  EXPECT_EQ(scene.spool->usage().entries, 0u);
}

TEST(ReportIntake, DeletesWhatIsOlderThanTheRetention) {
  Scene scene;
  scene.start();
  scene.intake->drain();
  scene.intake->drain();
  EXPECT_EQ(scene.store.purges, 3);
  EXPECT_EQ(scene.store.purged_before,
            std::chrono::floor<std::chrono::days>(noon() - std::chrono::hours(24 * 90)));
}

TEST(ReportIntake, SummarisesEveryConfiguredDomainOfTheStoreAtTheStart) {
  Scene scene;
  scene.start();
  scene.intake->drain();
  EXPECT_THAT(scene.summaries, ElementsAre(testing::Pair("example.com", 0)));
  scene.summaries.clear();
  scene.intake->refresh();
  scene.intake->drain();
  EXPECT_THAT(scene.summaries, ElementsAre(testing::Pair("example.com", 0)));
}

TEST(ReportIntake, AnswersQueriesAndDropsThemAtTheEnd) {
  Scene scene;
  scene.start();
  std::atomic<int> answered = 0;
  EXPECT_TRUE(scene.intake->query([&](report_store::ReportStore&) { ++answered; }));
  scene.intake->drain();
  EXPECT_EQ(answered, 1);
}

}  // namespace
}  // namespace mtasts::intake
