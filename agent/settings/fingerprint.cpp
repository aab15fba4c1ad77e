// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/fingerprint.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace mtasts::settings {
namespace {

constexpr size_t kShownOctets = 8;

// SHA-256 is always there: a refusal means that OpenSSL itself is broken.
void demand(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL does not provide SHA-256");
}

}  // namespace

Fingerprint::Fingerprint() : context_(EVP_MD_CTX_new()) {
  demand(context_ == nullptr ? 0 : EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Fingerprint::add(std::string_view piece) {
  std::string length = fmt::format("{}:", piece.size());
  demand(EVP_DigestUpdate(context_.get(), length.data(), length.size()));
  demand(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()));
}

std::string Fingerprint::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  demand(EVP_DigestFinal_ex(context_.get(), digest.data(), &size));
  std::string shown;
  for (size_t i = 0; i < kShownOctets; ++i) shown += fmt::format("{:02x}", digest[i]);
  return shown;
}

}  // namespace mtasts::settings
