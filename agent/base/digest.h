// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Digests: SHA-256 (FIPS 180-4) where collisions must be infeasible, FNV-1a where a cheap hash is
// enough and a collision is harmless, and hexadecimal text of octets. Values are the same in every
// build. Functions: pure, any thread; a Sha256 object has one owner.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/handle.h"

namespace mtasts {

using Sha256Digest = std::array<unsigned char, 32>;

// Throws std::runtime_error when OpenSSL fails (broken installation or out of memory).
class Sha256 {
 public:
  Sha256();
  Sha256& add(std::string_view octets);
  Sha256Digest finish();  // call once, last

 private:
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context_;
};

Sha256Digest sha256(std::string_view octets);
std::string sha256_hex(std::string_view octets);  // 64 lower-case digits

// Two lower-case hexadecimal digits per octet.
std::string hex(std::string_view octets);
std::string hex(const Sha256Digest& digest);

// 64-bit FNV-1a, octet by octet; `hash` continues an earlier one.
inline constexpr uint64_t kFnv1aBasis = 0xcbf29ce484222325u;
constexpr uint64_t fnv1a(uint8_t octet, uint64_t hash) { return (hash ^ octet) * 0x100000001b3u; }
constexpr uint64_t fnv1a(std::string_view octets, uint64_t hash = kFnv1aBasis) {
  for (char octet : octets) hash = fnv1a(static_cast<uint8_t>(octet), hash);
  return hash;
}

}  // namespace mtasts
