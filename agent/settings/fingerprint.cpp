// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/fingerprint.h"

namespace mtasts::settings {
namespace {

constexpr size_t kShownDigits = 16;

}  // namespace

void Fingerprint::add(std::string_view piece) {
  digest_.add(std::to_string(piece.size()) + ':').add(piece);
}

std::string Fingerprint::hex() { return mtasts::hex(digest_.finish()).substr(0, kShownDigits); }

}  // namespace mtasts::settings
