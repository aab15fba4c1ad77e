// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/basic_credentials.h"

#include <openssl/evp.h>

#include "base/ascii.h"

namespace mtasts::web {
namespace {

bool is_base64(char c) { return is_alphanumeric(c) || c == '+' || c == '/'; }

// With padding, and nothing beside, which OpenSSL would pass over.
std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (!all_of(text.substr(0, text.size() - padding), is_base64)) return std::nullopt;
  std::string octets(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  octets.resize(static_cast<size_t>(size) - padding);
  return octets;
}

}  // namespace

std::optional<BasicCredentials> basic_credentials(std::string_view authorization) {
  constexpr std::string_view kScheme = "basic ";
  if (authorization.size() <= kScheme.size() ||
      !equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  const auto octets = from_base64(trim(authorization.substr(kScheme.size())));
  if (!octets) return std::nullopt;
  const size_t colon = octets->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredentials{octets->substr(0, colon), octets->substr(colon + 1)};
}

}  // namespace mtasts::web
