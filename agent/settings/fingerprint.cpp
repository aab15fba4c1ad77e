// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/fingerprint.h"

namespace mtasts::settings {
namespace {

constexpr size_t kShownOctets = 8;

// SHA-256 is always there: a refusal means that OpenSSL itself is broken.
void demand(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL does not provide SHA-256");
}

}  // namespace

void Fingerprint::add(std::string_view piece) {
  digest_.add(std::to_string(piece.size()) + ':').add(piece);
}

std::string Fingerprint::hex() { return mtasts::hex(digest_.finish()).substr(0, kShownDigits); }

}  // namespace mtasts::settings
