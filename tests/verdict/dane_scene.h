// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Evidence of a domain in signed zones, with real certificates for its TLSA records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "fakes/certificate_factory.h"
#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {

inline std::vector<std::string> der_chain(std::string_view pem) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> der;
  for (size_t at; (at = pem.find(kEnd)) != std::string_view::npos;) {
    der.push_back(fakes::der_of(std::string(pem.substr(0, at + kEnd.size()))));
    pem.remove_prefix(at + kEnd.size());
  }
  return der;
}

// Valid at kNow, whatever the clock of the machine says.
inline constexpr fakes::Validity kLongValid{-std::chrono::hours(24 * 3650),
                                            std::chrono::hours(24 * 3650)};

struct DanePki {
  fakes::CertificateAuthority root =
      fakes::CertificateAuthority::root({.common_name = "Root", .validity = kLongValid});
  fakes::CertificateAuthority issuer =
      root.intermediate({.common_name = "Issuer", .validity = kLongValid});
  std::string issuer_der = fakes::der_of(issuer.certificate_pem());
  std::string root_der = fakes::der_of(root.certificate_pem());

  std::vector<std::string> issue(fakes::LeafOptions options) const {
    if (options.validity.not_before == fakes::Validity{}.not_before) options.validity = kLongValid;
    return der_chain(issuer.issue(options).certificate_chain_pem);
  }
  static const DanePki& get() {
    static const DanePki pki;
    return pki;
  }
};

// Each name has one certificate for all tests.
inline const std::vector<std::string>& chain_for(const std::string& name) {
  static std::vector<std::pair<std::string, std::vector<std::string>>> made;
  for (const auto& one : made)
    if (one.first == name) return one.second;
  made.reserve(100);
  made.emplace_back(name, DanePki::get().issue({.dns_names = {name}}));
  return made.back().second;
}

inline std::string tlsa_rdata(int usage, int selector, int matching, const std::string& data) {
  std::string octets;
  for (int one : {usage, selector, matching}) octets.push_back(static_cast<char>(one));
  return octets + data;
}

// The record of a certificate.
inline std::string tlsa_of(int usage, int selector, int matching, const std::string& der) {
  return tlsa_rdata(usage, selector, matching,
                    protocol::ServedChain({der}).data_for(0, static_cast<uint8_t>(selector),
                                                          static_cast<uint8_t>(matching)));
}
inline std::string stale(int usage, int selector, int matching) {
  return tlsa_rdata(usage, selector, matching, std::string(matching == 2 ? 64 : 32, 'x'));
}

inline SignatureDates signature_of(const std::string& owner, const std::string& type,
                                   std::chrono::hours age, std::chrono::hours left) {
  SignatureDates dates;
  dates.owner = owner;
  dates.type = type;
  dates.signer = "example.com";
  dates.inception = kNow - age;
  dates.expiration = kNow + left;
  return dates;
}

inline SecuredLookup secured(const std::string& name, protocol::RecordType type,
                             protocol::DnsStatus status, DnsSecurity security) {
  SecuredLookup lookup;
  lookup.name = name;
  lookup.type = type;
  lookup.status = status;
  lookup.security = security;
  lookup.ttl = std::chrono::seconds(3600);
  if (security == DnsSecurity::secure)
    lookup.signatures = {signature_of(name, std::string(protocol::name_of(type)),
                                      std::chrono::hours(100), std::chrono::hours(236))};
  return lookup;
}

inline TlsaEvidence tlsa_evidence(const std::string& base, std::vector<std::string> records,
                                  DnsSecurity security = DnsSecurity::secure) {
  TlsaEvidence tlsa;
  tlsa.base = base;
  tlsa.lookup = secured(
      "_25._tcp." + base, protocol::RecordType::tlsa,
      records.empty() ? protocol::DnsStatus::nxdomain : protocol::DnsStatus::answered, security);
  tlsa.records = std::move(records);
  return tlsa;
}

// A domain whose zones are signed, with TLSA records of the keys in use and the next ones.
struct DaneScene {
  Scene& scene;
  std::vector<DaneEvidence> dane;

  explicit DaneScene(Scene& broken) : scene(broken) {
    using protocol::DnsStatus;
    using protocol::RecordType;
    scene.evidence.mx_dane.validation = Validation::proven;
    scene.evidence.mx_dane.mx =
        secured("example.com", RecordType::mx, DnsStatus::answered, DnsSecurity::secure);
    for (MxHostEvidence& host : scene.hosts) {
      DaneEvidence one;
      one.validation = Validation::proven;
      one.a =
          secured(host.host, RecordType::a, host.addresses.answers[0].status, DnsSecurity::secure);
      one.aaaa = secured(host.host, RecordType::aaaa, host.addresses.answers[1].status,
                         DnsSecurity::secure);
      one.tlsa = {
          tlsa_evidence(host.host, {tlsa_of(3, 1, 1, chain_for(host.host)[0]), stale(3, 1, 1)})};
      dane.push_back(one);
      for (auto& attempt : host.attempts) attempt.presented = chain_for(host.host);
    }
    store();
  }

  DaneEvidence& first() { return dane[0]; }
  TlsaEvidence& tlsa() { return dane[0].tlsa[0]; }
  const std::vector<std::string>& chain() const { return chain_for(scene.hosts[0].host); }
  // The records of the first host.
  void publish(std::vector<std::string> records) {
    dane[0].tlsa[0] = tlsa_evidence(scene.hosts[0].host, std::move(records));
    store();
  }
  // The key in use and the next one: nothing to say.
  void publish_good() { publish({tlsa_of(3, 1, 1, chain()[0]), stale(3, 1, 1)}); }
  void serve(const std::vector<std::string>& presented) {
    for (auto& attempt : scene.hosts[0].attempts) attempt.presented = presented;
  }
  // After a change of `dane`.
  void store() {
    for (size_t i = 0; i < scene.hosts.size(); ++i)
      scene.hosts[i].dane = std::make_shared<const DaneEvidence>(dane[i]);
  }
};

}  // namespace mtasts::verdict
