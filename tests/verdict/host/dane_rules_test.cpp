// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage dane: what is found, what is not, and the last value on either side of each limit.
#include <gmock/gmock.h>

#include "verdict/broken_cases.h"
#include "verdict/dane_scene.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::SmtpStatus;
using std::chrono::hours;
using testing::HasSubstr;

Report judged(const std::function<void(DaneScene&)>& change) {
  Scene scene;
  DaneScene dane(scene);
  change(dane);
  dane.store();
  return scene.judged();
}

std::string codes(const std::function<void(DaneScene&)>& change) { return summary(judged(change)); }

const std::string& issuer() { return DanePki::get().issuer_der; }

TEST(DaneRules, TheKeyInUseAndTheNextOneAreInOrder) {
  Report report = judged([](DaneScene&) {});
  EXPECT_EQ(summary(report), "");
  EXPECT_EQ(report.stage(Stage::dane), StageResult::pass);
  const MxHostReport& facts = *report.mx[0].facts;
  EXPECT_EQ(facts.tlsa_base, "mx1.example.com");
  EXPECT_EQ(facts.tlsa_count, 2);
  EXPECT_EQ(facts.tlsa[0].matches, std::optional(true));
  EXPECT_EQ(facts.tlsa[1].matches, std::optional(false));
  EXPECT_EQ(facts.addresses[0].dane, DaneStatus::verified);
  EXPECT_EQ(facts.addresses[0].tlsa_matched, 1);
}

TEST(DaneRules, WhoDoesNotUseDaneHearsNothing) {
  auto without = [](DaneScene& s) {
    for (auto& one : s.dane) {
      one.tlsa[0] = tlsa_evidence(one.tlsa[0].base, {}, DnsSecurity::insecure);
      one.a.security = one.aaaa.security = DnsSecurity::insecure;
    }
    s.scene.evidence.mx_dane.mx.security = DnsSecurity::insecure;
  };
  Report report = judged(without);
  EXPECT_EQ(summary(report), "") << "unsigned";
  EXPECT_EQ(report.stage(Stage::dane), StageResult::not_applicable);
  EXPECT_EQ(report.mx[0].facts->addresses[0].dane, DaneStatus::none);
  EXPECT_EQ(codes([&](DaneScene& s) {
              without(s);
              s.scene.evidence.mx_dane.mx.security = DnsSecurity::secure;
            }),
            "")
      << "a signed domain at a provider that is not";
  EXPECT_EQ(codes([&](DaneScene& s) {
              for (auto& one : s.dane) {
                one.tlsa[0] = tlsa_evidence(one.tlsa[0].base, {}, DnsSecurity::undetermined);
                one.validation = Validation::absent;
              }
            }),
            "")
      << "no validation, and no records";
  // Load balancers that cannot answer for TLSA: nobody asks below unsigned addresses.
  EXPECT_EQ(codes([&](DaneScene& s) {
              without(s);
              s.tlsa().lookup.status = DnsStatus::servfail;
              s.tlsa().lookup.security = DnsSecurity::servfail;
            }),
            "");
}

TEST(DaneRules, WithoutValidationOneFindingSaysWhatToDo) {
  for (Validation validation :
       {Validation::unknown, Validation::not_believed, Validation::absent}) {
    Report report = judged([&](DaneScene& s) {
      for (auto& one : s.dane) {
        one.validation = validation;
        one.tlsa[0].lookup.security = DnsSecurity::undetermined;
      }
    });
    EXPECT_EQ(summary(report), "probe-not-validating:unknown ");
    EXPECT_EQ(report.stage(Stage::dane), StageResult::unknown);
    EXPECT_EQ(report.mx[0].facts->addresses[0].dane, DaneStatus::unknown);
    EXPECT_THAT(report.findings[0].message, HasSubstr("mx1.example.com"));
    EXPECT_THAT(report.findings[0].fix, HasSubstr("Unbound"));
    EXPECT_FALSE(is_conclusive(report));
    EXPECT_FALSE(is_worth_repeating(report)) << "the resolver stays as it is";
  }
}

TEST(DaneRules, OneBadAddressBesideAGoodOneIsAWarningThatNamesIt) {
  auto break_one = [](size_t count) {
    return [count](DaneScene& s) {
      for (size_t i = 0; i < count; ++i)
        s.scene.hosts[0].attempts[i].presented = chain_for("old.example.com");
    };
  };
  Report one = judged(break_one(1));
  EXPECT_EQ(summary(one), "dane-mismatch:warning ");
  EXPECT_EQ(find(one, "dane-mismatch")->subject, "mx1.example.com [192.175.48.1]");
  Report all = judged(break_one(2));
  EXPECT_EQ(summary(all), "dane-mismatch:critical dane-sts-conflict:warning ");
  EXPECT_EQ(find(all, "dane-mismatch")->subject, "mx1.example.com");
  EXPECT_THAT(find(all, "dane-mismatch")->fix, HasSubstr("TLSA 3 1 1 "));
}

TEST(DaneRules, AMismatchIsCriticalWhateverTheMode) {
  for (const char* mode : {"enforce", "testing", "none"}) {
    Scene scene;
    scene.set_body(policy_text(mode, kMx, "604800"));
    DaneScene dane(scene);
    dane.publish({stale(3, 1, 1)});
    Report report = scene.judged();
    ASSERT_NE(find(report, "dane-mismatch"), nullptr) << mode;
    EXPECT_EQ(find(report, "dane-mismatch")->severity, Severity::critical) << mode;
    EXPECT_EQ(find(report, "dane-sts-conflict") != nullptr, std::string(mode) != "none") << mode;
  }
}

TEST(DaneRules, ConflictNamesBothGroups) {
  Report dane_fails = judged([](DaneScene& s) { s.publish({stale(3, 1, 1)}); });
  EXPECT_THAT(find(dane_fails, "dane-sts-conflict")->message,
              HasSubstr("Microsoft 365) do not deliver, while senders with MTA-STS alone"));
  Scene scene;
  DaneScene dane(scene);
  scene.break_mx_chain(with_fault(protocol::ChainFault::self_signed));
  Report sts_fails = scene.judged();
  ASSERT_NE(find(sts_fails, "dane-sts-conflict"), nullptr) << summary(sts_fails);
  EXPECT_THAT(find(sts_fails, "dane-sts-conflict")->message, HasSubstr("deliver, while senders"));
  // In mode testing both groups deliver.
  Scene testing;
  testing.set_body(policy_text("testing", kMx, "604800"));
  DaneScene signed_testing(testing);
  testing.break_mx_chain(with_fault(protocol::ChainFault::self_signed));
  EXPECT_EQ(find(testing.judged(), "dane-sts-conflict"), nullptr);
}

TEST(DaneRules, SignaturesAreJudgedByTheirOwnLife) {
  struct Case {
    int age, left;  // hours
    int in_cache;   // hours
    const char* expected;
    const char* why;
  };
  const Case cases[] = {
      {100, 236, 0, "", "14 days, renewed"},
      {302, 34, 0, "", "Knot DNS renews with a tenth left"},
      {304, 32, 0, "dane-rrsig-expiring:warning ", "less than a tenth"},
      {647, 73, 0, "", "30 days, more than three left"},
      {649, 71, 0, "dane-rrsig-expiring:warning ", "less than three days of 30"},
      {24, 24, 0, "", "made for each answer, half of it left"},
      {1, 1, 0, "", "two hours of life, half left"},
      {304, 32, 2, "", "renewed since; the answer was two hours in a cache"},
      {336, 0, 0, "dane-signature-ended:critical ", "ends now"},
      {336, -1, 0, "dane-signature-ended:critical ", "ended, and the resolver still says secure"},
  };
  for (const Case& c : cases) {
    std::string found = codes([&](DaneScene& s) {
      auto dates = signature_of("_25._tcp.mx1.example.com", "TLSA", hours(c.age), hours(c.left));
      dates.age_in_cache = hours(c.in_cache);
      s.tlsa().lookup.signatures = {dates};
    });
    EXPECT_EQ(found, c.expected) << c.why;
  }
  Report mx = judged([](DaneScene& s) {
    s.scene.evidence.mx_dane.mx.signatures = {
        signature_of("example.com", "MX", hours(336), hours(-1))};
  });
  EXPECT_EQ(summary(mx), "dane-signature-ended:critical ");
  EXPECT_THAT(find(mx, "dane-signature-ended")->verify, HasSubstr("-q example.com MX"));
}

TEST(DaneRules, LimitsOfRecordsAndDenials) {
  auto with_count = [](size_t count) {
    return codes([&](DaneScene& s) {
      std::vector<std::string> records = {tlsa_of(3, 1, 1, s.chain()[0])};
      for (char c = 'a'; records.size() < count; ++c)
        records.push_back(tlsa_rdata(3, 1, 1, std::string(32, c)));
      s.publish(records);
    });
  };
  EXPECT_EQ(with_count(12), "");
  EXPECT_EQ(with_count(13), "dane-too-many-records:warning ");
  auto with_iterations = [](int iterations) {
    return codes([&](DaneScene& s) {
      s.publish({});
      s.tlsa().lookup.denial.nsec3_iterations = static_cast<uint16_t>(iterations);
    });
  };
  EXPECT_EQ(with_iterations(150), "dane-tlsa-missing:info ");
  EXPECT_EQ(with_iterations(151), "dane-nsec3-iterations:warning dane-tlsa-missing:info ");
}

TEST(DaneRules, BogusIsToldFromAnOutage) {
  auto fails = [](DnsSecurity security, std::optional<DnsStatus> unvalidated, bool dns = true) {
    return [=](DaneScene& s) {
      s.tlsa().records.clear();
      s.tlsa().lookup.status = DnsStatus::servfail;
      s.tlsa().lookup.security = security;
      s.tlsa().lookup.unvalidated = unvalidated;
      if (!dns) s.scene.hosts[0].channels.erase(Channel::dns);
    };
  };
  const std::string conflict = "dane-sts-conflict:warning ";
  EXPECT_EQ(codes(fails(DnsSecurity::bogus, DnsStatus::answered)),
            "dane-tlsa-bogus:critical " + conflict);
  EXPECT_EQ(codes(fails(DnsSecurity::bogus, DnsStatus::nodata)),
            "dane-denial-bogus:critical " + conflict);
  Report servfail = judged(fails(DnsSecurity::servfail, std::nullopt));
  EXPECT_EQ(summary(servfail), "dane-tlsa-servfail:critical " + conflict);
  EXPECT_THAT(find(servfail, "dane-tlsa-servfail")->message,
              HasSubstr("bogus, or its servers do not answer"));
  EXPECT_EQ(codes(fails(DnsSecurity::no_response, std::nullopt)),
            "dane-tlsa-servfail:critical " + conflict);
  Report local = judged(fails(DnsSecurity::no_response, std::nullopt, false));
  EXPECT_EQ(summary(local), "dane-tlsa-servfail:unknown ");
  EXPECT_EQ(local.stage(Stage::dane), StageResult::unknown);
  EXPECT_EQ(local.mx[0].facts->addresses[0].dane, DaneStatus::unknown);
}

TEST(DaneRules, BothFamiliesBogusIsCritical) {
  auto bogus = [](bool both) {
    return [both](DaneScene& s) {
      s.first().aaaa.status = DnsStatus::servfail;
      s.first().aaaa.security = DnsSecurity::bogus;
      if (both) {
        s.first().a.status = DnsStatus::servfail;
        s.first().a.security = DnsSecurity::bogus;
      }
    };
  };
  EXPECT_EQ(codes(bogus(false)), "dane-address-bogus:warning ");
  Report both = judged(bogus(true));
  ASSERT_NE(find(both, "dane-address-bogus"), nullptr);
  EXPECT_EQ(find(both, "dane-address-bogus")->severity, Severity::critical) << summary(both);
}

TEST(DaneRules, SendersThatDifferAreNamed) {
  Report agility = judged([](DaneScene& s) {
    s.publish({tlsa_of(3, 1, 1, s.chain()[0]), stale(3, 1, 2)});
  });
  EXPECT_NE(find(agility, "dane-mismatch"), nullptr) << summary(agility);
  EXPECT_THAT(find(agility, "dane-senders-differ")->message, HasSubstr("mox"));
  Report unsent =
      judged([](DaneScene& s) { s.publish({tlsa_of(2, 1, 0, DanePki::get().root_der)}); });
  EXPECT_THAT(find(unsent, "dane-senders-differ")->message, HasSubstr("2 1 0"));
  Report alias = judged([](DaneScene& s) {
    s.first().expanded = "host.example";
    s.first().a.security = s.first().aaaa.security = DnsSecurity::insecure;
    s.first().first_alias = DnsSecurity::secure;
  });
  EXPECT_THAT(find(alias, "dane-senders-differ")->message, HasSubstr("alias"));
}

TEST(DaneRules, ALeafUnderUsage2DoesNotHelp) {
  Report alone = judged([](DaneScene& s) { s.publish({tlsa_of(2, 1, 1, s.chain()[0])}); });
  EXPECT_NE(find(alone, "dane-ta-pins-leaf"), nullptr) << summary(alone);
  ASSERT_NE(find(alone, "dane-mismatch"), nullptr) << summary(alone);
  EXPECT_EQ(find(alone, "dane-mismatch")->severity, Severity::critical);
}

TEST(DaneRules, RolloverNeedsAnotherKeyOrTheIssuer) {
  auto with = [](std::function<std::vector<std::string>(const std::string&)> records) {
    return codes([&](DaneScene& s) {
      s.publish(records(s.chain()[0]));
      s.scene.break_mx_chain([](auto& chain) { chain.leaf.issuer = "CN=Issuer,O=Own,C=DE"; });
    });
  };
  EXPECT_EQ(with([](const auto& leaf) { return std::vector{tlsa_of(3, 1, 1, leaf)}; }),
            "dane-no-rollover:info ");
  EXPECT_EQ(with([](const auto& leaf) {
              return std::vector{tlsa_of(3, 1, 1, leaf), tlsa_of(3, 0, 1, leaf)};
            }),
            "dane-no-rollover:info ")
      << "twice the same key";
  EXPECT_EQ(with([](const auto& leaf) {
              return std::vector{tlsa_of(3, 1, 1, leaf), tlsa_of(2, 1, 1, issuer())};
            }),
            "")
      << "3 + 2";
  EXPECT_EQ(with([](const auto& leaf) {
              return std::vector{tlsa_of(3, 1, 1, leaf), stale(3, 1, 1)};
            }),
            "")
      << "3 + 3";
}

TEST(DaneRules, AnIssuerSetIsPartialOnlyWhileSomethingIsMissing) {
  auto partial = [](const std::string& name, bool with_root) {
    Scene scene;
    DaneScene dane(scene);
    auto chain = dane.chain();
    if (with_root) chain.push_back(DanePki::get().root_der);
    dane.serve(chain);
    std::vector<std::string> records = {tlsa_of(2, 1, 1, issuer())};
    if (with_root) records.push_back(tlsa_of(2, 1, 1, DanePki::get().root_der));
    dane.publish(records);
    scene.break_mx_chain([&](protocol::PeerChain& served) { served.leaf.issuer = name; });
    Report report = scene.judged();
    const Finding* finding = find(report, "dane-ta-issuer-set-partial");
    return finding == nullptr ? std::string() : finding->message + " " + finding->fix;
  };
  EXPECT_THAT(partial("CN=E7,O=Let's Encrypt,C=US", false), HasSubstr("no TLSA record for E8, E9"));
  EXPECT_THAT(partial("CN=E7,O=Let's Encrypt,C=US", false),
              HasSubstr("2 1 1 885bf0572252c6741dc9a52f5044487fef2a93b811cdedfad7624cc283b7cdd5"));
  EXPECT_EQ(partial("CN=E7,O=Let's Encrypt,C=US", true), "") << "the root covers all";
  EXPECT_EQ(partial("CN=Other,O=Other,C=US", false), "");
}

TEST(DaneRules, TlsIsRequired) {
  Report failed = judged([](DaneScene& s) {
    for (auto& attempt : s.scene.hosts[0].attempts) {
      attempt.status = SmtpStatus::tls_failed;
      attempt.chain = nullptr;
      attempt.presented.clear();
    }
  });
  ASSERT_NE(find(failed, "dane-mismatch"), nullptr) << summary(failed);
  EXPECT_EQ(find(failed, "dane-mismatch")->severity, Severity::critical);
  Report unreachable = judged([](DaneScene& s) {
    for (auto& attempt : s.scene.hosts[0].attempts) {
      attempt.status = SmtpStatus::refused;
      attempt.chain = nullptr;
      attempt.presented.clear();
    }
  });
  ASSERT_NE(find(unreachable, "dane-mismatch"), nullptr) << summary(unreachable);
  EXPECT_EQ(find(unreachable, "dane-mismatch")->severity, Severity::unknown) << "nothing compared";
}

TEST(DaneRules, WithoutSmtpTheStageDoesNotApply) {
  Report report = judged([](DaneScene& s) {
    s.publish({stale(3, 1, 1)});
    s.scene.evidence.smtp_enabled = false;
  });
  EXPECT_EQ(report.stage(Stage::dane), StageResult::not_applicable) << summary(report);
}

TEST(DaneRules, AHostileSetIsBounded) {
  Report report = judged([](DaneScene& s) {
    std::vector<std::string> records;
    for (size_t i = 0; i < kMostTlsaRecords; ++i)
      records.push_back(tlsa_rdata(static_cast<int>(i % 5), static_cast<int>(i % 3),
                                   static_cast<int>(i % 4), std::string(kMostTlsaOctets, 'x')));
    s.publish(records);
    s.tlsa().left_out = 1000;
  });
  EXPECT_LE(report.mx[0].facts->tlsa.size(), kMostTlsaReported);
  EXPECT_EQ(report.mx[0].facts->tlsa_count, 1100);
  size_t digits = 0;
  for (const TlsaReport& one : report.mx[0].facts->tlsa) digits += one.data.size();
  EXPECT_LE(digits, kMostTlsaDigits);
  for (const Finding& finding : report.findings) EXPECT_LT(finding.message.size(), 1000u);
}

}  // namespace
}  // namespace mtasts::verdict
