// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/bcrypt_hash.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace mtasts::settings {
namespace {

constexpr size_t kCostAt = 4;
constexpr size_t kSaltAt = 7;

bool is_bcrypt_letter(char c) { return c == '.' || c == '/' || is_alphanumeric(c); }

}  // namespace

std::string bcrypt_fault(std::string_view hash) {
  if (hash.empty()) return "is empty";
  if (hash.starts_with("$2x$"))
    return "is of the form $2x$, which marks hashes of a faulty implementation; hash the password "
           "again";
  if (!hash.starts_with("$2a$") && !hash.starts_with("$2b$") && !hash.starts_with("$2y$"))
    return "is not a bcrypt hash, which begins with $2y$, $2b$ or $2a$";
  if (hash.size() != kBcryptHash_bytes)
    return fmt::format("has {} characters, and a bcrypt hash has {}", hash.size(),
                       kBcryptHash_bytes);
  const std::string_view letters = hash.substr(kSaltAt);
  if (!is_digit(hash[kCostAt]) || !is_digit(hash[kCostAt + 1]) || hash[kSaltAt - 1] != '$' ||
      !std::all_of(letters.begin(), letters.end(), is_bcrypt_letter))
    return "is not a bcrypt hash: after $2y$ come a cost of two digits, $, and 53 letters, digits, "
           "\".\" and \"/\"";
  const int cost = bcrypt_cost(hash);
  if (cost < kLeastBcryptCost || cost > 31)
    return fmt::format("has the cost {}, and bcrypt knows costs from {} to 31", cost,
                       kLeastBcryptCost);
  if (cost > kMostBcryptCost)
    return fmt::format(
        "has the cost {}, with which each wrong password would keep the agent busy for seconds; "
        "use {} at most",
        cost, kMostBcryptCost);
  return {};
}

int bcrypt_cost(std::string_view hash) {
  return (hash[kCostAt] - '0') * 10 + (hash[kCostAt + 1] - '0');
}

}  // namespace mtasts::settings
