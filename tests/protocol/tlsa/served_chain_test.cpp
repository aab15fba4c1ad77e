// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The decision about a served chain: the cases of RFC 7672 §3.1, and the same decision as OpenSSL's
// own DANE verification, by which Postfix and Exim deliver.
#include "protocol/tlsa/served_chain.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <chrono>

#include "fakes/certificate_factory.h"

namespace mtasts::protocol {
namespace {

using fakes::CertificateAuthority;
using std::chrono::hours;

constexpr const char* kBase = "mx1.example.com";

std::vector<std::string> chain_of(std::string_view pem) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> der;
  for (size_t at; (at = pem.find(kEnd)) != std::string_view::npos;) {
    der.push_back(fakes::der_of(pem.substr(0, at + kEnd.size()).data()));
    pem.remove_prefix(at + kEnd.size());
  }
  return der;
}

CertificateTime now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Tlsa record(int usage, int selector, int matching, const std::string& data) {
  std::string rdata;
  for (int one : {usage, selector, matching}) rdata.push_back(static_cast<char>(one));
  return parse_tlsa(rdata + data);
}

// Data that matches no certificate of any chain but `der`'s.
std::string data_of(const std::string& der, int selector, int matching) {
  return ServedChain({der}).data_for(0, static_cast<uint8_t>(selector),
                                     static_cast<uint8_t>(matching));
}

// What OpenSSL decides, as Postfix calls it.
bool openssl_verifies(const std::vector<Tlsa>& records, const std::vector<std::string>& der,
                      const std::vector<std::string>& names) {
  Handle<SSL_CTX, SSL_CTX_free> factory(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(factory.get(), 0);
  EXPECT_EQ(SSL_CTX_dane_enable(factory.get()), 1);
  Handle<SSL, SSL_free> ssl(SSL_new(factory.get()));
  EXPECT_EQ(SSL_dane_enable(ssl.get(), names[0].c_str()), 1);
  SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_dane_set_flags(ssl.get(), DANE_FLAG_NO_DANE_EE_NAMECHECKS);
  for (size_t i = 1; i < names.size(); ++i) SSL_add1_host(ssl.get(), names[i].c_str());
  int usable = 0;
  for (const Tlsa& one : records) {
    if (one.usage < 2) continue;  // RFC 7672 §3.1.3; Postfix leaves them out
    usable += SSL_dane_tlsa_add(ssl.get(), one.usage, one.selector, one.matching,
                                reinterpret_cast<const unsigned char*>(one.data.data()),
                                one.data.size()) > 0;
  }
  ERR_clear_error();
  if (usable == 0 || der.empty()) return false;
  STACK_OF(X509)* chain = sk_X509_new_null();
  for (const std::string& one : der) {
    const auto* at = reinterpret_cast<const unsigned char*>(one.data());
    sk_X509_push(chain, d2i_X509(nullptr, &at, static_cast<long>(one.size())));
  }
  Handle<X509_STORE, X509_STORE_free> empty(X509_STORE_new());
  Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), empty.get(), sk_X509_value(chain, 0), chain);
  X509_STORE_CTX_set_default(context.get(), "ssl_server");
  X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context.get()), SSL_get0_param(ssl.get()));
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context.get()), 0);
  X509_STORE_CTX_set0_dane(context.get(), SSL_get0_dane(ssl.get()));
  bool verified = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  sk_X509_pop_free(chain, X509_free);
  return verified;
}

struct World {
  CertificateAuthority root = CertificateAuthority::root({.common_name = "Root"});
  CertificateAuthority issuer = root.intermediate({.common_name = "Issuer"});
  CertificateAuthority stranger = CertificateAuthority::root({.common_name = "Stranger"});
  std::string root_der = fakes::der_of(root.certificate_pem());
  std::string issuer_der = fakes::der_of(issuer.certificate_pem());
  std::string stranger_der = fakes::der_of(stranger.certificate_pem());

  std::vector<std::string> issue(const fakes::LeafOptions& options) const {
    return chain_of(issuer.issue(options).certificate_chain_pem);
  }
};

struct ChainCase {
  const char* name;
  std::vector<Tlsa> records;
  std::vector<std::string> chain;
  DaneOutcome outcome;
  std::vector<std::string> names = {kBase};
};

std::vector<ChainCase> leaf_cases(const World& world) {
  auto chain = world.issue({.dns_names = {kBase}});
  auto other = world.issue({.dns_names = {"other.example"}});
  auto expired = world.issue({.dns_names = {kBase}, .validity = {-hours(48), -hours(24)}});
  auto of = [&](int selector, int matching) {
    return record(3, selector, matching, data_of(chain[0], selector, matching));
  };
  const std::string zero32(32, '\0'), zero64(64, '\0');
  std::vector<ChainCase> cases = {
      {"3 0 0", {of(0, 0)}, chain, DaneOutcome::verified},
      {"3 0 1", {of(0, 1)}, chain, DaneOutcome::verified},
      {"3 0 2", {of(0, 2)}, chain, DaneOutcome::verified},
      {"3 1 0", {of(1, 0)}, chain, DaneOutcome::verified},
      {"3 1 1", {of(1, 1)}, chain, DaneOutcome::verified},
      {"3 1 2", {of(1, 2)}, chain, DaneOutcome::verified},
      {"3 1 1, leaf alone", {of(1, 1)}, {chain[0]}, DaneOutcome::verified},
      {"3 1 1, another name",
       {record(3, 1, 1, data_of(other[0], 1, 1))},
       other,
       DaneOutcome::verified},
      {"3 1 1, expired",
       {record(3, 1, 1, data_of(expired[0], 1, 1))},
       expired,
       DaneOutcome::verified},
      {"3 1 1 of the issuer",
       {record(3, 1, 1, data_of(world.issuer_der, 1, 1))},
       chain,
       DaneOutcome::mismatch},
      {"wrong", {record(3, 1, 1, zero32)}, chain, DaneOutcome::mismatch},
      {"wrong and right", {record(3, 1, 1, zero32), of(1, 1)}, chain, DaneOutcome::verified},
      {"selector confused",
       {record(3, 0, 1, data_of(chain[0], 1, 1))},
       chain,
       DaneOutcome::mismatch},
      {"short and right",
       {record(3, 1, 1, zero32.substr(16)), of(1, 1)},
       chain,
       DaneOutcome::verified},
      {"unknown usage and right",
       {record(10, 1, 1, zero32), of(1, 1)},
       chain,
       DaneOutcome::verified},
      {"unknown alone", {record(10, 1, 1, zero32)}, chain, DaneOutcome::unusable},
      {"PKIX-EE alone", {record(1, 1, 1, data_of(chain[0], 1, 1))}, chain, DaneOutcome::unusable},
      {"PKIX-EE beside a wrong one",
       {record(1, 1, 1, data_of(chain[0], 1, 1)), record(3, 1, 1, zero32)},
       chain,
       DaneOutcome::mismatch},
      {"a stale SHA-512 hides SHA-256",
       {of(1, 1), record(3, 1, 2, zero64)},
       chain,
       DaneOutcome::mismatch},
      {"a short SHA-512 hides nothing",
       {of(1, 1), record(3, 1, 2, zero32)},
       chain,
       DaneOutcome::verified},
      {"a stale SHA-512 of another selector",
       {of(1, 1), record(3, 0, 2, zero64)},
       chain,
       DaneOutcome::verified},
      {"full data beside a stale SHA-512",
       {of(1, 0), record(3, 1, 2, zero64)},
       chain,
       DaneOutcome::verified},
      {"no certificate", {of(1, 1)}, {}, DaneOutcome::no_certificate},
  };
  return cases;
}

std::vector<ChainCase> anchor_cases(const World& world) {
  auto chain = world.issue({.dns_names = {kBase}});
  auto with_root = world.issue({.dns_names = {kBase}, .with_root = true});
  auto other = world.issue({.dns_names = {"other.example"}});
  auto wild = world.issue({.dns_names = {"*.example.com"}});
  auto cn = world.issue({.common_name = kBase});
  auto cn_beside = world.issue({.dns_names = {"other.example"}, .common_name = kBase});
  auto client = world.issue({.dns_names = {kBase}, .extended_key_usage = "clientAuth"});
  auto expired = world.issue({.dns_names = {kBase}, .validity = {-hours(48), -hours(24)}});
  auto early = world.issue({.dns_names = {kBase}, .validity = {hours(24), hours(48)}});
  CertificateAuthority old =
      world.root.intermediate({.common_name = "Old", .validity = {-hours(24 * 30), -hours(24)}});
  auto under_old = chain_of(old.issue({.dns_names = {kBase}}).certificate_chain_pem);
  auto below_old = under_old;
  below_old.push_back(world.root_der);
  CertificateAuthority old_root = CertificateAuthority::root(
      {.common_name = "Old root", .validity = {-hours(24 * 30), -hours(24)}});
  std::string old_root_der = fakes::der_of(old_root.certificate_pem());
  auto under_old_root =
      chain_of(old_root.issue({.dns_names = {kBase}, .with_root = true}).certificate_chain_pem);
  auto self = chain_of(fakes::self_signed({.dns_names = {kBase}}).certificate_chain_pem);
  auto appended = chain;
  appended.push_back(world.stranger_der);
  auto of = [](const std::string& der, int selector, int matching) {
    return record(2, selector, matching, data_of(der, selector, matching));
  };
  const std::string zero32(32, '\0'), zero64(64, '\0');
  const auto verified = DaneOutcome::verified;
  return {
      {"2 0 1 issuer", {of(world.issuer_der, 0, 1)}, chain, verified},
      {"2 1 1 issuer", {of(world.issuer_der, 1, 1)}, chain, verified},
      {"2 0 2 issuer", {of(world.issuer_der, 0, 2)}, chain, verified},
      {"2 0 1 root, sent", {of(world.root_der, 0, 1)}, with_root, verified},
      {"2 0 1 root, unsent", {of(world.root_der, 0, 1)}, chain, DaneOutcome::ta_not_sent},
      {"2 1 1 root, unsent", {of(world.root_der, 1, 1)}, chain, DaneOutcome::ta_not_sent},
      {"2 0 0 root, unsent", {of(world.root_der, 0, 0)}, chain, verified},
      {"2 1 0 root, unsent", {of(world.root_der, 1, 0)}, chain, verified},
      {"2 0 0 issuer, leaf alone", {of(world.issuer_der, 0, 0)}, {chain[0]}, verified},
      {"2 1 0 issuer, leaf alone", {of(world.issuer_der, 1, 0)}, {chain[0]}, verified},
      {"2 0 1 issuer, leaf alone",
       {of(world.issuer_der, 0, 1)},
       {chain[0]},
       DaneOutcome::ta_not_sent},
      {"2 0 0 of a stranger, unsent",
       {of(world.stranger_der, 0, 0)},
       chain,
       DaneOutcome::ta_not_sent},
      {"2 1 0 of a stranger, unsent",
       {of(world.stranger_der, 1, 0)},
       chain,
       DaneOutcome::ta_not_sent},
      {"2 0 1 of a stranger, sent",
       {of(world.stranger_der, 0, 1)},
       appended,
       DaneOutcome::ta_chain},
      {"2 1 1 wrong", {record(2, 1, 1, zero32)}, chain, DaneOutcome::ta_not_sent},
      {"wrong anchor beside the right key",
       {record(2, 0, 1, zero32), record(3, 1, 1, data_of(chain[0], 1, 1))},
       chain,
       verified},
      {"right anchor beside a wrong key",
       {of(world.issuer_der, 1, 1), record(3, 1, 1, zero32)},
       chain,
       verified},
      {"wrong anchor beside a wrong key",
       {record(2, 0, 1, zero32), record(3, 1, 1, zero32)},
       chain,
       DaneOutcome::mismatch},
      {"another name", {of(world.issuer_der, 0, 1)}, other, DaneOutcome::name},
      {"the next hop's name",
       {of(world.issuer_der, 0, 1)},
       other,
       verified,
       {kBase, "other.example"}},
      {"wildcard", {of(world.issuer_der, 0, 1)}, wild, verified},
      {"name in the CN", {of(world.issuer_der, 0, 1)}, cn, verified},
      {"name in the CN beside other names",
       {of(world.issuer_der, 0, 1)},
       cn_beside,
       DaneOutcome::name},
      {"expired leaf", {of(world.issuer_der, 0, 1)}, expired, DaneOutcome::ta_expired},
      {"leaf not yet valid", {of(world.issuer_der, 0, 1)}, early, DaneOutcome::ta_expired},
      {"expired anchor", {of(fakes::der_of(old.certificate_pem()), 0, 1)}, under_old, verified},
      {"expired root", {of(old_root_der, 0, 1)}, under_old_root, DaneOutcome::ta_expired},
      {"expired root, unsent",
       {of(old_root_der, 0, 0)},
       {under_old_root[0]},
       DaneOutcome::ta_expired},
      {"expired issuer below the anchor",
       {of(world.root_der, 0, 1)},
       below_old,
       DaneOutcome::ta_expired},
      {"expired issuer, bare key of the root",
       {of(world.root_der, 1, 0)},
       under_old,
       DaneOutcome::ta_expired},
      {"client certificate", {of(world.issuer_der, 0, 1)}, client, DaneOutcome::ta_chain},
      {"2 0 1 leaf", {of(chain[0], 0, 1)}, chain, DaneOutcome::pins_leaf},
      {"2 1 1 leaf", {of(chain[0], 1, 1)}, chain, DaneOutcome::pins_leaf},
      {"2 0 1 self-signed leaf", {of(self[0], 0, 1)}, self, DaneOutcome::pins_leaf},
      {"2 0 0 self-signed leaf", {of(self[0], 0, 0)}, self, DaneOutcome::pins_leaf},
      {"2 0 0 leaf", {of(chain[0], 0, 0)}, chain, DaneOutcome::pins_leaf},
      {"a stale SHA-512 hides the anchor",
       {of(world.issuer_der, 1, 1), record(2, 1, 2, zero64)},
       chain,
       DaneOutcome::ta_not_sent},
  };
}

TEST(ServedChain, DecidesAsRfc7672AndAsOpenssl) {
  World world;
  for (const auto& cases : {leaf_cases(world), anchor_cases(world)})
    for (const ChainCase& c : cases) {
      DaneResult result = ServedChain(c.chain).verify(c.records, c.names, now());
      EXPECT_EQ(static_cast<int>(result.outcome), static_cast<int>(c.outcome))
          << c.name << ": " << result.detail;
      EXPECT_EQ(result.verified(), openssl_verifies(c.records, c.chain, c.names)) << c.name;
    }
}

TEST(ServedChain, SaysHowItWasVerified) {
  World world;
  auto chain = world.issue({.dns_names = {kBase}});
  auto cn = world.issue({.common_name = kBase});
  auto anchor = record(2, 0, 1, data_of(world.issuer_der, 0, 1));
  auto key = record(3, 1, 1, data_of(chain[0], 1, 1));
  auto stale = record(3, 1, 2, std::string(64, '\0'));
  DaneResult both = ServedChain(chain).verify({anchor, key, stale}, {kBase}, now());
  EXPECT_EQ(both.matches, (std::vector<bool>{true, true, false}));
  EXPECT_EQ(both.matched(), 2u);
  EXPECT_FALSE(both.by_key) << "the stale SHA-512 record counts instead";
  EXPECT_TRUE(both.verified());
  DaneResult hidden = ServedChain(chain).verify({key, stale}, {kBase}, now());
  EXPECT_FALSE(hidden.verified());
  EXPECT_TRUE(hidden.ignoring_agility);
  EXPECT_TRUE(ServedChain(cn).verify({anchor}, {kBase}, now()).name_in_cn);
  auto bare = record(2, 1, 0, data_of(world.root_der, 1, 0));
  EXPECT_TRUE(ServedChain(chain).verify({bare}, {kBase}, now()).key_unsent);
  EXPECT_FALSE(ServedChain(chain).verify({bare, anchor}, {kBase}, now()).key_unsent);
  // Neither is a stale record: what is served leads to both.
  auto whole = record(2, 0, 0, data_of(world.root_der, 0, 0));
  EXPECT_EQ(ServedChain(chain).verify({whole, bare}, {kBase}, now()).matches,
            std::vector<bool>({true, true}));
  auto expired = world.issue({.dns_names = {kBase}, .validity = {-hours(48), -hours(24)}});
  EXPECT_NE(ServedChain(expired).verify({anchor}, {kBase}, now()).detail.find("expired"),
            std::string::npos);
}

TEST(ServedChain, TakesAnyInput) {
  World world;
  auto chain = world.issue({.dns_names = {kBase}});
  std::vector<std::string> broken = {chain[0], "no certificate", chain[1]};
  EXPECT_EQ(ServedChain(broken).size(), 1u) << "what cannot be read ends the chain";
  std::vector<std::string> many(100, world.issuer_der);
  many.insert(many.begin(), chain[0]);
  EXPECT_EQ(ServedChain(many).size(), kDeepestDaneChain);
  auto anchor = record(2, 0, 1, data_of(world.issuer_der, 0, 1));
  EXPECT_TRUE(ServedChain(many).verify({anchor}, {kBase}, now()).verified());
  EXPECT_EQ(ServedChain({}).data_for(0, 1, 1), "");
}

}  // namespace
}  // namespace mtasts::protocol
