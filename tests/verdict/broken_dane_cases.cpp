// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/broken_cases.h"
#include "verdict/dane_scene.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::RecordType;
using std::chrono::hours;

// `change` breaks a domain whose DANE is in order.
Break dane(std::function<void(DaneScene&)> change) {
  return [change](Scene& scene) {
    DaneScene signed_scene(scene);
    signed_scene.publish_good();
    change(signed_scene);
    signed_scene.store();
  };
}

Break with_records(std::function<std::vector<std::string>(const std::string&)> records) {
  return dane([records](DaneScene& s) { s.publish(records(s.chain()[0])); });
}

Break tlsa_security(DnsSecurity security, std::optional<DnsStatus> unvalidated) {
  return dane([=](DaneScene& s) {
    s.tlsa().lookup.status = DnsStatus::servfail;
    s.tlsa().lookup.security = security;
    s.tlsa().lookup.unvalidated = unvalidated;
    s.tlsa().records.clear();
  });
}

const std::string& issuer() { return DanePki::get().issuer_der; }

// A served certificate of an authority that picks one of several issuers.
void served_by(Scene& scene, const std::string& name) {
  scene.break_mx_chain([&](protocol::PeerChain& chain) {
    chain.leaf.issuer = "CN=" + name + ",O=Let's Encrypt,C=US";
  });
}

std::vector<BrokenCase> lookup_cases() {
  return {
      {"dane-tlsa-bogus", tlsa_security(DnsSecurity::bogus, DnsStatus::answered)},
      {"dane-denial-bogus", tlsa_security(DnsSecurity::bogus, DnsStatus::nxdomain)},
      {"dane-tlsa-servfail", tlsa_security(DnsSecurity::servfail, std::nullopt)},
      {"dane-address-bogus", dane([](DaneScene& s) {
         s.first().aaaa.status = DnsStatus::servfail;
         s.first().aaaa.security = DnsSecurity::bogus;
       })},
      {"dane-address-insecure", dane([](DaneScene& s) {
         s.first().a.security = s.first().aaaa.security = DnsSecurity::insecure;
         s.tlsa().lookup.security = DnsSecurity::insecure;
       })},
      {"dane-tlsa-insecure",
       dane([](DaneScene& s) { s.tlsa().lookup.security = DnsSecurity::insecure; })},
      {"dane-wildcard-insecure", dane([](DaneScene& s) {
         s.tlsa().lookup.security = DnsSecurity::insecure;
         s.tlsa().lookup.from_wildcard = true;
         s.tlsa().lookup.denial.opt_out = true;
       })},
      {"dane-nsec3-iterations", dane([](DaneScene& s) {
         s.tlsa() = tlsa_evidence("mx1.example.com", {}, DnsSecurity::insecure);
         s.tlsa().lookup.denial.nsec3_iterations = 151;
       })},
      {"dane-signature-ended", dane([](DaneScene& s) {
         s.tlsa().lookup.signatures = {
             signature_of("_25._tcp.mx1.example.com", "TLSA", hours(337), hours(-1))};
       })},
      {"dane-rrsig-expiring", dane([](DaneScene& s) {
         s.first().a.signatures = {signature_of("mx1.example.com", "A", hours(316), hours(20))};
       })},
      {"dane-ds-mismatch", dane([](DaneScene& s) {
         DelegationEvidence zone;
         zone.zone = "example.com";
         zone.match = DelegationEvidence::Match::none;
         zone.ds_key_tags = {1111};
         zone.dnskey_key_tags = {2222, 3333};
         s.first().delegations = {zone};
       })},
      {"dane-mx-insecure",
       dane([](DaneScene& s) { s.scene.evidence.mx_dane.mx.security = DnsSecurity::insecure; })},
      {"dane-tlsa-missing", dane([](DaneScene& s) { s.publish({}); })},
      {"probe-not-validating", dane([](DaneScene& s) {
         s.first().validation = Validation::absent;
         s.tlsa().lookup.security = DnsSecurity::undetermined;
       })},
  };
}

std::vector<BrokenCase> record_set_cases() {
  return {
      {"dane-tlsa-unusable-all",
       with_records([](const auto& leaf) { return std::vector{tlsa_of(1, 1, 1, leaf)}; })},
      {"dane-tlsa-malformed", with_records([](const auto& leaf) {
         return std::vector{tlsa_of(3, 1, 1, leaf), stale(3, 1, 1), tlsa_rdata(3, 1, 1, "short")};
       })},
      {"dane-pkix-usage", with_records([](const auto& leaf) {
         return std::vector{tlsa_of(3, 1, 1, leaf), stale(3, 1, 1), tlsa_of(1, 1, 1, leaf)};
       })},
      {"dane-full-matching", with_records([](const auto& leaf) {
         return std::vector{tlsa_of(3, 1, 0, leaf), stale(3, 1, 1)};
       })},
      {"dane-weak-set", with_records([](const auto& leaf) {
         return std::vector{tlsa_of(3, 1, 2, leaf), stale(3, 1, 2)};
       })},
      {"dane-no-rollover",
       with_records([](const auto& leaf) { return std::vector{tlsa_of(3, 1, 1, leaf)}; })},
      {"dane-combination-mismatch", with_records([](const auto& leaf) {
         return std::vector{tlsa_of(3, 1, 1, leaf), stale(2, 1, 1)};
       })},
      {"dane-too-many-records", with_records([](const auto& leaf) {
         std::vector<std::string> records = {tlsa_of(3, 1, 1, leaf)};
         for (char c = 'a'; records.size() < 13; ++c)
           records.push_back(tlsa_rdata(3, 1, 1, std::string(32, c)));
         return records;
       })},
      {"dane-ta-retired-issuer", with_records([](const auto& leaf) {
         std::string digest;
         std::string_view digits =
             "8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d";  // R3
         for (size_t i = 0; i < digits.size(); i += 2)
           digest.push_back(
               static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
         return std::vector{tlsa_of(3, 1, 1, leaf), tlsa_of(2, 1, 1, issuer()),
                            tlsa_rdata(2, 1, 1, digest)};
       })},
      {"dane-ta-issuer-set-partial",
       [](Scene& scene) {
         with_records([](const auto&) { return std::vector{tlsa_of(2, 1, 1, issuer())}; })(scene);
         served_by(scene, "R12");
       }},
  };
}

std::vector<BrokenCase> served_cases() {
  return {
      {"dane-mismatch", with_records([](const auto&) { return std::vector{stale(3, 1, 1)}; })},
      {"dane-ta-not-in-chain", with_records([](const auto&) {
         return std::vector{tlsa_of(2, 1, 1, DanePki::get().root_der)};
       })},
      {"dane-ta-name-mismatch", dane([](DaneScene& s) {
         s.publish({tlsa_of(2, 1, 1, issuer())});
         s.serve(chain_for("other.example"));
       })},
      {"dane-ta-expired", dane([](DaneScene& s) {
         s.publish({tlsa_of(2, 1, 1, issuer())});
         s.serve(DanePki::get().issue(
             {.dns_names = {"mx1.example.com"}, .validity = {-hours(99999), -hours(49999)}}));
       })},
      {"dane-ta-pins-leaf", with_records([](const auto& leaf) {
         return std::vector{tlsa_of(3, 1, 1, leaf), tlsa_of(2, 1, 1, leaf)};
       })},
      {"dane-senders-differ", dane([](DaneScene& s) {
         s.publish({tlsa_of(2, 1, 1, issuer())});
         s.serve(DanePki::get().issue({.common_name = "mx1.example.com"}));
       })},
      {"dane-starttls-missing", dane([](DaneScene& s) {
         for (auto& attempt : s.scene.hosts[0].attempts) {
           attempt.status = protocol::SmtpStatus::starttls_missing;
           attempt.step = protocol::SmtpStep::ehlo;
           attempt.starttls_offered = false;
           attempt.chain = nullptr;
           attempt.presented.clear();
         }
       })},
      {"dane-sts-conflict", with_records([](const auto&) { return std::vector{stale(3, 1, 1)}; })},
  };
}

}  // namespace

std::vector<BrokenCase> dane_cases() {
  std::vector<BrokenCase> all;
  for (const auto& cases : {lookup_cases(), record_set_cases(), served_cases()})
    all.insert(all.end(), cases.begin(), cases.end());
  return all;
}

}  // namespace mtasts::verdict
