// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/verification_cache.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "fakes/certificate_factory.h"
#include "net/tls/trust_store.h"

namespace mtasts::net {
namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(STACK_OF(X509) * list) const { sk_X509_free(list); }
};
using Certificate = std::unique_ptr<X509, Free>;

class VerificationCacheTest : public testing::Test {
 protected:
  VerificationCacheTest() : root_(fakes::CertificateAuthority::root()) {
    auto file = fakes::write_pem(directory_.path(), "roots.pem", root_.certificate_pem());
    store_ = std::move(*load_trust_store(file.string()));
  }

  Certificate issue(const std::string& name) {
    fakes::LeafOptions options;
    options.dns_names = {name};
    const std::string der = fakes::der_of(root_.issue(options).certificate_chain_pem);
    auto* octets = reinterpret_cast<const unsigned char*>(der.data());
    return Certificate(d2i_X509(nullptr, &octets, static_cast<long>(der.size())));
  }

  protocol::PeerChainPtr judge(VerificationCache& cache, X509* leaf, const std::string& host) {
    std::unique_ptr<STACK_OF(X509), Free> presented(sk_X509_new_null());
    sk_X509_push(presented.get(), leaf);
    std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store_.get(), leaf, presented.get());
    return cache.judge(context.get(), host);
  }

  fakes::TemporaryDirectory directory_;
  fakes::CertificateAuthority root_;
  TrustStore store_;
};

TEST_F(VerificationCacheTest, KeepsTheNewestChains) {
  VerificationCache cache(system_now, {.chains = 3, .bytes = 1 << 20});
  std::vector<Certificate> leaves;
  for (int i = 0; i < 5; ++i) {
    leaves.push_back(issue("mx.example"));
    EXPECT_TRUE(judge(cache, leaves.back().get(), "mx.example")->verified());
  }
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_EQ(cache.hits(), 0u);
  judge(cache, leaves[4].get(), "mx.example");
  judge(cache, leaves[2].get(), "mx.example");
  EXPECT_EQ(cache.hits(), 2u);
  judge(cache, leaves[0].get(), "mx.example");
  EXPECT_EQ(cache.hits(), 2u) << "the oldest was forgotten";
  EXPECT_EQ(cache.size(), 3u);
}

TEST_F(VerificationCacheTest, OctetsAreBounded) {
  VerificationCache cache(system_now, {.chains = 1000, .bytes = 4000});
  for (int i = 0; i < 20; ++i) {
    Certificate leaf = issue("mx.example");
    EXPECT_TRUE(judge(cache, leaf.get(), "mx.example"));
    EXPECT_LE(cache.bytes(), 4000u);
  }
  EXPECT_GT(cache.size(), 0u);
  EXPECT_LT(cache.size(), 20u);
}

TEST_F(VerificationCacheTest, OneThatIsTooLargeIsJudgedAndNotKept) {
  VerificationCache cache(system_now, {.chains = 10, .bytes = 10});
  Certificate leaf = issue("mx.example");
  EXPECT_TRUE(judge(cache, leaf.get(), "mx.example")->verified());
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST_F(VerificationCacheTest, AnEntryIsSmall) {
  VerificationCache cache(system_now);
  Certificate leaf = issue("mx.example");
  judge(cache, leaf.get(), "mx.example");
  judge(cache, leaf.get(), "other.example");
  EXPECT_LT(cache.bytes(), 3000u) << "10,000 chains must stay well below 40 MB";
}

TEST_F(VerificationCacheTest, AnExpiredEntryIsReplacedInPlace) {
  Time now = system_now();
  VerificationCache cache([&] { return now; });
  Certificate leaf = issue("mx.example");
  EXPECT_TRUE(judge(cache, leaf.get(), "mx.example")->verified());
  const size_t bytes = cache.bytes();
  now += std::chrono::hours(24 * 365);
  EXPECT_FALSE(judge(cache, leaf.get(), "mx.example")->verified());
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_LE(cache.bytes(), bytes + 200) << "the old one's octets are given back";
  now -= std::chrono::hours(24 * 365);
  EXPECT_TRUE(judge(cache, leaf.get(), "mx.example")->verified()) << "a clock set back";
  EXPECT_EQ(cache.hits(), 0u);
}

}  // namespace
}  // namespace mtasts::net
