// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// CertificatePool: one certificate per server name, with a chain like Let's Encrypt's (P-256 leaf,
// P-384 intermediate, RSA-4096 root), issued on first use and kept decoded. Any thread.
#pragma once

#include <openssl/types.h>
#include <openssl/x509.h>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "fakes/certificate_factory.h"

namespace mtasts::bench {

class CertificatePool {
 public:
  CertificatePool();
  ~CertificatePool();

  // Sets the certificate of `host` on the session; false when that fails.
  bool equip(SSL* session, const std::string& host);
  const std::string& root_pem() const { return root_pem_; }

 private:
  struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct Leaf {
    std::unique_ptr<X509, Free> certificate;
    std::unique_ptr<EVP_PKEY, Free> key;
  };

  static Leaf decode(const fakes::Identity& identity);
  const Leaf& leaf_of(const std::string& host);

  std::string root_pem_;
  fakes::CertificateAuthority intermediate_;
  std::unique_ptr<X509, Free> intermediate_certificate_;
  std::mutex mutex_;
  std::unordered_map<std::string, Leaf> leaves_;  // references to entries stay valid
};

}  // namespace mtasts::bench
