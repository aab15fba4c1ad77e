// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The protocol vectors of DANE (tests/protocol/vectors.json), through evidence and verdict.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "verdict/dane_scene.h"
#include "verdict/domain/dane_rules.h"

namespace mtasts::verdict {
namespace {

using nlohmann::json;
using protocol::DnsStatus;
using protocol::RecordType;
using std::chrono::hours;

// "3 1 2 match", "2 0 1 zero", "3 1 1 16 bytes", "3 1 1 current", "3 1 2 malformed".
std::string rdata_of(const std::string& text, const std::vector<std::string>& chain) {
  std::istringstream words(text);
  int usage = 0, selector = 0, matching = 0;
  std::string kind;
  words >> usage >> selector >> matching >> kind;
  if (kind == "match" || kind == "current" || kind == "y")
    return tlsa_of(usage, selector, matching, usage == 2 ? chain[1] : chain[0]);
  if (kind == "16" || kind == "malformed")
    return tlsa_rdata(usage, selector, matching, std::string(16, 'x'));
  return stale(usage, selector, matching);
}

std::vector<std::string> served_chain(const json& input) {
  if (input.value("leaf", "") == "expired")
    return DanePki::get().issue(
        {.dns_names = {"mx1.example.com"}, .validity = {-hours(99999), -hours(49999)}});
  return chain_for(input.value("leaf_name", "") == "other" ? "other.example" : "mx1.example.com");
}

void run_verify(const json& input, const json& expect) {
  Scene scene;
  DaneScene dane(scene);
  const std::vector<std::string> chain = served_chain(input);
  dane.serve(chain);
  std::vector<std::string> records;
  if (input.contains("tlsa"))
    for (const auto& text : input["tlsa"]) records.push_back(rdata_of(text, chain));
  else
    records = {tlsa_of(3, 1, 1, chain[0])};
  dane.publish(records);
  if (input.contains("cname")) {
    dane.first().expanded = "host.example";
    dane.first().tlsa = {tlsa_evidence("host.example", {}),
                         tlsa_evidence("mx1.example.com", records)};
  }
  if (!input.value("cname_secure", true)) {
    dane.first().expanded = "host.example";
    dane.first().a.security = dane.first().aaaa.security = DnsSecurity::insecure;
    dane.first().first_alias = DnsSecurity::insecure;
    dane.tlsa().lookup.security = DnsSecurity::insecure;
  }
  dane.store();
  Report report = scene.judged();
  const MxAddressReport& address = report.mx[0].facts->addresses[0];
  if (expect.contains("dane")) {
    EXPECT_EQ(address.dane, expect["dane"] == "insecure" ? DaneStatus::insecure : DaneStatus::none);
    return;
  }
  EXPECT_EQ(address.dane == DaneStatus::verified, expect["verified"].get<bool>())
      << name_of(address.dane) << ": " << summary(report);
  if (expect.contains("usable")) {
    EXPECT_EQ(address.dane, DaneStatus::unusable);
  }
  if (expect.contains("base")) {
    EXPECT_EQ(report.mx[0].facts->tlsa_base, "mx1.example.com");
  }
}

void run_gather(const json& input, const json& expect) {
  Scene scene;
  DaneScene dane(scene);
  dane.publish_good();
  const auto what = input.get<std::string>();
  if (what == "TLSA insecure") dane.tlsa().lookup.security = DnsSecurity::insecure;
  if (what == "TLSA CNAME to missing name") {
    dane.publish({});
    dane.tlsa().lookup.aliases = {"missing.example"};
  }
  if (what == "expanded name insecure, original secure") {
    dane.first().expanded = "host.example";
    dane.first().a.security = dane.first().aaaa.security = DnsSecurity::insecure;
    dane.first().first_alias = DnsSecurity::secure;
  }
  dane.store();
  Report report = scene.judged();
  bool on = report.mx[0].facts->addresses[0].dane == DaneStatus::verified;
  EXPECT_EQ(on, expect["dane"] == "on") << summary(report);
  if (expect.contains("base")) {
    EXPECT_EQ(report.mx[0].facts->tlsa_base, "mx1.example.com");
  }
}

// RFC 7672 §3.2.2. Which of the names make a certificate under a trust anchor verify.
void run_reference_names(const json& input, const json& expect) {
  const std::map<std::string, std::string> names = {{"base", "mx1.example.com"},
                                                    {"base-expanded", "host.example"},
                                                    {"nexthop", "example.com"},
                                                    {"nexthop-expanded", "domain.example"}};
  for (const auto& [kind, name] : names) {
    Scene scene;
    DaneScene dane(scene);
    dane.publish({tlsa_of(2, 1, 1, DanePki::get().issuer_der)});
    dane.serve(chain_for(name));
    for (auto& attempt : scene.hosts[0].attempts) {
      auto chain = *attempt.chain;
      chain.leaf.dns_names = {name};
      attempt.chain = share(chain);
    }
    if (input["base_expanded_secure"].get<bool>()) {
      dane.first().expanded = "host.example";
      dane.tlsa().base = "host.example";
    }
    bool secure = input["nexthop_expanded_secure"].get<bool>();
    scene.evidence.mx_dane.mx.security = secure ? DnsSecurity::secure : DnsSecurity::insecure;
    scene.evidence.mx_dane.mx.aliases = {"domain.example"};
    dane.store();
    Report report = scene.judged();
    bool expected = false;
    for (const auto& one : expect["names"]) expected |= one == kind;
    EXPECT_EQ(report.mx[0].facts->addresses[0].dane == DaneStatus::verified, expected)
        << kind << ": " << summary(report);
    EXPECT_EQ(find(report, "dane-ta-name-mismatch") == nullptr, expected) << kind;
  }
}

void run_digest_agility(const json& input, const json& expect) {
  std::vector<protocol::Tlsa> records;
  for (const auto& text : input["tlsa"])
    records.push_back(protocol::parse_tlsa(rdata_of(text, chain_for("mx1.example.com"))));
  std::vector<bool> counts = protocol::strongest_of(records);
  json used = json::array(), ignored = json::array();
  for (size_t i = 0; i < records.size(); ++i)
    (counts[i] ? used : ignored).push_back(parameters_of(records[i]));
  EXPECT_EQ(used, expect["used"]);
  EXPECT_EQ(ignored, expect["ignored"]);
}

void run_rollover(const json& input, const json& expect) {
  Scene scene;
  DaneScene dane(scene);
  std::vector<std::string> records;
  for (const auto& text : input["tlsa"]) records.push_back(rdata_of(text, dane.chain()));
  dane.publish(records);
  json codes = json::array();
  for (const Finding& finding : scene.judged().findings) codes.push_back(finding.code());
  EXPECT_EQ(codes, expect["lint"]);
}

TEST(Vectors, Dane) {
  std::ifstream file(MTASTS_TESTS_DIR "/protocol/vectors.json");
  std::map<std::string, int> counted;
  for (const auto& vector : json::parse(file)) {
    const auto kind = vector["kind"].get<std::string>();
    if (!kind.starts_with("dane-")) continue;
    ++counted[kind];
    SCOPED_TRACE(vector.dump());
    const json& input = vector["input"];
    const json& expect = vector["expect"];
    if (kind == "dane-verify") run_verify(input, expect);
    if (kind == "dane-gather") run_gather(input, expect);
    if (kind == "dane-reference-names") run_reference_names(input, expect);
    if (kind == "dane-digest-agility") run_digest_agility(input, expect);
    if (kind == "dane-rollover") run_rollover(input, expect);
  }
  const std::map<std::string, int> expected = {{"dane-verify", 12},
                                               {"dane-gather", 3},
                                               {"dane-reference-names", 2},
                                               {"dane-digest-agility", 1},
                                               {"dane-rollover", 1}};
  EXPECT_EQ(counted, expected);
}

}  // namespace
}  // namespace mtasts::verdict
