// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Fingerprint: the stable digest of everything a loading read, for mtasts_exporter_config_hash.
// SHA-256 over every piece with its length before it, so that text cannot move from one piece to
// the next unseen; the first 16 hexadecimal digits are shown. File names are left out: replicas
// with the same content have the same hash. One thread at a time.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace mtasts::settings {

class Fingerprint {
 public:
  Fingerprint();
  void add(std::string_view piece);
  // Once, at the end.
  std::string hex();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace mtasts::settings
