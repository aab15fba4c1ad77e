// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/smtp_server.h"
#include "intake/mailbox_fixture.h"

namespace mtasts::intake {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(MailboxTest, NeverSendsThePasswordInClearText) {
  script_.implicit_tls = false;
  poll();
  EXPECT_THAT(error(), HasSubstr("offers no STARTTLS; use imaps://"));
  EXPECT_EQ(server_->count("AUTHENTICATE") + server_->count("LOGIN"), 0);
}

// It is read again at each poll, and a change ends the back-off.
TEST_F(MailboxTest, TakesTheNextTokenWhenOneExpires) {
  script_.capabilities = "IMAP4rev1 AUTH=XOAUTH2 SASL-IR UIDPLUS";
  mailbox_.password_file.clear();
  mailbox_.token_file = secret_file().string();
  mailbox_.interval = std::chrono::minutes(30);
  write_secret("expired");
  serve();
  server_->add("one");
  poll();
  EXPECT_THAT(error(),
              HasSubstr(R"(refuses the token of user "reports@example.com": {"status":"401"})"));
  write_secret("secret");
  ASSERT_TRUE(reads(1));
  EXPECT_EQ(status().last_error, "");
}

TEST_F(MailboxTest, SaysThatTheServerTakesNoToken) {
  mailbox_.password_file.clear();
  mailbox_.token_file = secret_file().string();
  poll();
  EXPECT_THAT(error(), HasSubstr("neither OAUTHBEARER nor XOAUTH2"));
  EXPECT_EQ(server_->count("LOGIN"), 0);
}

TEST_F(MailboxTest, NamesAWrongPassword) {
  write_secret("another");
  poll();
  EXPECT_THAT(error(), AllOf(StartsWith("localhost:"),
                             HasSubstr("refuses the password of user \"reports@example.com\": NO "
                                       "[AUTHENTICATIONFAILED] wrong credentials")));
}

TEST_F(MailboxTest, NeverShowsThePassword) {
  script_.answer = [](const std::string& command) -> std::optional<std::string> {
    if (command.starts_with("AUTHENTICATE")) return "{tag} NO wrong: secret\r\n";
    return std::nullopt;
  };
  poll();
  EXPECT_THAT(error(), AllOf(HasSubstr("refuses the password"), Not(HasSubstr("secret"))));
}

TEST_F(MailboxTest, NamesAFileThatCannotBeRead) {
  std::filesystem::remove(secret_file());
  poll();
  EXPECT_THAT(error(), AllOf(StartsWith("cannot read password_file"), HasSubstr("No such file")));
  write_secret("\n");
  ASSERT_TRUE(wait_until("the next", [&] { return error().ends_with("is empty"); }));
  write_secret("two\nlines\n");
  ASSERT_TRUE(wait_until("the next", [&] { return error().ends_with("one line of text"); }));
  EXPECT_EQ(server_->connections(), 0);
}

TEST_F(MailboxTest, NamesAnUntrustedCertificate) {
  const auto other = fakes::CertificateAuthority::root();
  script_.identity = other.issue(leaf("localhost"));
  poll();
  EXPECT_THAT(error(), AllOf(HasSubstr("is not trusted"), HasSubstr("ca_file")));
  EXPECT_TRUE(server_->commands().empty());
}

TEST_F(MailboxTest, NamesAnExpiredCertificate) {
  fakes::LeafOptions options = leaf("localhost");
  options.validity = {-std::chrono::hours(48), -std::chrono::hours(24)};
  script_.identity = root_.issue(options);
  poll();
  EXPECT_THAT(error(), HasSubstr("certificate has expired"));
  EXPECT_TRUE(server_->commands().empty());
}

TEST_F(MailboxTest, NamesACertificateOfAnotherName) {
  script_.identity = root_.issue(leaf("imap.example.net"));
  poll();
  EXPECT_THAT(error(), AllOf(HasSubstr("is not trusted"), HasSubstr("localhost")));
  EXPECT_TRUE(server_->commands().empty());
}

TEST_F(MailboxTest, NamesAFolderThatDoesNotExist) {
  serve();
  mailbox_.url = url_of(server_->port()) + "/Reports";
  poll();
  EXPECT_THAT(error(), AllOf(HasSubstr("the folder \"INBOX/Reports\""), HasSubstr("NONEXISTENT"),
                             HasSubstr("separates folders by \".\"")));
}

TEST_F(MailboxTest, NamesAServerThatCannotBeReached) {
  const fakes::RefusingPort refusing;
  mailbox_.url = "imaps://localhost:" + std::to_string(refusing.port()) + "/";
  poll();
  EXPECT_THAT(error(), HasSubstr("cannot connect to localhost:"));
}

TEST_F(MailboxTest, NamesAServerThatIsFull) {
  script_.greeting = "* BYE too many connections\r\n";
  poll();
  EXPECT_THAT(error(), HasSubstr("too many connections"));
}

TEST_F(MailboxTest, NamesAServerOfAnotherProtocol) {
  script_.greeting = "220 mx.example ESMTP\r\n";
  poll();
  EXPECT_THAT(error(), HasSubstr("does not speak IMAP"));
}

TEST_F(MailboxTest, EndsAtOnceWhileTheServerIsSilent) {
  for (const char* command : {"", "CAPABILITY", "SELECT", "UID SEARCH"}) {
    poller_.reset();
    server_.reset();
    mailbox_.url.clear();
    if (*command == '\0') {
      const fakes::DeafPort deaf;
      mailbox_.url = "imaps://127.0.0.1:" + std::to_string(deaf.port()) + "/";
      poll();
      mailbox_.url.clear();
    } else {
      script_.answer = [command](const std::string& line) -> std::optional<std::string> {
        if (line.starts_with(command)) return "* OK wait\r\n";
        return std::nullopt;
      };
      poll();
      ASSERT_TRUE(wait_until("the command", [&] { return server_->count(command) > 0; }));
    }
    const auto begin = std::chrono::steady_clock::now();
    poller_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << command;
  }
}

// A message that was kept is not handed over again while the move fails.
TEST_F(MailboxTest, OneBadMessageDoesNotStopTheOthers) {
  script_.answer = [](const std::string& command) -> std::optional<std::string> {
    if (command.starts_with("UID FETCH 1 (UID BODY")) return "{tag} NO [SERVERBUG] broken\r\n";
    return std::nullopt;
  };
  serve();
  server_->add("one");
  server_->add("two");
  poll();
  EXPECT_THAT(error(), AllOf(HasSubstr("message 1 cannot be fetched"), HasSubstr("SERVERBUG")));
  EXPECT_THAT(seen(), ElementsAre("two"));
  server_->change([](ImapScript& script) { script.answer = nullptr; });
  ASSERT_TRUE(reads(2));
  EXPECT_THAT(seen(), ElementsAre("two", "one"));
}

TEST_F(MailboxTest, OneMessageThatBreaksTheConnectionDoesNotStopTheOthers) {
  script_.answer = [](const std::string& command) -> std::optional<std::string> {
    if (command.starts_with("UID FETCH 1 (UID BODY")) return "";
    return std::nullopt;
  };
  serve();
  server_->add("one");
  server_->add("two");
  poll();
  ASSERT_TRUE(reads(1));
  EXPECT_THAT(seen(), ElementsAre("two"));
}

struct HostileAnswer {
  const char* name;
  const char* command;
  std::function<std::string()> answer;
  const char* error;
};

class HostileServers : public MailboxTest, public testing::WithParamInterface<HostileAnswer> {};

TEST_P(HostileServers, AreNamedAndHarmless) {
  script_.answer = [hostile =
                        GetParam()](const std::string& command) -> std::optional<std::string> {
    if (command.starts_with(hostile.command)) return hostile.answer();
    return std::nullopt;
  };
  serve();
  server_->add("one");
  poll();
  EXPECT_THAT(error(), HasSubstr(GetParam().error));
  EXPECT_TRUE(seen().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Mailbox, HostileServers,
    testing::Values(
        HostileAnswer{"endless_line", "UID SEARCH",
                      [] { return "* SEARCH " + std::string(5 << 20, '1'); },
                      "sends a line of more than 4 MiB"},
        HostileAnswer{"many_lines", "UID SEARCH",
                      [] {
                        std::string lines;
                        for (int i = 0; i < 100'001; ++i) lines += "* 1 X\r\n";
                        return lines;
                      },
                      "answer without end"},
        HostileAnswer{"large_literal", "UID FETCH 1 (UID BODY",
                      [] { return std::string("* 1 FETCH (UID 1 BODY[]<0> {99999999}\r\n"); },
                      "sends more than was asked for"},
        HostileAnswer{
            "other_uid", "UID FETCH 1 (UID BODY",
            [] { return std::string("* 1 FETCH (UID 2 BODY[]<0> \"x\")\r\n{tag} OK\r\n"); },
            "message 1 cannot be fetched: the server sends nothing for it"},
        HostileAnswer{"bye", "SELECT", [] { return std::string("* BYE go\x1b[31m away\r\n"); },
                      "go"},
        HostileAnswer{"no_uid_validity", "SELECT", [] { return std::string("{tag} OK\r\n"); },
                      "UIDVALIDITY"},
        HostileAnswer{"close", "SELECT", [] { return std::string(); }, "closed the connection"},
        HostileAnswer{"bad", "UID SEARCH", [] { return std::string("{tag} BAD no\r\n"); },
                      "refuses UID SEARCH"}),
    [](const auto& entry) { return std::string(entry.param.name); });

}  // namespace
}  // namespace mtasts::intake
