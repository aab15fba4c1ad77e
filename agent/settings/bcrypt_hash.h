// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The form of bcrypt hashes: "$2y$10$", 22 characters of salt, 31 of digest. Computes none. Pure,
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace mtasts::settings {

// Each step doubles the work. At 14 one comparison takes a processor about a second; what is above
// would let anybody who sends passwords keep the agent busy, and a scrape would time out.
inline constexpr int kLeastBcryptCost = 4;
inline constexpr int kMostBcryptCost = 14;

inline constexpr size_t kBcryptHash_bytes = 60;
inline constexpr size_t kBcryptDigest_bytes = 31;  // the last ones

// Why it cannot be used, as the end of a sentence, "is …", without the hash; empty: it can.
std::string bcrypt_fault(std::string_view hash);

// Of a hash without fault.
int bcrypt_cost(std::string_view hash);

}  // namespace mtasts::settings
