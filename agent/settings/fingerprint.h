// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Fingerprint: the stable digest of everything a loading read, for mtasts_exporter_config_hash.
// SHA-256 over every piece with its length before it, so that text cannot move from one piece to
// the next unseen; the first 16 hexadecimal digits are shown. File names are left out: replicas
// with the same content have the same hash. One thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"

namespace mtasts::settings {

class Fingerprint {
 public:
  void add(std::string_view piece);
  // Once, at the end.
  std::string hex();

 private:
  Sha256 digest_;
};

}  // namespace mtasts::settings
