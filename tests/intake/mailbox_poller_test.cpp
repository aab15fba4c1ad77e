// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/mailbox_fixture.h"
#include "intake/unpack.h"

namespace mtasts::intake {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(MailboxTest, ReadsEachMessageOnceAndMarksIt) {
  serve();
  const std::string large = "Subject: x\r\n\r\n" + std::string(3'000'000, 'x') + ")\r\n";
  server_->add("one");
  server_->add(large);
  poll();
  ASSERT_TRUE(reads(2));
  ASSERT_TRUE(polls());
  EXPECT_THAT(seen(), ElementsAre("one", large));
  for (const auto& [uid, message] : server_->messages())
    EXPECT_THAT(message.flags, ElementsAre("TlsRptDone")) << uid;  // still unread for people
  server_->add("three");
  ASSERT_TRUE(reads(3));
  EXPECT_EQ(status().last_error, "");
  EXPECT_EQ(status().failures_total, 0u);
  EXPECT_NE(status().last_success, kNever);
}

TEST_F(MailboxTest, LogsInByStarttls) {
  script_.implicit_tls = false;
  script_.capabilities += " STARTTLS";
  serve();
  server_->add("one");
  poll();
  ASSERT_TRUE(reads(1));
  EXPECT_EQ(server_->commands().at(1), "STARTTLS");
}

TEST_F(MailboxTest, UsesTheCommandWhereThereIsNothingElse) {
  script_.capabilities = "IMAP4rev1 UIDPLUS AUTH=GSSAPI";
  serve();
  server_->add("one");
  poll();
  ASSERT_TRUE(reads(1));
  EXPECT_EQ(server_->count("LOGIN"), 1);
}

TEST_F(MailboxTest, LogsInByToken) {
  for (const char* mechanism : {"XOAUTH2", "OAUTHBEARER"}) {
    poller_.reset();
    server_.reset();
    mailbox_.url.clear();
    script_.capabilities = std::string("IMAP4rev1 AUTH=PLAIN UIDPLUS AUTH=") + mechanism;
    script_.secret = "ya29." + std::string(2000, 'x');  // tokens are long
    write_secret(script_.secret);
    mailbox_.password_file.clear();
    mailbox_.token_file = secret_file().string();
    serve();
    server_->add("one");
    poll();
    ASSERT_TRUE(reads(1)) << mechanism;
    EXPECT_EQ(server_->count(std::string("AUTHENTICATE ") + mechanism), 1);
  }
}

TEST_F(MailboxTest, DeletesWhatWasRead) {
  mailbox_.processed = ReportsMailboxSettings::Processed::remove;
  serve();
  server_->add("of somebody else");
  server_->set_flag(1, "\\Deleted");
  server_->set_flag(1, "TlsRptDone");
  server_->add("one");
  poll();
  ASSERT_TRUE(reads(1));
  ASSERT_TRUE(wait_until("the end", [&] { return server_->messages().size() == 1; }));
  EXPECT_TRUE(server_->messages().contains(1));  // expunged by UID: the other stays
  EXPECT_THAT(seen(), ElementsAre("one"));
}

TEST_F(MailboxTest, ExpungesWithoutUidplusOnlyWhatIsItsOwn) {
  mailbox_.processed = ReportsMailboxSettings::Processed::remove;
  script_.capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR";
  serve();
  server_->add("one");
  poll();
  ASSERT_TRUE(wait_until("the end", [&] { return server_->messages().empty(); }));
  server_->add("of somebody else");
  server_->set_flag(2, "\\Deleted");
  server_->add("three");
  ASSERT_TRUE(reads(2));
  ASSERT_TRUE(wait_until("the note", [&] { return !status().note.empty(); }));
  EXPECT_THAT(status().note, HasSubstr("lacks UIDPLUS"));
  ASSERT_TRUE(polls());
  EXPECT_EQ(server_->messages().size(), 2u);
  EXPECT_THAT(seen(), ElementsAre("one", "three"));
}

TEST_F(MailboxTest, MovesWhatWasRead) {
  for (const char* capabilities : {"IMAP4rev1 AUTH=PLAIN UIDPLUS MOVE",
                                   "IMAP4rev1 AUTH=PLAIN UIDPLUS", "IMAP4rev1 AUTH=PLAIN"}) {
    poller_.reset();
    server_.reset();
    mailbox_.url.clear();
    mailbox_.processed = ReportsMailboxSettings::Processed::move;
    mailbox_.move_to = "Archive \u00fc";
    script_.capabilities = capabilities;
    serve();
    server_->add("one");
    poll();
    ASSERT_TRUE(reads(1));
    ASSERT_TRUE(wait_until("the move", [&] { return server_->messages().empty(); }))
        << capabilities;
    EXPECT_EQ(server_->messages("Archive &APw-").size(), 1u);  // made because it was missing
    EXPECT_EQ(status().last_error, "");
  }
}

TEST_F(MailboxTest, TellsThatAMoveFails) {
  mailbox_.processed = ReportsMailboxSettings::Processed::move;
  mailbox_.move_to = "Archive";
  script_.answer = [](const std::string& command) -> std::optional<std::string> {
    if (command.starts_with("UID MOVE")) return "{tag} NO [OVERQUOTA] full\r\n";
    return std::nullopt;
  };
  serve();
  server_->add("one");
  poll();
  EXPECT_THAT(error(), HasSubstr("[OVERQUOTA] full"));
  ASSERT_TRUE(wait_until("three tries", [&] { return server_->count("UID MOVE") >= 3; }));
  EXPECT_THAT(seen(), ElementsAre("one"));
  EXPECT_EQ(server_->messages().size(), 1u);
}

TEST_F(MailboxTest, KeepsMailWhileThereIsNoRoom) {
  answer(PutOutcome::full);
  serve();
  server_->add("one");
  poll();
  EXPECT_THAT(error(), HasSubstr("no room"));
  EXPECT_TRUE(server_->messages().at(1).flags.empty());
  answer(PutOutcome::failed);
  ASSERT_TRUE(
      wait_until("the next", [&] { return error().starts_with("a report cannot be written"); }));
  answer(PutOutcome::kept);
  ASSERT_TRUE(reads(1));
  ASSERT_TRUE(wait_until("the mark", [&] { return !server_->messages().at(1).flags.empty(); }));
}

TEST_F(MailboxTest, LeavesLargeMessagesWhereTheyAre) {
  mailbox_.processed = ReportsMailboxSettings::Processed::remove;
  // The server may tell another size.
  script_.answer = [](const std::string& command) -> std::optional<std::string> {
    if (command.starts_with("UID FETCH 1,2"))
      return "* 1 FETCH (UID 1 RFC822.SIZE 99999999)\r\n"
             "* 2 FETCH (UID 2 RFC822.SIZE 10)\r\n{tag} OK\r\n";
    return std::nullopt;
  };
  serve();
  server_->add("one");
  server_->add(std::string(kMailLimit_bytes + 1, 'x'));
  server_->add(std::string(kMailLimit_bytes, 'x'));
  poll();
  ASSERT_TRUE(reads(1));
  ASSERT_TRUE(polls());
  EXPECT_EQ(status().oversize_total, 2u);
  EXPECT_EQ(status().failures_total, 0u);
  EXPECT_EQ(server_->messages().size(), 2u);
  EXPECT_EQ(seen().size(), 1u);
}

TEST_F(MailboxTest, RemembersHowFarItReadWithoutKeywords) {
  for (const bool says_so : {true, false}) {
    poller_.reset();
    server_.reset();
    mailbox_.url.clear();
    mark_file_ = directory_.path() / (says_so ? "mark" : "mark2");
    seen_.clear();
    script_.permanent_flags = says_so ? "\\Seen \\Deleted" : "\\Seen \\*";
    script_.forgets_keywords = true;
    serve();
    server_->add("one");
    server_->add("two");
    poll();
    ASSERT_TRUE(reads(2));
    ASSERT_TRUE(polls());
    EXPECT_THAT(status().note, HasSubstr("stores no keywords"));
    poller_.reset();
    server_->add("three");
    poll();  // as after a restart
    ASSERT_TRUE(reads(1));
    ASSERT_TRUE(polls());
    if (says_so)
      EXPECT_THAT(seen(), ElementsAre("one", "two", "three"));
    else  // learnt anew by the first message
      EXPECT_THAT(seen(), Contains("three"));
    EXPECT_EQ(status().failures_total, 0u);
  }
}

TEST_F(MailboxTest, ReadsAFolderThatCanOnlyBeRead) {
  script_.read_only = true;
  serve();
  server_->add("one");
  poll();
  ASSERT_TRUE(reads(1));
  ASSERT_TRUE(polls());
  EXPECT_THAT(seen(), ElementsAre("one"));
  EXPECT_EQ(server_->count("UID STORE"), 0);
  EXPECT_THAT(status().note, HasSubstr("can only be read"));
}

TEST_F(MailboxTest, StartsAnewWhenTheNumbersChange) {
  script_.permanent_flags = "";
  mark_file_ = directory_.path() / "mark";
  serve();
  server_->add("one");
  server_->add("two");
  poll();
  ASSERT_TRUE(reads(2));
  server_->change([](ImapScript& script) { script.uid_validity = 18; });
  server_->clear();
  server_->add("other");
  ASSERT_TRUE(reads(3));
  EXPECT_THAT(seen(), Contains("other"));
}

TEST_F(MailboxTest, ReadsManyMessagesInSeveralPolls) {
  mailbox_.interval = std::chrono::hours(1);
  serve();
  for (int i = 0; i < 501; ++i) server_->add("message " + std::to_string(i));
  poll();
  ASSERT_TRUE(reads(501));  // without waiting for the interval
  EXPECT_EQ(seen().back(), "message 500");
}

}  // namespace
}  // namespace mtasts::intake
