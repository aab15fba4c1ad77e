// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Fingerprint: a stable digest of everything that one load read, for mtasts_exporter_config_hash.
// SHA-256 over every piece preceded by its length, so that moving text from one piece to the next
// changes the digest; the first 16 hexadecimal digits are shown. File names are left out: replicas
// with the same content have the same hash. One thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"

namespace mtasts::settings {

class Fingerprint {
 public:
  void add(std::string_view piece);
  // Call once, at the end.
  std::string hex();

 private:
  Sha256 digest_;
};

}  // namespace mtasts::settings
