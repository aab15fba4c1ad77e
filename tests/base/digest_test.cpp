// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/digest.h"

#include <gtest/gtest.h>

namespace mtasts {
namespace {

TEST(Sha256, StandardVectors) {
  // FIPS 180-4's examples, as NIST publishes them.
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesMakeTheWhole) {
  EXPECT_EQ(Sha256().add("a").add("").add("bc").finish(), sha256("abc"));
  EXPECT_NE(Sha256().add("ab").finish(), sha256("abc"));
}

TEST(Hex, TwoDigitsAnOctet) {
  EXPECT_EQ(hex(std::string_view("\0\x0F\xA0\xFF", 4)), "000fa0ff");
  EXPECT_EQ(hex(std::string_view()), "");
}

TEST(Fnv1a, PublishedVectors) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8u);
  EXPECT_EQ(fnv1a("bar", fnv1a("foo")), fnv1a("foobar"));
  EXPECT_EQ(fnv1a("\xFF"), fnv1a(uint8_t{0xFF}, kFnv1aBasis)) << "octets have no sign";
}

}  // namespace
}  // namespace mtasts
