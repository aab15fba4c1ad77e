// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// bcrypt (by libxcrypt): slow on purpose, from a millisecond to seconds of a processor; see the
// cost in settings/bcrypt_hash.h. Any thread but the loop's.
#pragma once

#include <string>
#include <string_view>

namespace mtasts::web {

// Whether the hash, which settings::bcrypt_fault() has passed, is that of the password. Takes as
// long for the one as for the other. No password with a NUL, or of more than 511 octets, matches.
bool bcrypt_matches(std::string_view password, std::string_view hash);

// A hash of the cost that no password has as far as anybody knows.
std::string dummy_bcrypt_hash(int cost);

}  // namespace mtasts::web
