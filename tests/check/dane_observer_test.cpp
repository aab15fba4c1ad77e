// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What is looked up for DANE, in which order, and what it says of the answers' security.
#include "check/dane_observer.h"

#include <gmock/gmock.h>

#include "scripted_checks.h"

namespace mtasts::check {
namespace {

using protocol::DnsAnswer;
using testing::ElementsAre;
using testing::IsEmpty;
using verdict::DaneEvidence;
using verdict::DelegationEvidence;
using verdict::DnsSecurity;
using verdict::Validation;
using Match = DelegationEvidence::Match;

constexpr auto kHost = "mx.dane.example";
constexpr auto kTlsaName = "_25._tcp.mx.dane.example";
const std::string kRecord("\3\1\1\xaa", 4);

class DaneObserverTest : public ScriptedChecks {
 protected:
  DaneObserverTest() {
    trust_ = net::AdTrust{true, "test"};
    resolver_.script(".", RecordType::soa).authenticated = true;
    secure_address(kHost, "192.175.48.9");
    add_domain("dane.example", {kHost});
  }

  DnsAnswer& secure_address(const std::string& name, std::string_view text) {
    resolver_.add_address(name, text);
    for (const auto type : {RecordType::a, RecordType::aaaa})
      resolver_.answers[{name, type}].authenticated = true;
    return resolver_.answers[{name, RecordType::a}];
  }
  DnsAnswer& tlsa(const std::string& base, bool secure = true) {
    DnsAnswer& answer = resolver_.script("_25._tcp." + base, RecordType::tlsa);
    answer.tlsa = {kRecord};
    answer.authenticated = secure;
    return answer;
  }
  DnsAnswer& no_tlsa(const std::string& base, bool secure = true) {
    DnsAnswer& answer = resolver_.script("_25._tcp." + base, RecordType::tlsa, DnsStatus::nxdomain);
    answer.authenticated = secure;
    return answer;
  }
  // An alias of the host, in both families.
  void alias(const std::string& target, bool secure) {
    for (const auto type : {RecordType::a, RecordType::aaaa}) {
      resolver_.answers[{kHost, type}].cname_chain = {"between.example", target};
      resolver_.answers[{kHost, type}].authenticated = secure;
    }
  }
  DnsAnswer& bogus(const std::string& name, RecordType type, DnsStatus behind) {
    DnsAnswer& failed = resolver_.script(name, type, DnsStatus::servfail);
    failed.addresses.clear();
    failed.mx.clear();
    failed.tlsa.clear();
    DnsAnswer& answer = resolver_.unchecked[{name, type}];
    answer.name = name;
    answer.type = type;
    answer.status = behind;
    return answer;
  }
  static protocol::DnsSignature signature(std::string owner, RecordType covered,
                                          std::string signer) {
    protocol::DnsSignature made;
    made.owner = std::move(owner);
    made.covered = static_cast<uint16_t>(covered);
    made.signer = std::move(signer);
    made.expiration = Time(std::chrono::seconds(2000));
    made.original_ttl = std::chrono::seconds(300);
    made.ttl = std::chrono::seconds(100);
    return made;
  }

  // Of the first MX host of dane.example, newly probed.
  std::shared_ptr<const DaneEvidence> observe() {
    build_with_trust();
    evidence_ = std::make_shared<verdict::Evidence>(*DomainName::parse("dane.example"));
    asio::co_spawn(loop_, checker_->observe(*evidence_, kLimit), asio::detached);
    loop_.restart();
    loop_.run();
    if (evidence_->mx_targets.empty() || !evidence_->mx_targets[0].verdict) return nullptr;
    return evidence_->mx_targets[0].verdict->evidence->dane;
  }
  int asked(const std::string& name, RecordType type) { return resolver_.asked[{name, type}]; }

  void build_with_trust() {
    if (checker_ == nullptr) build();
  }
  std::shared_ptr<verdict::Evidence> evidence_;
};

TEST_F(DaneObserverTest, TlsaIsAskedOnceForASecureHost) {
  tlsa(kHost).ttl = std::chrono::seconds(3600);
  auto dane = observe();
  ASSERT_NE(dane, nullptr);
  EXPECT_EQ(dane->validation, Validation::proven) << dane->validation_detail;
  EXPECT_EQ(dane->a.security, DnsSecurity::secure);
  EXPECT_EQ(dane->aaaa.security, DnsSecurity::secure) << "a denial may be secure, too";
  EXPECT_EQ(dane->aaaa.status, DnsStatus::nodata);
  ASSERT_EQ(dane->tlsa.size(), 1u);
  EXPECT_EQ(dane->tlsa[0].base, kHost);
  EXPECT_EQ(dane->tlsa[0].lookup.security, DnsSecurity::secure);
  EXPECT_EQ(dane->tlsa[0].lookup.ttl, std::chrono::seconds(3600));
  EXPECT_THAT(dane->tlsa[0].records, ElementsAre(kRecord));
  EXPECT_THAT(dane->delegations, IsEmpty());
  EXPECT_EQ(asked(kTlsaName, RecordType::tlsa), 1);
  EXPECT_EQ(asked(".", RecordType::soa), 1);
  EXPECT_GT((resolver_.asked_signed[{kTlsaName, RecordType::tlsa}]), 0);
  EXPECT_GT((resolver_.asked_signed[{kHost, RecordType::a}]), 0);
  EXPECT_GT((resolver_.asked_signed[{"dane.example", RecordType::mx}]), 0);
  observe();
  EXPECT_EQ(asked(kTlsaName, RecordType::tlsa), 1) << "once per probe, shared";
  EXPECT_EQ(asked(".", RecordType::soa), 1) << "the proof holds for an hour";
}

TEST_F(DaneObserverTest, TheDatesOfTheZonesKeysAreObserved) {
  tlsa(kHost).dnssec.signatures = {signature(kTlsaName, RecordType::tlsa, "dane.example")};
  DnsAnswer& keys = resolver_.script("dane.example", RecordType::dnskey);
  keys.authenticated = true;
  keys.dnssec.signatures = {signature("dane.example", RecordType::dnskey, "dane.example")};
  DnsAnswer& ds = resolver_.script("dane.example", RecordType::ds);
  ds.authenticated = true;
  ds.dnssec.signatures = {signature("dane.example", RecordType::ds, "example")};
  auto dane = observe();
  ASSERT_EQ(dane->tlsa[0].lookup.signatures.size(), 3u);
  EXPECT_EQ(dane->tlsa[0].lookup.signatures[1].type, "DNSKEY");
  EXPECT_EQ(dane->tlsa[0].lookup.signatures[2].type, "DS");
  EXPECT_EQ(dane->tlsa[0].lookup.signatures[2].signer, "example");
}

// No sender asks there, so nothing may come of it.
TEST_F(DaneObserverTest, AServerThatFailsForTlsaAtAnUnsignedHostIsNoOutage) {
  for (const auto type : {RecordType::a, RecordType::aaaa})
    resolver_.answers[{kHost, type}].authenticated = false;
  no_tlsa(kHost).status = DnsStatus::timeout;
  resolver_.otherwise = DnsStatus::servfail;  // the canaries, too
  observe();
  EXPECT_EQ(asked(kTlsaName, RecordType::tlsa), 1);
  EXPECT_TRUE(evidence_->mx_targets[0].verdict->evidence->channels.contains(Channel::dns));
}

TEST_F(DaneObserverTest, WithoutTlsaThereIsOneMoreQuestionAndNothingElse) {
  no_tlsa(kHost);
  auto dane = observe();
  ASSERT_EQ(dane->tlsa.size(), 1u);
  EXPECT_EQ(dane->tlsa[0].lookup.security, DnsSecurity::secure);
  EXPECT_THAT(dane->tlsa[0].records, IsEmpty());
  EXPECT_EQ(asked(kTlsaName, RecordType::tlsa), 1);
  EXPECT_THAT(resolver_.asked_unchecked, IsEmpty());
  EXPECT_FALSE(has_tlsa_records(*dane));
}

TEST_F(DaneObserverTest, AnUnbelievedResolverProvesNothing) {
  trust_ = net::AdTrust{false, "the resolver is elsewhere"};
  tlsa(kHost);
  auto dane = observe();
  EXPECT_EQ(dane->validation, Validation::not_believed);
  EXPECT_EQ(dane->validation_detail, "the resolver is elsewhere");
  EXPECT_EQ(dane->a.security, DnsSecurity::undetermined);
  EXPECT_EQ(asked(".", RecordType::soa), 0);
  EXPECT_THAT(resolver_.asked_signed, IsEmpty());
  ASSERT_EQ(dane->tlsa.size(), 1u);
  EXPECT_EQ(dane->tlsa[0].lookup.security, DnsSecurity::undetermined);
}

TEST_F(DaneObserverTest, AResolverWithoutValidationIsAskedAgainSoon) {
  resolver_.script(".", RecordType::soa).authenticated = false;
  EXPECT_EQ(observe()->validation, Validation::absent);
  EXPECT_EQ(channels_->validation().is_validating(), false);
  later_ = std::chrono::minutes(4);
  observe();
  EXPECT_EQ(asked(".", RecordType::soa), 1);
  later_ = std::chrono::minutes(6);
  observe();
  EXPECT_EQ(asked(".", RecordType::soa), 2);
  resolver_.script(".", RecordType::soa).authenticated = true;
  later_ = std::chrono::minutes(61);
  EXPECT_EQ(observe()->validation, Validation::proven);
  EXPECT_EQ(channels_->validation().is_validating(), true);
}

TEST_F(DaneObserverTest, AnUnansweredProofIsUnknown) {
  resolver_.script(".", RecordType::soa, DnsStatus::servfail).authenticated = true;
  auto dane = observe();
  EXPECT_EQ(dane->validation, Validation::unknown) << "AD on a SERVFAIL is no proof";
  EXPECT_FALSE(channels_->validation().is_validating().has_value());
}

TEST_F(DaneObserverTest, ASecureAliasIsAskedAtItsEndFirst) {
  alias("end.example", true);
  tlsa("end.example");
  auto dane = observe();
  EXPECT_EQ(dane->expanded, "end.example");
  ASSERT_EQ(dane->tlsa.size(), 1u);
  EXPECT_EQ(dane->tlsa[0].base, "end.example");
  EXPECT_EQ(asked(kTlsaName, RecordType::tlsa), 0);
  EXPECT_EQ(asked("_25._tcp.between.example", RecordType::tlsa), 0) << "never in between";
  EXPECT_EQ(dane->first_alias, DnsSecurity::not_asked);
}

TEST_F(DaneObserverTest, ThenAtTheHostsOwnName) {
  alias("end.example", true);
  no_tlsa("end.example");
  tlsa(kHost);
  auto dane = observe();
  ASSERT_EQ(dane->tlsa.size(), 2u);
  EXPECT_EQ(dane->tlsa[0].base, "end.example");
  EXPECT_EQ(dane->tlsa[1].base, kHost);
  EXPECT_THAT(dane->tlsa[1].records, ElementsAre(kRecord));
  EXPECT_EQ(asked("_25._tcp.between.example", RecordType::tlsa), 0);
}

// RFC 7672 §2.1.2: an error must not lead to the next name.
TEST_F(DaneObserverTest, AnErrorAtTheEndOfAnAliasEndsTheSearch) {
  for (const DnsStatus status : {DnsStatus::servfail, DnsStatus::timeout, DnsStatus::malformed}) {
    checker_.reset();
    alias("end.example", true);
    no_tlsa("end.example").status = status;
    tlsa(kHost);
    auto dane = observe();
    ASSERT_EQ(dane->tlsa.size(), 1u) << name_of(status);
    EXPECT_TRUE(verdict::stops_dane(dane->tlsa[0].lookup.security)) << name_of(status);
  }
}

TEST_F(DaneObserverTest, ASignedAliasToAnUnsignedTargetKeepsItsOwnRecords) {
  alias("end.example", false);
  resolver_.script(kHost, RecordType::cname).authenticated = true;
  tlsa(kHost);
  auto dane = observe();
  EXPECT_EQ(dane->a.security, DnsSecurity::insecure);
  EXPECT_EQ(dane->first_alias, DnsSecurity::secure);
  ASSERT_EQ(dane->tlsa.size(), 1u);
  EXPECT_EQ(dane->tlsa[0].base, kHost);
  EXPECT_EQ(asked("_25._tcp.end.example", RecordType::tlsa), 0);
}

TEST_F(DaneObserverTest, BogusAndOutageAreToldApart) {
  DnsAnswer& behind = bogus(kTlsaName, RecordType::tlsa, DnsStatus::answered);
  behind.tlsa = {kRecord};
  behind.dnssec.signatures = {signature(kTlsaName, RecordType::tlsa, "dane.example")};
  auto dane = observe();
  ASSERT_EQ(dane->tlsa.size(), 1u);
  const verdict::SecuredLookup& lookup = dane->tlsa[0].lookup;
  EXPECT_EQ(lookup.security, DnsSecurity::bogus);
  EXPECT_EQ(lookup.unvalidated, DnsStatus::answered);
  ASSERT_EQ(lookup.signatures.size(), 1u) << "dates of what does not validate";
  EXPECT_EQ(lookup.signatures[0].type, "TLSA");
  EXPECT_EQ(lookup.signatures[0].age_in_cache, std::chrono::seconds(200));
  EXPECT_EQ((resolver_.asked_unchecked[{kTlsaName, RecordType::tlsa}]), 1);

  checker_.reset();
  bogus(kTlsaName, RecordType::tlsa, DnsStatus::servfail);
  dane = observe();
  EXPECT_EQ(dane->tlsa[0].lookup.security, DnsSecurity::servfail);
  EXPECT_EQ(dane->tlsa[0].lookup.unvalidated, std::nullopt);
}

TEST_F(DaneObserverTest, ABogusFamilyIsKeptApart) {
  bogus(kHost, RecordType::aaaa, DnsStatus::answered);
  tlsa(kHost);
  auto dane = observe();
  EXPECT_EQ(dane->a.security, DnsSecurity::secure);
  EXPECT_EQ(dane->aaaa.security, DnsSecurity::bogus);
  ASSERT_EQ(dane->tlsa.size(), 1u) << "senders deliver over the sound one";
}

TEST_F(DaneObserverTest, WithoutAnAddressNoTlsaIsAsked) {
  bogus(kHost, RecordType::a, DnsStatus::answered);
  bogus(kHost, RecordType::aaaa, DnsStatus::nodata);
  auto dane = observe();
  EXPECT_THAT(dane->tlsa, IsEmpty());
  EXPECT_EQ(asked(kTlsaName, RecordType::tlsa), 0);
}

TEST_F(DaneObserverTest, TheDelegationOfABogusZoneIsExamined) {
  DnsAnswer& behind = bogus(kTlsaName, RecordType::tlsa, DnsStatus::answered);
  behind.tlsa = {kRecord};
  behind.dnssec.signatures = {signature(kTlsaName, RecordType::tlsa, "dane.example")};
  protocol::DsRecord ds{7, 13, 2, "aa"};
  resolver_.script("dane.example", RecordType::ds).ds = {ds};
  protocol::DnsKey key;
  key.flags = 257;
  key.key_tag = 8;
  key.algorithm = 13;
  key.sha256_hex = "aa";
  resolver_.script("dane.example", RecordType::dnskey).keys = {key};
  auto dane = observe();
  ASSERT_EQ(dane->delegations.size(), 1u);
  EXPECT_EQ(dane->delegations[0].zone, "dane.example");
  EXPECT_EQ(dane->delegations[0].match, Match::none);
  EXPECT_THAT(dane->delegations[0].ds_key_tags, ElementsAre(7));
  EXPECT_THAT(dane->delegations[0].dnskey_key_tags, ElementsAre(8));

  checker_.reset();  // the next zone up is to blame
  key.key_tag = 7;
  resolver_.script("dane.example", RecordType::dnskey).keys = {key};
  resolver_.answers[{"dane.example", RecordType::ds}].dnssec.signatures = {
      signature("dane.example", RecordType::ds, "example")};
  resolver_.script("example", RecordType::ds).ds = {ds};
  resolver_.script("example", RecordType::dnskey, DnsStatus::nodata);
  dane = observe();
  ASSERT_EQ(dane->delegations.size(), 2u);
  EXPECT_EQ(dane->delegations[0].match, Match::all);
  EXPECT_EQ(dane->delegations[1].zone, "example");
  EXPECT_EQ(dane->delegations[1].match, Match::no_dnskey);
}

TEST_F(DaneObserverTest, SignedRecordsWithoutDsAreInsecure) {
  tlsa(kHost, false).dnssec.signatures = {signature(kTlsaName, RecordType::tlsa, "dane.example")};
  resolver_.script("dane.example", RecordType::ds, DnsStatus::nodata);
  auto dane = observe();
  EXPECT_EQ(dane->tlsa[0].lookup.security, DnsSecurity::insecure);
  ASSERT_EQ(dane->delegations.size(), 1u);
  EXPECT_EQ(dane->delegations[0].match, Match::no_ds);
}

// Where the resolver has stopped to validate, everything looks insecure.
TEST_F(DaneObserverTest, RecordsAreNotCalledUnsignedOnAnOldProof) {
  tlsa(kHost);
  EXPECT_EQ(observe()->tlsa[0].lookup.security, DnsSecurity::secure);
  for (auto& [key, answer] : resolver_.answers) answer.authenticated = false;
  later_ = std::chrono::minutes(59);
  settings_.check.smtp_interval = std::chrono::minutes(1);
  checker_.reset();
  mx_probes_ = std::make_unique<MxProbeCache>(environment(), *channels_, settings_,
                                              thresholds_of(settings_));
  checker_ = std::make_unique<Checker>(environment(), *mx_probes_, *channels_, settings_);
  auto dane = observe();
  EXPECT_EQ(dane->validation, Validation::absent);
  EXPECT_EQ(dane->tlsa[0].lookup.security, DnsSecurity::undetermined);
  EXPECT_EQ(dane->a.security, DnsSecurity::undetermined);
}

TEST_F(DaneObserverTest, RecordsAreBounded) {
  DnsAnswer& answer = tlsa(kHost);
  answer.tlsa.assign(verdict::kMostTlsaRecords + 5, kRecord);
  answer.tlsa[0] = std::string(verdict::kMostTlsaOctets + 1, 'x');
  auto dane = observe();
  EXPECT_EQ(dane->tlsa[0].records.size(), verdict::kMostTlsaRecords);
  EXPECT_EQ(dane->tlsa[0].left_out, 5u);
}

TEST_F(DaneObserverTest, TheMxRecordsOfADomainHaveTheirOwnSecurity) {
  tlsa(kHost);
  resolver_.answers[{"dane.example", RecordType::mx}].authenticated = true;
  observe();
  EXPECT_EQ(evidence_->mx_dane.validation, Validation::proven);
  EXPECT_EQ(evidence_->mx_dane.mx.security, DnsSecurity::secure);
  bogus("dane.example", RecordType::mx, DnsStatus::answered);
  observe();
  EXPECT_EQ(evidence_->mx_dane.mx.security, DnsSecurity::bogus);
  EXPECT_THAT(evidence_->mx_targets, IsEmpty()) << "what does not validate is not used";
}

TEST_F(DaneObserverTest, CertificatesAreKeptOnlyForTlsaRecords) {
  auto usual = prober_.answer;
  prober_.answer = [usual](const std::string& host, const IpAddress& address) {
    SmtpAttempt attempt = usual(host, address);
    attempt.presented = {"DER"};
    return attempt;
  };
  tlsa(kHost);
  observe();
  EXPECT_THAT(evidence_->mx_targets[0].verdict->evidence->attempts[0].presented,
              ElementsAre("DER"));
  checker_.reset();
  no_tlsa(kHost).tlsa.clear();
  observe();
  EXPECT_THAT(evidence_->mx_targets[0].verdict->evidence->attempts[0].presented, IsEmpty());
}

TEST_F(DaneObserverTest, NothingIsObservedWhereDaneIsNotWanted) {
  trust_.reset();
  tlsa(kHost);
  EXPECT_EQ(observe(), nullptr);
  EXPECT_EQ(asked(kTlsaName, RecordType::tlsa), 0);
  EXPECT_EQ(asked(".", RecordType::soa), 0);
  EXPECT_THAT(resolver_.asked_signed, IsEmpty());
}

}  // namespace
}  // namespace mtasts::check
