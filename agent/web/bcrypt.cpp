// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/bcrypt.h"

#include <crypt.h>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <memory>

#include "settings/bcrypt_hash.h"

namespace mtasts::web {

bool bcrypt_matches(std::string_view password, std::string_view hash) {
  // C strings: what comes after a NUL would not count.
  const bool fits =
      password.size() < CRYPT_MAX_PASSPHRASE_SIZE && password.find('\0') == std::string_view::npos;
  std::string phrase(fits ? password : std::string_view());
  const std::string setting(hash);
  auto data = std::make_unique<crypt_data>();  // 32 KB
  const char* made =
      crypt_rn(phrase.c_str(), setting.c_str(), data.get(), static_cast<int>(sizeof(crypt_data)));
  bool same = false;
  if (made != nullptr && std::string_view(made).size() == settings::kBcryptHash_bytes) {
    // Before the digest stands the salt, whose last character can be written in several ways.
    constexpr size_t kAt = settings::kBcryptHash_bytes - settings::kBcryptDigest_bytes;
    same = hash.size() == settings::kBcryptHash_bytes &&
           CRYPTO_memcmp(made + kAt, setting.data() + kAt, settings::kBcryptDigest_bytes) == 0;
  }
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  OPENSSL_cleanse(phrase.data(), phrase.size());
  return same && fits;
}

std::string dummy_bcrypt_hash(int cost) {
  return fmt::format("$2b${:02}$mtastsexporterdummysalmtastsexporterdummydigestAAAAAA", cost);
}

}  // namespace mtasts::web
