// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mtasts::intake {
namespace {

using testing::ElementsAre;

std::vector<ImapResponse> read_all(ImapResponseReader& reader, const std::string& octets,
                                   size_t step) {
  std::vector<ImapResponse> responses;
  for (size_t at = 0; at < octets.size(); at += step) {
    reader.add(std::string_view(octets).substr(at, step));
    while (auto response = reader.next()) responses.push_back(std::move(*response));
  }
  return responses;
}

// However the octets are cut into pieces.
TEST(ImapResponseReader, CutsLinesAndLiterals) {
  const std::string octets =
      "* SEARCH 1 2\r\n* 1 FETCH (BODY[] {7}\r\na\r\nb)\r\n UID 5)\r\nr1 OK done {3}\r\n+ go\n";
  for (size_t step = 1; step <= octets.size(); ++step) {
    ImapResponseReader reader;
    const auto responses = read_all(reader, octets, step);
    ASSERT_EQ(responses.size(), 4u) << step;
    EXPECT_EQ(responses[1].text, "* 1 FETCH (BODY[] {7} UID 5)");
    EXPECT_THAT(responses[1].literals, ElementsAre("a\r\nb)\r\n"));
    EXPECT_EQ(responses[2].text, "r1 OK done {3}");  // text for people announces nothing
    EXPECT_EQ(responses[3].text, "+ go");
    EXPECT_TRUE(reader.fault().empty());
  }
}

TEST(ImapResponseReader, RefusesLongLines) {
  ImapResponseReader reader;
  const std::string piece(64 * 1024, '1');
  for (size_t sent = 0; sent <= ImapResponseReader::kMostLine_bytes; sent += piece.size()) {
    reader.add(piece);
    EXPECT_FALSE(reader.next());
  }
  EXPECT_EQ(reader.fault(), "a line of more than 4 MiB");
  reader.add("\r\n* OK\r\n");
  EXPECT_FALSE(reader.next());  // for good
}

TEST(ImapResponseReader, RefusesLiteralsLargerThanAskedFor) {
  for (const char* size : {"101", "4294967297", "18446744073709551615", "99999999999999999999"}) {
    ImapResponseReader reader;
    reader.limit_literals(100);
    reader.add("* 1 FETCH (BODY[] {" + std::string(size) + "}\r\n");
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.fault(), "more than was asked for") << size;
  }
  ImapResponseReader reader;
  reader.limit_literals(100);
  reader.add("* 1 FETCH (A {60}\r\n" + std::string(60, 'a') + " B {60}\r\n");  // together
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.fault(), "more than was asked for");
}

TEST(ImapResponseReader, BoundsTheNumberOfLiterals) {
  ImapResponseReader reader;
  std::string octets = "* 1 FETCH (";
  for (int i = 0; i < 1000; ++i) octets += "{0}\r\n ";
  reader.add(octets);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.fault().empty());
}

TEST(ImapStatus, IsRead) {
  auto status = read_status({"r7 no [TRYCREATE] no such folder", {}}, "r7");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->kind, ImapStatus::Kind::no);
  EXPECT_EQ(status->code, "TRYCREATE");
  EXPECT_EQ(status->text, "no such folder");
  status = read_status({"* OK [PERMANENTFLAGS (\\Seen \\*)] limited", {}}, "*");
  ASSERT_TRUE(status);
  EXPECT_THAT(read_flags(status->code), ElementsAre("\\Seen", "\\*"));
  EXPECT_FALSE(read_status({"r70 OK", {}}, "r7"));
  EXPECT_FALSE(read_status({"* SEARCH", {}}, "*"));
  EXPECT_TRUE(read_status({"r7 OK", {}}, "r7"));
}

TEST(ImapSearch, IgnoresWhatIsNoNumber) {
  std::vector<uint32_t> uids;
  EXPECT_TRUE(read_search({"* SEARCH 3 0 -1 x 99999999999 7 (MODSEQ 9)", {}}, uids));
  EXPECT_TRUE(read_search({"* search", {}}, uids));
  EXPECT_FALSE(read_search({"* 5 EXISTS", {}}, uids));
  EXPECT_THAT(uids, ElementsAre(3u, 7u));
}

TEST(ImapFetch, ReadsItemsInAnyOrder) {
  auto fetch =
      read_fetch({"* 9 FETCH (FLAGS (\\Seen TlsRptDone) MODSEQ (12) BODY[]<0> {3} "
                  "RFC822.SIZE 1234 ENVELOPE (\"a)\" NIL ((\"x\" NIL))) UID 17)",
                  {"abc"}});
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->uid, 17u);
  EXPECT_EQ(fetch->size_bytes, 1234u);
  EXPECT_EQ(fetch->body, "abc");
  ASSERT_TRUE(fetch->flags);
  EXPECT_THAT(*fetch->flags, ElementsAre("\\Seen", "TlsRptDone"));
}

TEST(ImapFetch, ReadsBodiesAsStrings) {
  EXPECT_EQ(read_fetch({"* 9 fetch (uid 1 body[] \"a\\\"b\")", {}})->body, "a\"b");
  EXPECT_EQ(read_fetch({"* 9 FETCH (UID 1 BODY[] NIL)", {}})->body, "");
  EXPECT_FALSE(read_fetch({"* 9 FETCH (UID 1)", {}})->body);
}

TEST(ImapFetch, RefusesWhatIsMalformed) {
  for (const char* text :
       {"* 9 FETCH", "* 9 FETCH (", "* 9 FETCH (UID", "* 9 FETCH (UID 1", "* 9 FETCH (BODY[] {3})",
        "* 9 FETCH (FLAGS (\\Seen", "* 9 FETCH (A \"x", "* 9 FETCH ( )x(", "* 9 EXPUNGE"})
    EXPECT_FALSE(read_fetch({text, {}}).value_or(ImapFetch{}).uid) << text;
  const std::string nested = "* 9 FETCH (A " + std::string(100'000, '(');
  EXPECT_FALSE(read_fetch({nested, {}}));
}

}  // namespace
}  // namespace mtasts::intake
