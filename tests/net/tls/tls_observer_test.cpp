// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/tls_observer.h"

#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <string>

#include "net/tls/tls_observer_fixture.h"

namespace mtasts::net {
namespace {

using fakes::Identity;
using fakes::LeafOptions;
using fakes::Validity;
using protocol::ChainFault;
using protocol::PeerChainPtr;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(TlsObserverTest, NameMismatchIsNoChainFault) {
  PeerChainPtr chain = chain_of(inner_.issue(named("other.example")));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, IsEmpty());
  EXPECT_FALSE(chain->name_matches);
  EXPECT_FALSE(chain->name_only_in_cn);
  EXPECT_FALSE(chain->verified());
}

TEST_F(TlsObserverTest, NameOnlyInCommonName) {
  LeafOptions options;
  options.common_name = "mx.example";
  PeerChainPtr chain = chain_of(inner_.issue(options));
  ASSERT_TRUE(chain);
  EXPECT_FALSE(chain->name_matches);
  EXPECT_TRUE(chain->name_only_in_cn);
}

TEST_F(TlsObserverTest, NameBeyondTheKeptOnesIsFound) {
  LeafOptions options;
  for (size_t i = 0; i < protocol::kMostDnsNames + 20; ++i)
    options.dns_names.push_back("mx" + std::to_string(i) + ".example");
  Identity identity = inner_.issue(options);
  const std::string last = options.dns_names.back();
  EXPECT_TRUE(chain_of(identity, last)->name_matches);
  EXPECT_TRUE(chain_of(identity, last)->name_matches) << "from the cache too";
  EXPECT_FALSE(chain_of(identity, "absent.example")->name_matches);
}

TEST_F(TlsObserverTest, CacheSharesTheChain) {
  Identity identity = inner_.issue(named("*.mail.example"));
  PeerChainPtr first = chain_of(identity, "a.mail.example");
  PeerChainPtr again = chain_of(identity, "a.mail.example");
  PeerChainPtr sibling = chain_of(identity, "b.mail.example");
  PeerChainPtr stranger = chain_of(identity, "b.other.example");
  EXPECT_TRUE(first->verified());
  EXPECT_EQ(first, again);
  EXPECT_EQ(first, sibling) << "the same outcome is the same value";
  EXPECT_FALSE(stranger->name_matches) << "the name is checked at every probe";
  EXPECT_EQ(stranger->leaf, first->leaf);
  EXPECT_EQ(observer_->cache_size(), 1u);
  EXPECT_EQ(observer_->cache_hits(), 3u);
}

TEST_F(TlsObserverTest, CacheExpiresWhenADatePasses) {
  LeafOptions options = named("mx.example");
  options.validity = Validity{-hours(1), hours(1)};
  Identity identity = inner_.issue(options);
  EXPECT_TRUE(chain_of(identity)->verified());
  now_ += std::chrono::minutes(59);
  EXPECT_TRUE(chain_of(identity)->verified());
  EXPECT_EQ(observer_->cache_hits(), 1u);
  now_ += std::chrono::minutes(2);
  EXPECT_THAT(chain_of(identity)->faults, ElementsAre(ChainFault::expired));
  EXPECT_EQ(observer_->cache_hits(), 1u);
  EXPECT_EQ(observer_->cache_size(), 1u);
}

TEST_F(TlsObserverTest, CacheDistinguishesALeafFromTheSameLeafWithMore) {
  LeafOptions alone = named("mx.example");
  alone.without_intermediates = true;
  Identity identity = inner_.issue(alone);
  EXPECT_THAT(chain_of(identity)->faults, ElementsAre(ChainFault::incomplete));
  EXPECT_TRUE(chain_of(fakes::with_appended(identity, inner_.certificate_pem()))->verified());
}

TEST_F(TlsObserverTest, OldServerIsSeenOnlyWithAnyVersion) {
  Identity identity = inner_.issue(named("mx.example"));
  Handshake modern = probe(identity, "mx.example", TlsVersions::modern, TLS1_1_VERSION);
  EXPECT_FALSE(modern.done);
  EXPECT_TRUE(modern.hints_at_old) << modern.error;
  Handshake any = probe(identity, "mx.example", TlsVersions::any, TLS1_1_VERSION);
  EXPECT_TRUE(any.done) << any.error;
  EXPECT_EQ(any.version, "TLSv1.1");
  ASSERT_TRUE(any.observation.chain);
  EXPECT_TRUE(any.observation.chain->verified());
}

TEST_F(TlsObserverTest, AlertsHaveTexts) {
  EXPECT_EQ(words_of_tls_error(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION)),
            "TLS alert: protocol version");
  EXPECT_EQ(words_of_tls_error(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE)),
            "TLS alert: handshake failure");
  EXPECT_THAT(words_of_tls_error(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_WRONG_VERSION_NUMBER)),
              HasSubstr("wrong version number"));
  EXPECT_EQ(words_of_tls_error(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_UNSUPPORTED_PROTOCOL)),
            "unsupported protocol");
  EXPECT_EQ(words_of_tls_error(0), "");
}

TEST_F(TlsObserverTest, NotesWhatEndedTheHandshake) {
  Identity identity = inner_.issue(named("mx.example"));
  EXPECT_EQ(probe(identity, "mx.example").observation.error, 0u);
  Handshake old = probe(identity, "mx.example", TlsVersions::modern, TLS1_1_VERSION);
  EXPECT_TRUE(hints_at_old_tls(old.observation.error)) << "the queue was emptied meanwhile";
  EXPECT_EQ(words_of_tls_error(old.observation.error), old.error);
}

// RFC 6066 §3: servers that do not recognize the name may send a warning alert and continue.
TEST_F(TlsObserverTest, WarningsAreNoErrors) {
  Handshake result;
  result.observation.host = "mx.example";
  Context server = server_context(inner_.issue(named("mx.example")), TLS1_2_VERSION);
  int (*unknown_name)(SSL*, int*, void*) = [](SSL*, int* alert, void*) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_WARNING;
  };
  SSL_CTX_set_tlsext_servername_callback(server.get(), unknown_name);
  int warnings = 0;
  SSL_CTX_set_ex_data(server.get(), 0, &warnings);
  SSL_CTX_set_info_callback(server.get(), [](const SSL* ssl, int where, int) {
    if (where == SSL_CB_WRITE_ALERT)
      ++*static_cast<int*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0));
  });
  Ssl client_ssl(SSL_new(observer_->context(TlsVersions::modern)));
  Ssl server_ssl(SSL_new(server.get()));
  observer_->attach(client_ssl.get(), &result.observation);
  shake(client_ssl.get(), server_ssl.get(), result);
  EXPECT_TRUE(result.done);
  EXPECT_GT(warnings, 0);
  EXPECT_EQ(result.observation.error, 0u);
}

TEST_F(TlsObserverTest, TakingTheErrorEmptiesTheQueue) {
  ERR_raise(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL);
  ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
  EXPECT_EQ(take_tls_error(), "unsupported protocol");
  EXPECT_EQ(take_tls_error(), "");
}

}  // namespace
}  // namespace mtasts::net
