// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/digest.h"

#include <stdexcept>

namespace mtasts {
namespace {

void demand(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL refuses SHA-256");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  demand(context_ == nullptr ? 0 : EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

Sha256& Sha256::add(std::string_view octets) {
  demand(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()));
  return *this;
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest{};
  demand(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  return digest;
}

Sha256Digest sha256(std::string_view octets) { return Sha256().add(octets).finish(); }

std::string sha256_hex(std::string_view octets) { return hex(sha256(octets)); }

std::string hex(std::string_view octets) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * octets.size());
  for (unsigned char octet : octets) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 0xf];
  }
  return text;
}

std::string hex(const Sha256Digest& digest) {
  return hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace mtasts
