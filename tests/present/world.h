// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A small fixed world for the tests of this room: two reports that share an MX host, with findings,
// hostile octets and certificates. It defines its own rows of findings, so that these tests do not
// depend on the wording of the real table.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "board/latest_reports.h"
#include "fakes/board_domains.h"
#include "present/exposition_cache.h"
#include "present/metrics_table.h"

namespace mtasts::present::world {

inline constexpr verdict::FindingRow kUncovered = {"mx-not-covered",
                                                   verdict::Stage::mx,
                                                   verdict::Severity::critical,
                                                   verdict::Severity::warning,
                                                   std::nullopt,
                                                   "validation-failure",
                                                   "RFC 8461 §4.1",
                                                   "no mx pattern covers the host",
                                                   "add the host",
                                                   "dig"};
inline constexpr verdict::FindingRow kMissing = {"sts-txt-missing",
                                                 verdict::Stage::record,
                                                 verdict::Severity::warning,
                                                 verdict::Severity::warning,
                                                 std::nullopt,
                                                 "",
                                                 "RFC 8461 §3.1",
                                                 "no record",
                                                 "publish one",
                                                 "dig"};

inline Time at(int64_t seconds, int milliseconds = 0) {
  return Time(std::chrono::seconds(seconds) + std::chrono::milliseconds(milliseconds));
}

inline settings::DomainEntry configured(const std::string& name) {
  return {DomainName::parse(name).value(), {}, std::nullopt};
}

inline protocol::PeerChainPtr chain_of(const std::string& name, int64_t not_after,
                                       bool trusted = true) {
  auto chain = std::make_shared<protocol::PeerChain>();
  chain->leaf.subject = "CN=" + name;
  chain->leaf.issuer = "CN=Test CA";
  chain->leaf.dns_names = {name};
  chain->leaf.serial = "01AB";
  chain->leaf.not_before = protocol::CertificateTime(std::chrono::seconds(1700000000));
  chain->leaf.not_after = protocol::CertificateTime(std::chrono::seconds(not_after));
  chain->leaf.fingerprint_sha256 = std::string(64, 'a');
  chain->leaf.key_type = "EC P-256";
  chain->leaf.key_bits = 256;
  chain->presented_count = 2;
  chain->chain_not_after = protocol::CertificateTime(std::chrono::seconds(not_after - 1000));
  chain->name_matches = true;
  if (!trusted) {
    chain->faults = {protocol::ChainFault::expired};
    chain->verify_error = "certificate has expired";
  }
  return chain;
}

inline std::shared_ptr<const verdict::MxHostReport> host_facts() {
  auto facts = std::make_shared<verdict::MxHostReport>();
  facts->host = "mx1.example.com";
  facts->probed_at = at(1763755000);
  verdict::MxAddressReport good;
  good.address = IpAddress::parse("192.0.2.1").value();
  good.status = verdict::AddressStatus::ok;
  good.starttls = true;
  good.tls_version = "TLSv1.3";
  good.cipher = "TLS_AES_256_GCM_SHA384";
  good.chain = chain_of("mx1.example.com", 1780000000);
  verdict::MxAddressReport bad = good;
  bad.address = IpAddress::parse("2001:db8::1").value();
  bad.chain = chain_of("mx1.example.com", 1760000000, false);
  good.dane = verdict::DaneStatus::verified;
  good.tlsa_matched = 1;
  bad.dane = verdict::DaneStatus::failed;
  bad.tlsa_matched = 0;
  facts->addresses = {good, bad};
  facts->tlsa_base = facts->host;
  facts->tlsa = {{3, 1, 1, std::string(64, 'a'), true, true},
                 {1, 0, 1, std::string(64, 'b'), false, false}};
  facts->tlsa_count = 2;
  return facts;
}

inline verdict::Finding finding(const verdict::FindingRow& row, verdict::Severity severity,
                                std::string subject, std::string message) {
  return {&row,
          severity,
          std::move(subject),
          std::move(message),
          "Mend it <now>.",
          "dig +short \"TXT\"",
          std::nullopt};
}

// A healthy domain, without the facts it shares.
inline std::shared_ptr<verdict::Report> good_report(
    const std::string& domain = "example.com",
    std::shared_ptr<const verdict::MxHostReport> facts = host_facts()) {
  auto report = std::make_shared<verdict::Report>();
  report->domain = domain;
  report->checked_at = at(1763755600, 250);
  report->duration = std::chrono::milliseconds(1234);
  report->outcome = verdict::Outcome::ok;
  report->stages.fill(verdict::StageResult::pass);
  for (verdict::Stage stage : {verdict::Stage::change, verdict::Stage::reports})
    report->stages[static_cast<size_t>(stage)] = verdict::StageResult::not_applicable;
  report->record.status = verdict::TxtStatus::found;
  report->record.texts = {"v=STSv1; id=20251121;"};
  report->record.id = "20251121";
  report->policy.url = "https://mta-sts." + domain + "/.well-known/mta-sts.txt";
  report->policy.status = verdict::PolicyStatus::fetched;
  report->policy.http_status = 200;
  report->policy.content_type = "text/plain";
  report->policy.body =
      "version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\nmax_age: 604800\r\n";
  report->policy.valid = true;
  report->policy.mode = protocol::Mode::enforce;
  report->policy.max_age_seconds = 604800;
  report->policy.mx = {"*.example.com"};
  report->policy.addresses = {IpAddress::parse("192.0.2.7").value()};
  report->policy.chain = chain_of("mta-sts." + domain, 1770000000);
  report->tlsrpt.status = verdict::TxtStatus::found;
  report->tlsrpt.texts = {"v=TLSRPTv1; rua=mailto:tls@" + domain};
  report->tlsrpt.rua = {"mailto:tls@" + domain};
  verdict::MxReport mx;
  mx.host = "mx1.example.com";
  mx.preference = 10;
  mx.covered = true;
  mx.pattern = "*.example.com";
  mx.facts = std::move(facts);
  report->mx = {mx};
  return report;
}

// A domain whose id and policy changed two hours before good_report() was made.
inline verdict::HistoryPtr history() {
  verdict::History history;
  std::vector<verdict::Change> changes;
  for (int look : {0, 1, 2, 3}) {
    auto facts = std::make_shared<verdict::PolicyFacts>();
    facts->digest = look < 2 ? "old" : "new";
    facts->mode = look < 2 ? protocol::Mode::testing : protocol::Mode::enforce;
    facts->max_age_seconds = 86400;
    verdict::Observation seen;
    seen.at = at(1763755600 - 7200 * 2 + look * 3600 + (look < 2 ? 0 : 60));
    seen.record = look < 2 ? "20251120" : "20251121";
    seen.policy = facts;
    seen.mx = std::vector<std::string>{"mx1.example.com"};
    history = advance(history, seen, std::chrono::hours(24 * 400), changes);
  }
  return std::make_shared<const verdict::History>(std::move(history));
}

// A broken domain that publishes what a hostile owner would.
inline std::shared_ptr<verdict::Report> bad_report(
    const std::string& domain = "broken.example",
    std::shared_ptr<const verdict::MxHostReport> facts = host_facts()) {
  using enum verdict::StageResult;
  auto report = std::make_shared<verdict::Report>();
  report->domain = domain;
  report->checked_at = at(1763755700);
  report->duration = std::chrono::milliseconds(2000);
  report->outcome = verdict::Outcome::critical;
  report->stages = {fail, pass, unknown, pass, not_applicable, fail,
                    pass, pass, unknown, fail, not_applicable};
  report->record.status = verdict::TxtStatus::invalid;
  report->record.texts = {"v=STSv1; id=\xff\xfe<script>"};
  report->record.id = "a\"b\\c\nd\xff";
  report->policy.status = verdict::PolicyStatus::fetched;
  report->policy.url = "https://mta-sts." + domain + "/.well-known/mta-sts.txt";
  report->policy.http_status = 200;
  report->policy.body = "</pre><script>alert(1)</script>\xff";
  report->policy.mode = protocol::Mode::testing;
  verdict::MxReport uncovered;
  uncovered.host = "mx\xff\"<b>.example";
  uncovered.preference = 20;
  uncovered.covered = false;
  verdict::MxReport shared;
  shared.host = "mx1.example.com";
  shared.preference = 10;
  shared.covered = false;
  shared.facts = std::move(facts);
  report->mx = {shared, uncovered};
  report->findings = {
      finding(kMissing, verdict::Severity::warning, "", "No record at _mta-sts.broken.example."),
      finding(kUncovered, verdict::Severity::critical, "mx1.example.com", "Not covered."),
      finding(kUncovered, verdict::Severity::critical, "mx1.example.com", "Said twice."),
      finding(kUncovered, verdict::Severity::critical, "mx\xff\"<b>.example", "Not <covered>.")};
  report->held_faults = {
      {&verdict::row_of("sts-tls-expired"), verdict::Severity::warning, "", at(1763750000), false},
      {&verdict::row_of("cert-expired"), verdict::Severity::critical,
       "mx1.example.com [2001:db8::1]", at(1763750000), false},
      {&verdict::row_of("tlsrpt-missing"), verdict::Severity::warning, "", at(1763730000), true}};
  report->held_certificates = {{"", protocol::CertificateTime(std::chrono::seconds(1764000000)),
                                protocol::CertificateTime(std::chrono::seconds(1760000000)),
                                at(1763750000)}};
  report->suggested_policy = "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\n";
  return report;
}

// What senders reported from 2025-11-14 to 2025-11-21: one of them is authenticated, one is
// hostile, and one fell silent. 57 of 1000 sessions failed.
inline reports::DomainSummary reported() {
  using namespace std::chrono_literals;
  constexpr auto kSts = static_cast<size_t>(protocol::ReportPolicyType::sts);
  reports::DomainSummary summary;
  summary.to = reports::Day(2025y / 11 / 21);
  summary.from = summary.to - std::chrono::days(7);
  reports::OrganizationSummary google;
  google.name = "Google Inc.";
  google.counts[kSts] = {890, 47};
  google.authenticated_counts = google.counts;
  google.days = 0b1110;
  google.last_day = summary.to - std::chrono::days(1);
  reports::OrganizationSummary hostile;
  hostile.name = "Evil\xff <script>alert(1)</script> & \"Sons\"";
  hostile.counts[kSts] = {53, 10};
  hostile.days = 0b1000;
  hostile.last_day = summary.to - std::chrono::days(3);
  reports::OrganizationSummary silent;
  silent.name = "Silent Ltd";
  silent.days = uint64_t{1} << 20;
  silent.last_day = summary.to - std::chrono::days(20);
  summary.organizations = {google, hostile, silent};
  summary.reporters = 2;
  reports::FailureSummary expired;
  expired.type = protocol::ResultType::certificate_expired;
  expired.receiving_mx = "mx1.example.com";
  expired.receiving_ip = "192.0.2.1";
  expired.sessions[kSts].failed = 47;
  expired.authenticated_sessions = 47;
  expired.organizations = {"Google Inc."};
  expired.organization_count = 1;
  expired.first_day = summary.to - std::chrono::days(3);
  expired.last_day = summary.to - std::chrono::days(1);
  reports::FailureSummary invented;
  invented.type_text = "<b>bad</b>\x1b";
  invented.reason = "<i>no\xff</i>";
  invented.sessions[kSts].failed = 10;
  invented.organizations = {hostile.name};
  invented.organization_count = 1;
  invented.first_day = invented.last_day = summary.to - std::chrono::days(3);
  summary.failures = {expired, invented};
  reports::PolicySummary applied;
  applied.policy = "mode=enforce max_age=604800 mx=*.example.com";
  applied.counts = {943, 57};
  applied.organizations = {"Google Inc.", hostile.name};
  applied.organization_count = 2;
  applied.first_day = summary.to - std::chrono::days(3);
  applied.last_day = summary.to - std::chrono::days(1);
  summary.policies = {applied};
  summary.counts[kSts] = {943, 57};
  summary.authenticated_counts[kSts] = {890, 47};
  summary.totals.reports = 31;
  summary.totals.counts[kSts] = {9000, 57};
  summary.totals.failures[static_cast<size_t>(protocol::ResultType::certificate_expired)] = 47;
  summary.totals.failures[static_cast<size_t>(protocol::ResultType::other)] = 10;
  summary.totals.last_report_end = at(1763683199);
  summary.has_history = true;
  return summary;
}

// The latest reports and the exposition cache that follows them, as the service keeps them.
struct Published {
  board::LatestReports reports;
  ExpositionCache exposition;

  void set_domains(const std::vector<settings::DomainEntry>& domains) {
    fakes::set_domains(reports, domains,
                       [this](const board::Update& update) { exposition.apply(update); });
  }
  void set_reported(const std::string& domain, reports::DomainSummary summary) {
    exposition.apply(reports.set_reported(
        domain, std::make_shared<const reports::DomainSummary>(std::move(summary))));
  }
  bool publish(const verdict::ReportPtr& report) {
    auto update = reports.publish(report);
    if (update) exposition.apply(*update);
    return update.has_value();
  }
};

// example.com is good, broken.example is not, new.example was never checked.
inline void fill(Published& board) {
  auto labelled = configured("example.com");
  labelled.labels = {{"team", "mail \"one\""}, {"9bad", "dropped"}, {"domain", "dropped"}};
  board.set_domains({labelled, configured("broken.example"), configured("new.example")});
  auto facts = host_facts();
  auto remembered = good_report("example.com", facts);
  remembered->history = history();
  remembered->rollout = verdict::Rollout();
  remembered->rollout->phase = verdict::RolloutPhase::enforce_week;
  remembered->rollout->ready = true;
  board.publish(remembered);
  board.publish(bad_report("broken.example", facts));
}

}  // namespace mtasts::present::world
