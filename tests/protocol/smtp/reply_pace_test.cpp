// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/smtp/reply_pace.h"

#include <gtest/gtest.h>

#include <vector>

namespace mtasts::protocol {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

struct Piece {
  std::chrono::milliseconds at;
  bool complete = false;
};

std::vector<Piece> every(std::chrono::milliseconds gap, std::chrono::milliseconds from,
                         std::chrono::milliseconds to) {
  std::vector<Piece> pieces;
  for (auto at = from; at < to; at += gap) pieces.push_back({at});
  return pieces;
}

bool drips(const std::vector<Piece>& pieces, std::chrono::milliseconds limit = 30s) {
  ReplyPace::Time connected(std::chrono::hours(1));
  ReplyPace pace(connected);
  for (const Piece& piece : pieces) pace.note_octets(connected + piece.at, piece.complete);
  return pace.is_drip(connected + limit);
}

TEST(ReplyPace, KnowsTarpits) {
  EXPECT_TRUE(drips(every(1s, 0s, 30s))) << "spamd: an octet a second";
  EXPECT_TRUE(drips(every(100ms, 0s, 30s)));
  EXPECT_TRUE(drips(every(10s, 0s, 30s))) << "teergrube: a line every ten seconds";
  EXPECT_TRUE(drips(every(1s, 15s, 30s))) << "after a long wait";
  std::vector<Piece> later = {{10ms, true}};
  for (const Piece& piece : every(1s, 1s, 30s)) later.push_back(piece);
  EXPECT_TRUE(drips(later)) << "the banner at once, then the reply to EHLO";
  std::vector<Piece> whole = every(1s, 0s, 28s);
  whole.back().complete = true;
  EXPECT_TRUE(drips(whole)) << "the banner took nearly all the time";
  std::vector<Piece> two = every(1s, 0s, 10s);
  two.back().complete = true;
  for (const Piece& piece : every(1s, 10s, 20s)) two.push_back(piece);
  two.back().complete = true;
  EXPECT_TRUE(drips(two)) << "two slow replies";
}

TEST(ReplyPace, KnowsStalls) {
  EXPECT_FALSE(drips({})) << "nothing came";
  EXPECT_FALSE(drips({{1s, false}})) << "a part came";
  EXPECT_FALSE(drips({{0s, false}, {50ms, false}, {90ms, false}})) << "fragments, then nothing";
  EXPECT_FALSE(drips({{0s, false}, {6s, true}})) << "postscreen, then nothing";
  EXPECT_FALSE(drips({{0s, false}, {6s, true}, {7s, false}})) << "and a part";
  EXPECT_FALSE(drips({{0s, false}, {1s, false}, {2s, false}, {3s, true}})) << "slow, then nothing";
  EXPECT_FALSE(drips({{10s, true}, {20s, true}, {29s, true}})) << "slow, but whole replies";
}

}  // namespace
}  // namespace mtasts::protocol
