// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "bench/certificate_pool.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <stdexcept>

namespace mtasts::bench {
namespace {

using fakes::CertificateAuthority;
using fakes::KeyType;

CertificateAuthority make_root() {
  fakes::AuthorityOptions options;
  options.common_name = "Bench Root X1";
  options.key = KeyType::rsa_4096;
  return CertificateAuthority::root(options);
}

CertificateAuthority make_intermediate(const CertificateAuthority& root) {
  fakes::AuthorityOptions options;
  options.common_name = "Bench E5";
  options.key = KeyType::ec_p384;
  return root.intermediate(options);
}

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

Bio reader_of(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

}  // namespace

CertificatePool::CertificatePool()
    : intermediate_([this] {
        CertificateAuthority root = make_root();
        root_pem_ = root.certificate_pem();
        return make_intermediate(root);
      }()) {
  const std::string pem = intermediate_.certificate_pem();
  intermediate_certificate_.reset(
      PEM_read_bio_X509(reader_of(pem).get(), nullptr, nullptr, nullptr));
  if (!intermediate_certificate_) throw std::runtime_error("cannot make an intermediate");
}

CertificatePool::~CertificatePool() = default;

CertificatePool::Leaf CertificatePool::decode(const fakes::Identity& identity) {
  Leaf leaf;
  leaf.certificate.reset(PEM_read_bio_X509(reader_of(identity.certificate_chain_pem).get(), nullptr,
                                           nullptr, nullptr));
  leaf.key.reset(PEM_read_bio_PrivateKey(reader_of(identity.private_key_pem).get(), nullptr,
                                         nullptr, nullptr));
  if (!leaf.certificate || !leaf.key) throw std::runtime_error("cannot make a leaf");
  return leaf;
}

const CertificatePool::Leaf& CertificatePool::leaf_of(const std::string& host) {
  {
    std::lock_guard lock(mutex_);
    auto known = leaves_.find(host);
    if (known != leaves_.end()) return known->second;
  }
  fakes::LeafOptions options;
  options.dns_names = {host};
  Leaf made = decode(intermediate_.issue(options));
  std::lock_guard lock(mutex_);
  return leaves_.try_emplace(host, std::move(made)).first->second;
}

bool CertificatePool::equip(SSL* session, const std::string& host) {
  const Leaf& leaf = leaf_of(host);
  return SSL_use_certificate(session, leaf.certificate.get()) == 1 &&
         SSL_use_PrivateKey(session, leaf.key.get()) == 1 &&
         SSL_add1_chain_cert(session, intermediate_certificate_.get()) == 1;
}

}  // namespace mtasts::bench
