// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/host/public_issuers.h"

#include <algorithm>

namespace mtasts::verdict {
namespace {

using enum IssuerUse;

constexpr std::string_view kRsa = "RSA";
constexpr std::string_view kEcdsa = "ECDSA";

constexpr PublicIssuer kIssuers[] = {
    {"Let's Encrypt Authority X3", kRsa, retired,
     "60b87575447dcba2a36b7d11ac09fb24a9db406fee12d2cc90180517616e8a18"},
    {"R3", kRsa, retired, "8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d"},
    {"R4", kRsa, retired, "e5545e211347241891c554a03934cde9b749664a59d26d615fe58f77990f2d03"},
    {"E1", kEcdsa, retired, "276fe8a8c4ec7611565bf9fce6dcace9be320c1b5bea27596b2204071ed04f10"},
    {"E2", kEcdsa, retired, "bd936e72b212ef6f773102c6b77d38f94297322efc25396bc3279422e0c89270"},
    {"R10", kRsa, former, "2bbad93ab5c79279ec121507f272cbe0c6647a3aae52e22f388afab426b4adba"},
    {"R11", kRsa, former, "6ddac18698f7f1f7e1c69b9bce420d974ac6f94ca8b2c761701623f99c767dc7"},
    {"R12", kRsa, active, "919c0df7a787b597ed056ace654b1de9c0387acf349f73734a4fd7b58cf612a4"},
    {"R13", kRsa, active, "025490860b498ab73c6a12f27a49ad5fe230fafe3ac8f6112c9b7d0aad46941d"},
    {"R14", kRsa, standby, "f1647a5ee3efac54c892e930584fe47979b7acd1c76c1271bca1c5076d869888"},
    {"E5", kEcdsa, former, "3586d4ecf070578cbd27aedce20b964e48bc149faeb9dad72f46b857869172b8"},
    {"E6", kEcdsa, former, "d016e1fe311948aca64f2de44ce86c9a51ca041df6103bb52a88eb3f761f57d7"},
    {"E7", kEcdsa, active, "cbbc559b44d524d6a132bdac672744da3407f12aae5d5f722c5f6c7913871c75"},
    {"E8", kEcdsa, active, "885bf0572252c6741dc9a52f5044487fef2a93b811cdedfad7624cc283b7cdd5"},
    {"E9", kEcdsa, standby, "f1440a9b76e1e41e53a4cb461329bf6337b419726be513e42e19f1c691c5d4b2"},
};

}  // namespace

std::span<const PublicIssuer> public_issuers() { return kIssuers; }

const PublicIssuer* issuer_with_key(std::string_view key_sha256) {
  const auto* found = std::find_if(std::begin(kIssuers), std::end(kIssuers),
                                   [&](const auto& one) { return one.key_sha256 == key_sha256; });
  return found == std::end(kIssuers) ? nullptr : found;
}

const PublicIssuer* issuer_named(std::string_view issuer) {
  if (issuer.find("O=Let's Encrypt") == std::string_view::npos) return nullptr;
  size_t at = issuer.find("CN=");
  if (at == std::string_view::npos) return nullptr;
  std::string_view name = issuer.substr(at + 3);
  name = name.substr(0, name.find(','));
  const auto* found = std::find_if(std::begin(kIssuers), std::end(kIssuers),
                                   [&](const auto& one) { return one.name == name; });
  return found == std::end(kIssuers) ? nullptr : found;
}

}  // namespace mtasts::verdict
