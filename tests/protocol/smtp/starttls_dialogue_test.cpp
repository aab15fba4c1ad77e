// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/smtp/starttls_dialogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace mtasts::protocol {
namespace {

using Action = StarttlsDialogue::Action;

// What the server sends at each turn, in one piece or octet by octet.
struct Server {
  std::string banner = {};
  std::string ehlo = {};
  std::string starttls = {};
  std::string ehlo_after_tls = "250 mx\r\n";
};

struct Outcome {
  SmtpStatus status;
  SmtpStep step;
  int code;
  std::string detail;
  std::string sent;
  std::optional<bool> offered;
  size_t injected_bytes;
  bool secured;
};

void tell(StarttlsDialogue& dialogue, std::string_view octets, size_t piece_bytes) {
  for (size_t at = 0; at < octets.size(); at += piece_bytes)
    dialogue.feed(octets.substr(at, piece_bytes));
}

Outcome converse(const Server& server, size_t piece_bytes = SIZE_MAX / 2,
                 StarttlsDialogue::Goal goal = StarttlsDialogue::Goal::tls) {
  StarttlsDialogue dialogue("probe.example", goal);
  std::string sent;
  bool secured = false;
  tell(dialogue, server.banner, piece_bytes);
  while (dialogue.next() != Action::finish) {
    if (dialogue.next() == Action::handshake) {
      secured = true;
      dialogue.handshake_done();
    }
    if (dialogue.next() == Action::read) {
      dialogue.closed();
      break;
    }
    std::string command = dialogue.take_output();
    sent += command;
    if (command.starts_with("STARTTLS")) tell(dialogue, server.starttls, piece_bytes);
    if (command.starts_with("EHLO"))
      tell(dialogue, secured ? server.ehlo_after_tls : server.ehlo, piece_bytes);
  }
  return {dialogue.status(),
          dialogue.step(),
          dialogue.reply_code(),
          dialogue.detail(),
          sent,
          dialogue.starttls_offered(),
          dialogue.injected_bytes(),
          secured};
}

const std::string kBanner = "220 mx ESMTP\r\n";
const std::string kEhlo = "250-mx\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";
const std::string kReady = "220 go ahead\r\n";
const std::string kWhole = "EHLO probe.example\r\nSTARTTLS\r\nEHLO probe.example\r\nQUIT\r\n";

TEST(StarttlsDialogue, SecuresEveryGoodServer) {
  struct Good {
    Server server;
    const char* why;
  };
  const Good good[] = {
      {{kBanner, kEhlo, kReady}, "the plain case"},
      {{"220\r\n", kEhlo, "220\r\n"}, "codes without text (RFC 5321 §4.2)"},
      {{"220-\r\n220 \r\n", kEhlo, kReady}, "empty texts"},
      {{"220-wait\r\n220-more\r\n220 mx\r\n", kEhlo, kReady}, "postscreen's multi-line banner"},
      {{"220 mx\n", "250-mx\n250 STARTTLS\n", "220 go\n"}, "bare LF"},
      {{kBanner, "250-mx\r\n250-starttls\r\n250 SIZE\r\n", kReady}, "lower case, in the middle"},
      {{kBanner, "250-mx\r\n250 StartTLS REQUIRED\r\n", kReady}, "mixed case, a parameter"},
      {{kBanner, "250-mx\r\n250 STARTTLS\t\r\n", kReady}, "a tab behind the keyword"},
      {{"220 *******2*0*\r\n", kEhlo, kReady}, "masked banner, but STARTTLS came through"},
      {{kBanner, "250-mx\r\n250-XXXXXXXX\r\n250 STARTTLS\r\n", kReady}, "something else mangled"},
      {{kBanner, kEhlo, "220-go\r\n220 ahead\r\n"}, "multi-line 220"},
      {{kBanner, kEhlo, kReady, "554 no\r\n"}, "second EHLO refused: TLS stands"},
      {{kBanner, kEhlo, kReady, "garbage\r\n"}, "second EHLO garbled: TLS stands"},
      {{"250 mx\r\n", kEhlo, kReady}, "another 2xx banner, which senders take"},
  };
  for (const Good& row : good) {
    for (size_t piece_bytes : {size_t{100000}, size_t{1}}) {
      Outcome outcome = converse(row.server, piece_bytes);
      EXPECT_EQ(outcome.status, SmtpStatus::ok) << row.why << ": " << outcome.detail;
      EXPECT_TRUE(outcome.secured) << row.why;
      EXPECT_TRUE(kWhole.starts_with(outcome.sent) && outcome.sent.size() >= 50) << row.why;
      EXPECT_EQ(outcome.code, 220) << row.why;
      EXPECT_EQ(outcome.offered, std::optional<bool>(true)) << row.why;
      EXPECT_EQ(outcome.injected_bytes, 0U) << row.why;
    }
  }
}

TEST(StarttlsDialogue, ReportsWhatIsWrong) {
  struct Bad {
    Server server;
    SmtpStatus status;
    SmtpStep step;
    int code;
    const char* detail;
    const char* why;
  };
  using enum SmtpStatus;
  using enum SmtpStep;
  const Bad bad[] = {
      {{"554 go away\r\n"}, banner_rejected, banner, 554, "554 go away", "reputation"},
      {{"421 busy\r\n"}, banner_rejected, banner, 421, "421 busy", "temporary"},
      {{"450-a\r\n450 b\r\n"}, banner_rejected, banner, 450, "450 a", "multi-line refusal"},
      {{"220-mx\r\n521 listed\r\n"}, banner_rejected, banner, 521, "521 listed", "postscreen drop"},
      {{"220-mx\r\n521-a\r\n521 b\r\n"},
       banner_rejected,
       banner,
       521,
       "521 a b",
       "two lines of it"},
      {{"220-mx\r\n421 busy\r\n"}, banner_rejected, banner, 421, "421 busy", "over a limit"},
      {{"220-mx\r\n421-4.7.0 a\r\n421 4.7.0 b\r\n"},
       banner_rejected,
       banner,
       421,
       "4.7.0 a 4.7.0 b",
       "over a limit, in two lines"},
      {{"421-a\r\n451 b\r\n"}, banner_rejected, banner, 451, "451 b", "two refusals in one"},
      {{"421-a\r\n220 b\r\n"}, protocol_error, banner, 0, "421 and 220", "a refusal, then not"},
      {{"220-mx\r\n250 b\r\n"}, protocol_error, banner, 0, "220 and 250", "no refusal"},
      {{"421 too many connections"}, banner_rejected, banner, 421, "too many", "no line end"},
      {{"421-too many\r\n421"}, banner_rejected, banner, 421, "too many", "last line cut"},
      {{"421-too many\r\n"}, banner_rejected, banner, 421, "too many", "no last line"},
      {{"220-mx\r\n421 too m"}, banner_rejected, banner, 421, "too m", "changed, and cut"},
      {{"42"}, protocol_error, banner, 0, "middle of the reply \"42\"", "no code yet"},
      {{"220 mx"}, protocol_error, banner, 0, "middle of the reply \"220 mx\"", "not a refusal"},
      {{kBanner, "250-mx\r\n421 too many\r\n"}, ehlo_rejected, ehlo, 421, "421 too many", "late"},
      {{kBanner, "250-mx\r\n450 try later\r\n"}, ehlo_rejected, ehlo, 450, "450 try", "late"},
      {{kBanner, "250-mx\r\n550 blocked\r\n"}, ehlo_rejected, ehlo, 550, "550 bl", "late"},
      {{kBanner, "421 4.4.2 bye"}, ehlo_rejected, ehlo, 421, "4.4.2 bye", "no line end"},
      {{kBanner, "502 what"}, ehlo_rejected, ehlo, 502, "502 what", "no line end"},
      {{kBanner, kEhlo, "220-a\r\n421 too many\r\n"},
       starttls_rejected,
       starttls,
       421,
       "421 too many",
       "late"},
      {{kBanner, kEhlo, "220-a\r\n454 4.7.0 too many TLS sessions\r\n"},
       starttls_rejected,
       starttls,
       454,
       "454 4.7.0 too many",
       "late"},
      {{"354 go\r\n"}, protocol_error, banner, 354, "354 go", "no banner's code"},
      {{kBanner, "502 what\r\n"}, ehlo_rejected, ehlo, 502, "502 what", "no ESMTP"},
      {{kBanner, "421 busy\r\n"}, ehlo_rejected, ehlo, 421, "421 busy", "temporary"},
      {{kBanner, "354 go\r\n"}, protocol_error, ehlo, 354, "354 go", "no EHLO's code"},
      {{kBanner, "250-mx\r\n250 SIZE\r\n"},
       starttls_missing,
       ehlo,
       250,
       "does not list",
       "not offered"},
      {{kBanner, "250 STARTTLS\r\n"},
       starttls_missing,
       ehlo,
       250,
       "does not list",
       "first line: a name"},
      {{kBanner, "250-mx\r\n250 STARTTLSX\r\n"},
       starttls_missing,
       ehlo,
       250,
       "no",
       "other keyword"},
      {{kBanner, "250-mx\r\n250 XCLIENT\r\n"}, starttls_missing, ehlo, 250, "no", "an X-extension"},
      {{kBanner, "250-mx\r\n250 XXXX\r\n"}, starttls_missing, ehlo, 250, "no", "another length"},
      {{kBanner, "250-mx\r\n250 XXXXXXXA\r\n"}, starttls_stripped, ehlo, 250, "XXXXXXXA", "fixup"},
      {{kBanner, "250-mx\r\n250 XXXXXXXX\r\n"}, starttls_stripped, ehlo, 250, "XXXXXXXX", "fixup"},
      {{kBanner, "250-mx\r\n250 ********\r\n"}, starttls_stripped, ehlo, 250, "****", "asterisks"},
      {{kBanner, "250-mx\r\n250 XXXXXXX\r\n"}, starttls_stripped, ehlo, 250, "XXXXXXX", "seven"},
      {{"220 ****\r\n", "250 mx\r\n"}, starttls_stripped, ehlo, 250, "masked", "banner masked"},
      {{"220 **0*2****\r\n", "250 mx\r\n"}, starttls_stripped, ehlo, 250, "masked", "PIX fixup"},
      {{"220 ** mx **\r\n", "250 mx\r\n"},
       starttls_missing,
       ehlo,
       250,
       "does not list",
       "mere decoration"},
      {{kBanner, kEhlo, "454 no keys\r\n"},
       starttls_rejected,
       starttls,
       454,
       "454 no",
       "temporary"},
      {{kBanner, kEhlo, "502 what\r\n"}, starttls_rejected, starttls, 502, "502 what", "not known"},
      {{kBanner, kEhlo, "250 ok\r\n"},
       starttls_rejected,
       starttls,
       250,
       "250 ok",
       "only 220 counts"},
      {{""}, protocol_error, banner, 0, "connection closed at banner", "said nothing"},
      {{"220-wait\r\n"}, protocol_error, banner, 0, "connection closed at banner", "no last line"},
      {{kBanner, "250-mx\r\n"}, protocol_error, ehlo, 220, "connection closed at EHLO", "cut"},
      {{kBanner, kEhlo, ""}, protocol_error, starttls, 250, "connection closed at STARTTLS", "cut"},
      {{"hello\r\n"}, protocol_error, banner, 0, "\"hello\"", "no digits"},
      {{"\r\n"}, protocol_error, banner, 0, "\"\"", "an empty line"},
      {{"22\r\n"}, protocol_error, banner, 0, "\"22\"", "two digits"},
      {{"2200 mx\r\n"}, protocol_error, banner, 0, "2200", "four digits"},
      {{"120 mx\r\n"}, protocol_error, banner, 0, "120", "1xx is not SMTP"},
      {{"620 mx\r\n"}, protocol_error, banner, 0, "620", "out of range"},
      {{"220mx\r\n"}, protocol_error, banner, 0, "220mx", "no separator"},
      {{" 220 mx\r\n"}, protocol_error, banner, 0, " 220", "a leading blank"},
      {{"\x1b[2J\r\n"}, protocol_error, banner, 0, "\\x1B[2J", "nothing for a terminal"},
      {{"SSH-2.0-x\r\n"}, protocol_error, banner, 0, "SSH-2.0-x", "another protocol"},
      {{kBanner, "250-mx\r\n220 x\r\n"}, protocol_error, ehlo, 220, "250 and 220", "codes differ"},
      {{kBanner, "250-mx\r\n500 x\r\n"}, protocol_error, ehlo, 220, "250 and 500", "codes differ"},
      {{kBanner, kEhlo, "220-a\r\n454 b\r\n"},
       protocol_error,
       starttls,
       250,
       "220 and 454",
       "not about the client"},
  };
  for (const Bad& row : bad) {
    for (size_t piece_bytes : {size_t{100000}, size_t{1}}) {
      Outcome outcome = converse(row.server, piece_bytes);
      EXPECT_EQ(name_of(outcome.status), name_of(row.status)) << row.why << ": " << outcome.detail;
      EXPECT_EQ(name_of(outcome.step), name_of(row.step)) << row.why;
      EXPECT_EQ(outcome.code, row.code) << row.why;
      EXPECT_NE(outcome.detail.find(row.detail), std::string::npos)
          << row.why << ": " << outcome.detail;
      EXPECT_FALSE(outcome.secured) << row.why;
    }
  }
}

TEST(StarttlsDialogue, QuitsUnlessTheServerCloses) {
  EXPECT_EQ(converse({"554 no\r\n"}).sent, "QUIT\r\n");
  EXPECT_EQ(converse({"421 no\r\n"}).sent, "");
  EXPECT_EQ(converse({"what\r\n"}).sent, "");
  EXPECT_EQ(converse({kBanner, "250 mx\r\n"}).sent, "EHLO probe.example\r\nQUIT\r\n");
  EXPECT_EQ(converse({kBanner, kEhlo, "454 no\r\n"}).sent,
            "EHLO probe.example\r\nSTARTTLS\r\nQUIT\r\n");
  EXPECT_EQ(converse({kBanner, kEhlo, kReady}).sent, kWhole);
  EXPECT_EQ(converse({kBanner, kEhlo, kReady}).step, SmtpStep::done);
}

TEST(StarttlsDialogue, KnowsWhetherStarttlsWasOffered) {
  EXPECT_EQ(converse({"554 no\r\n"}).offered, std::nullopt);
  EXPECT_EQ(converse({kBanner, "421 later\r\n"}).offered, std::nullopt);
  EXPECT_EQ(converse({kBanner, "502 what\r\n"}).offered, std::optional<bool>(false));
  EXPECT_EQ(converse({kBanner, "250 mx\r\n"}).offered, std::optional<bool>(false));
  EXPECT_EQ(converse({kBanner, kEhlo, "454 no\r\n"}).offered, std::optional<bool>(true));
}

TEST(StarttlsDialogue, QuitsAfterTheBanner) {
  constexpr auto kGreet = StarttlsDialogue::Goal::banner;
  Outcome outcome = converse({"220-wait\r\n220 mx\r\n"}, 1, kGreet);
  EXPECT_EQ(outcome.status, SmtpStatus::ok);
  EXPECT_EQ(outcome.step, SmtpStep::banner);
  EXPECT_EQ(outcome.code, 220);
  EXPECT_EQ(outcome.sent, "QUIT\r\n");
  EXPECT_EQ(converse({"554 no\r\n"}, 1, kGreet).status, SmtpStatus::banner_rejected);
}

TEST(StarttlsDialogue, CountsWhatIsInjectedAndGoesOn) {
  std::string injected = "250 injected before TLS\r\n";
  Outcome outcome = converse({kBanner, kEhlo, kReady + injected});
  EXPECT_EQ(outcome.injected_bytes, injected.size());
  EXPECT_EQ(outcome.status, SmtpStatus::ok);
  // The injected reply must not answer the second EHLO.
  outcome = converse({kBanner, kEhlo, kReady + injected, ""});
  EXPECT_EQ(outcome.step, SmtpStep::ehlo_after_tls);
  outcome = converse({kBanner, kEhlo, kReady + "half a line"});
  EXPECT_EQ(outcome.injected_bytes, 11U);
}

TEST(StarttlsDialogue, ReadsWhatCameTooEarlyAsTheNextReply) {
  Outcome outcome = converse({kBanner + kEhlo + kReady + "xyz", "", ""});
  EXPECT_EQ(outcome.status, SmtpStatus::ok);
  EXPECT_EQ(outcome.injected_bytes, 3U);
  EXPECT_EQ(outcome.sent, kWhole);
}

TEST(StarttlsDialogue, LimitsWhatItReads) {
  auto told = [](const std::string& octets) {
    Outcome whole = converse({octets});
    Outcome split = converse({octets}, 1);
    EXPECT_EQ(whole.detail, split.detail);
    EXPECT_EQ(whole.status, split.status);
    return whole;
  };
  std::string fits = "220 " + std::string(kReplyLineLimit_bytes - 4, 'x');
  EXPECT_EQ(told(fits + "\r\n").detail, "connection closed at EHLO");
  EXPECT_EQ(told(fits + "x\r\n").detail, "a line longer than 2048 bytes at banner");
  EXPECT_EQ(told(std::string(70000, '2')).detail, "a line longer than 2048 bytes at banner");

  std::string lines;
  for (size_t line = 1; line < kReplyLinesLimit; ++line) lines += "220-x\r\n";
  EXPECT_EQ(told(lines + "220 x\r\n").detail, "connection closed at EHLO");
  EXPECT_EQ(told(lines + "220-x\r\n220 x\r\n").detail,
            "more than 128 lines in one reply at banner");

  std::string long_lines;
  for (int line = 0; line < 40; ++line) long_lines += "220-" + std::string(2000, 'x') + "\r\n";
  EXPECT_EQ(told(long_lines).detail, "more than 65536 bytes received by banner");
  EXPECT_EQ(told(long_lines).status, SmtpStatus::protocol_error);
}

TEST(StarttlsDialogue, SendsNoCommandThatANameSmuggledIn) {
  StarttlsDialogue dialogue("a\r\nMAIL FROM:<x>\x7F\xC3\xA4");
  dialogue.feed(kBanner);
  EXPECT_EQ(dialogue.take_output(), "EHLO aMAILFROM:<x>\r\n");
  StarttlsDialogue nameless(" \r\n");
  nameless.feed(kBanner);
  EXPECT_EQ(nameless.take_output(), "EHLO localhost\r\n");
}

TEST(StarttlsDialogue, KeepsOnlyPrintableTextOfBoundedLength) {
  StarttlsDialogue dialogue("x");
  dialogue.feed("554 a\x01" + std::string(1000, 'b') + "\r\n");
  EXPECT_EQ(dialogue.reply_text().find('\x01'), std::string::npos);
  EXPECT_LE(dialogue.reply_text().size(), 210U);
}

TEST(StarttlsDialogue, KeepsWhatTheServerSaysOfItself) {
  StarttlsDialogue dialogue("x");
  dialogue.feed(
      "220-mx.example waits\r\n220 mx.example ESMTP Post\x01"
      "fix\r\n");
  EXPECT_EQ(dialogue.banner(), "mx.example waits mx.example ESMTP Post\\x01fix");
  dialogue.take_output();
  dialogue.feed("250-mx.example\r\n250-SIZE " + std::string(1000, '1') + "\r\n250 STARTTLS\r\n");
  EXPECT_TRUE(dialogue.ehlo_text().starts_with("mx.example SIZE 1"));
  EXPECT_LE(dialogue.ehlo_text().size(), kServerTextLimit_bytes + 10);
  StarttlsDialogue refused("x");
  refused.feed("554 mx ESMTP Postfix\r\n");
  EXPECT_EQ(refused.banner(), "");
}

TEST(StarttlsDialogue, TellsAnUnfinishedReplyFromNone) {
  StarttlsDialogue dialogue("x");
  EXPECT_FALSE(dialogue.in_reply());
  EXPECT_EQ(dialogue.unfinished_reply(), "");
  EXPECT_FALSE(dialogue.stop_waiting());
  dialogue.feed("220-mx\r\n220-wa");
  EXPECT_TRUE(dialogue.in_reply());
  EXPECT_EQ(dialogue.unfinished_reply(), "220-mx 220-wa");
  EXPECT_FALSE(dialogue.stop_waiting()) << "not a refusal";
  EXPECT_EQ(dialogue.status(), SmtpStatus::ok);
  dialogue.feed("it\r\n220 mx\r\n");
  EXPECT_FALSE(dialogue.in_reply());
  dialogue.take_output();
  dialogue.feed("421-too many\r\n");
  EXPECT_TRUE(dialogue.stop_waiting());
  EXPECT_EQ(dialogue.status(), SmtpStatus::ehlo_rejected);
  EXPECT_EQ(dialogue.next(), Action::finish);
  EXPECT_FALSE(dialogue.stop_waiting());
}

TEST(StarttlsDialogue, MisuseChangesNothing) {
  StarttlsDialogue dialogue("x");
  EXPECT_EQ(dialogue.take_output(), "");
  dialogue.handshake_done();
  EXPECT_EQ(dialogue.next(), Action::read);
  dialogue.feed("421 busy\r\n");
  EXPECT_EQ(dialogue.next(), Action::finish);
  dialogue.feed(kBanner);
  dialogue.closed();
  EXPECT_EQ(dialogue.status(), SmtpStatus::banner_rejected);
}

// A server that sends whenever the client reads, and closes at the end.
std::string replay(std::string_view octets, size_t piece_bytes) {
  StarttlsDialogue dialogue("probe.example");
  std::string told;
  while (dialogue.next() != Action::finish) {
    if (dialogue.next() == Action::write) {
      told += dialogue.take_output();
    } else if (dialogue.next() == Action::handshake) {
      octets = "250 mx\r\n";  // the number of injected octets depends on the splits
      dialogue.handshake_done();
    } else if (octets.empty()) {
      dialogue.closed();
    } else {
      dialogue.feed(octets.substr(0, piece_bytes));
      octets.remove_prefix(std::min(piece_bytes, octets.size()));
    }
  }
  return told + std::string(name_of(dialogue.status())) + ", " + dialogue.detail();
}

// Each file is what a server sent, fed in one piece and in small ones. Must terminate with equal
// results.
TEST(StarttlsDialogue, CorpusEndsTheSameHoweverItIsCut) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(MTASTS_TESTS_DIR) / "corpus" / "starttls_dialogue")) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::string octets{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::string whole = replay(octets, octets.size());
    EXPECT_EQ(whole, replay(octets, 1)) << entry.path();
    EXPECT_EQ(whole, replay(octets, 7)) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 10U);
}

}  // namespace
}  // namespace mtasts::protocol
