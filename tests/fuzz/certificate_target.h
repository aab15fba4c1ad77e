// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of certificate facts and of the diagnosis of a chain that hold for any octets; see
// grammar_targets.h. The input is an octet of options (bit 0: the last certificate is in the trust
// store), then certificates in DER, the leaf first.
#pragma once

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/handle.h"
#include "fuzz/promises.h"
#include "net/tls/chain_verifier.h"
#include "net/tls/verification_cache.h"
#include "protocol/x509/certificate.h"

namespace mtasts::fuzz {

inline const Time kCertificateNow{std::chrono::seconds(1795300000)};  // 2026-11-21
inline constexpr size_t kMostCertificates = 8;

using CertificateHandle = Handle<X509, X509_free>;

inline void free_certificate_list(STACK_OF(X509) * list) { sk_X509_free(list); }
using CertificateList = Handle<STACK_OF(X509), free_certificate_list>;

inline std::vector<CertificateHandle> certificates_in(std::string_view octets) {
  std::vector<CertificateHandle> found;
  const auto* at = reinterpret_cast<const unsigned char*>(octets.data());
  const unsigned char* end = at + octets.size();
  while (at < end && found.size() < kMostCertificates) {
    CertificateHandle certificate(d2i_X509(nullptr, &at, end - at));
    if (!certificate) break;
    found.push_back(std::move(certificate));
  }
  return found;
}

inline bool is_showable_or_empty(std::string_view text) {
  return text.empty() || is_showable(text);
}

inline void keep_names(Promises& promises, const std::vector<std::string>& names) {
  promises.keep(names.size() <= protocol::kMostDnsNames, "more names than allowed");
  for (const std::string& name : names) {
    promises.keep(is_showable(name) && name.size() <= 255, "a name not fit to show");
    promises.keep(name == ascii_lower(name), "a name not in lower case");
    auto host = DomainName::parse(name);
    if (host && host->text() == name)
      promises.keep(protocol::identity_matches(name, name), "a name that does not match itself");
    promises.keep(!protocol::identity_matches(name, "a.b.c." + name), "a name for others below it");
  }
}

inline void keep_facts(Promises& promises, const X509* certificate) {
  const protocol::Certificate facts = protocol::facts_of(certificate);
  for (const std::string* text : {&facts.subject, &facts.issuer, &facts.common_name, &facts.serial,
                                  &facts.key_type, &facts.signature_algorithm})
    promises.keep(is_showable_or_empty(*text), "a text not fit to show");
  promises.keep(facts.fingerprint_sha256.size() == 64, "a fingerprint of another size");
  promises.keep(facts.serial == ascii_upper(facts.serial), "a serial not in upper case");
  promises.keep(facts.key_bits >= 0, "a key of negative size");
  promises.keep(facts == protocol::facts_of(certificate), "facts that differ again");
  promises.keep(facts.subject == protocol::subject_of(certificate), "two subjects");
  keep_names(promises, facts.dns_names);
  const std::string url = protocol::issuer_url_of(certificate);
  promises.keep(url.size() <= 200 && is_showable_or_empty(url), "a URL not fit to show");
  promises.keep(url.empty() || ascii_lower(url).starts_with("http"), "a URL of another scheme");
}

inline void keep_chain(Promises& promises, const protocol::PeerChain& chain) {
  using protocol::ChainFault;
  const std::set<ChainFault> faults(chain.faults.begin(), chain.faults.end());
  promises.keep(faults.size() == chain.faults.size(), "a fault twice");
  promises.keep(chain.fault_subjects.size() <= chain.faults.size(), "more subjects than faults");
  for (const std::string& subject : chain.fault_subjects)
    promises.keep(is_showable_or_empty(subject), "a subject not fit to show");
  const bool sound = chain.faults.empty() && chain.weak_signature.empty();
  promises.keep(chain.verify_error.empty() == sound, "a verification error without a fault");
  promises.keep(is_showable_or_empty(chain.verify_error), "an error not fit to show");
  promises.keep(chain.chain_not_after <= chain.leaf.not_after, "a chain longer than its leaf");
  promises.keep(
      chain.missing == protocol::MissingIssuer() || faults.contains(ChainFault::incomplete),
      "something is missing in a complete chain");
  for (const std::string* text :
       {&chain.missing.subject, &chain.missing.url, &chain.missing.issued,
        &chain.missing.sent_instead, &chain.weak_key, &chain.weak_signature, &chain.any_purpose})
    promises.keep(is_showable_or_empty(*text), "a text of the chain not fit to show");
  promises.keep(protocol::failure_of(chain).empty() == chain.verified(),
                "a failure of a verified chain, or the reverse");
  promises.keep(!chain.name_only_in_cn || !chain.name_matches, "a name both in SAN and only in CN");
}

class ChainContext {
 public:
  ChainContext(const std::vector<CertificateHandle>& chain, X509_STORE* store)
      : list_(sk_X509_new_null()), context_(X509_STORE_CTX_new()) {
    for (const CertificateHandle& certificate : chain) sk_X509_push(list_.get(), certificate.get());
    X509_STORE_CTX_init(context_.get(), store, chain.front().get(), list_.get());
    X509_STORE_CTX_set_purpose(context_.get(), X509_PURPOSE_SSL_SERVER);
  }
  X509_STORE_CTX* get() const { return context_.get(); }

 private:
  CertificateList list_;
  Handle<X509_STORE_CTX, X509_STORE_CTX_free> context_;
};

inline std::string broken_certificate_promise(std::string_view octets) {
  if (octets.empty()) return {};
  const std::vector<CertificateHandle> chain = certificates_in(octets.substr(1));
  Promises promises;
  for (const CertificateHandle& certificate : chain) keep_facts(promises, certificate.get());
  if (chain.empty()) return promises.broken();
  Handle<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  if ((octets[0] & 1) != 0) X509_STORE_add_cert(store.get(), chain.back().get());

  const auto now = std::chrono::floor<std::chrono::seconds>(kCertificateNow);
  const auto verified = net::verify_chain(ChainContext(chain, store.get()).get(), now);
  if (!verified) return promises.broken();  // takes too long
  keep_chain(promises, verified->chain);
  promises.keep(verified->holds_from <= now && now < verified->holds_until,
                "a result that does not hold now");

  net::VerificationCache cache([] { return kCertificateNow; });
  const auto first = cache.judge(ChainContext(chain, store.get()).get(), "mx.example.com");
  const auto again = cache.judge(ChainContext(chain, store.get()).get(), "mx.example.com");
  if (first == nullptr || again == nullptr) return promises.broken();
  keep_chain(promises, *first);
  promises.keep(*first == *again, "a chain that is judged differently again");
  const auto names = protocol::dns_names_of(chain.front().get(), SIZE_MAX);
  promises.keep(first->name_matches == protocol::any_identity_matches(names, "mx.example.com"),
                "the cache and the certificate name different hosts");
  return promises.broken();
}

}  // namespace mtasts::fuzz
