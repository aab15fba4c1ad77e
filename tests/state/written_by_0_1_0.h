// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The values in written_by_0_1_0.txt, as version 0.1.0 encoded them: every field, every value of
// every enumeration, and octets that are not UTF-8. Everything is spelled out here and never
// changes, unlike state_samples.h: it describes an existing file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "verdict/report.h"

namespace mtasts::state {

inline const std::string kOctets_0_1_0("a\0b\xff\xfe \\ \"'%\n\x01", 13);

inline protocol::PeerChainPtr chain_0_1_0(const std::string& fingerprint) {
  using std::chrono::seconds;
  auto chain = std::make_shared<protocol::PeerChain>();
  protocol::Certificate& leaf = chain->leaf;
  leaf.subject = "CN=mx.example.com,O=\xc3\x9cml\xc3\xa4ut";
  leaf.issuer = "CN=Test CA";
  leaf.common_name = kOctets_0_1_0;
  leaf.dns_names = {"mx.example.com", "*.example.com"};
  leaf.serial = "0AFF";
  leaf.not_before = protocol::CertificateTime(seconds(-62135596800));
  leaf.not_after = protocol::CertificateTime(seconds(253402300799));
  leaf.fingerprint_sha256 = fingerprint;
  leaf.key_type = "EC P-256";
  leaf.key_bits = 256;
  leaf.signature_algorithm = "ecdsa-with-SHA256";
  leaf.self_issued = true;
  chain->presented_count = 3;
  chain->chain_not_after = protocol::CertificateTime(seconds(1800000000));
  chain->faults = {protocol::ChainFault::expired,     protocol::ChainFault::not_yet_valid,
                   protocol::ChainFault::self_signed, protocol::ChainFault::untrusted,
                   protocol::ChainFault::incomplete,  protocol::ChainFault::invalid};
  chain->verify_error = "unable to get local issuer certificate";
  chain->name_matches = true;
  chain->name_only_in_cn = true;
  chain->weak_key = "RSA 1024 bits";
  chain->weak_signature = "sha1WithRSAEncryption";
  return chain;
}

inline verdict::Finding finding_0_1_0(std::string_view code, verdict::Severity severity) {
  verdict::Finding finding;
  finding.row = verdict::find_row(code);
  finding.severity = severity;
  finding.subject = "mx.example.com [192.0.2.1]";
  finding.message = kOctets_0_1_0;
  finding.fix = "Publish the record.";
  finding.verify = "dig +short TXT _mta-sts.example.com";
  return finding;
}

// With a value in every field that is encoded.
inline verdict::Report full_report_0_1_0() {
  using verdict::Severity;
  using verdict::StageResult;
  verdict::Report report;
  report.outcome = verdict::Outcome::critical;
  report.stages = {StageResult::pass,    StageResult::fail, StageResult::unknown,
                   StageResult::pass,    StageResult::fail, StageResult::not_applicable,
                   StageResult::unknown, StageResult::pass, StageResult::fail};
  report.findings = {finding_0_1_0("sts-txt-multiple", Severity::critical),
                     finding_0_1_0("sts-http-slow", Severity::warning),
                     finding_0_1_0("mx-null", Severity::info),
                     finding_0_1_0("smtp-greylisted", Severity::unknown)};
  report.record = {
      verdict::TxtStatus::found, {"v=STSv1; id=20261102;", kOctets_0_1_0, ""}, "20261102"};
  verdict::PolicyReport& policy = report.policy;
  policy.url = "https://mta-sts.example.com/.well-known/mta-sts.txt";
  policy.status = verdict::PolicyStatus::fetched;
  policy.http_status = 200;
  policy.content_type = "text/plain";
  policy.body = "version: STSv1\r\n" + kOctets_0_1_0;
  policy.valid = true;
  policy.mode = protocol::Mode::enforce;
  policy.max_age_seconds = UINT64_MAX;
  policy.mx = {"*.example.com", "mx.example.net"};
  policy.addresses = {*IpAddress::parse("192.0.2.80"), *IpAddress::parse("2001:db8::80")};
  policy.chain = chain_0_1_0("aa");
  report.tlsrpt = {verdict::TxtStatus::missing,
                   {"v=TLSRPTv1; rua=mailto:a@example.com"},
                   {"mailto:a@example.com"}};
  verdict::MxReport first;
  first.host = "mx.example.com";
  first.preference = 65535;
  first.covered = false;
  auto facts = std::make_shared<verdict::MxHostReport>();
  facts->host = first.host;
  first.facts = std::move(facts);
  verdict::MxReport second;
  second.host = kOctets_0_1_0;
  second.implicit = true;
  second.covered = true;
  second.pattern = "*.example.com";
  report.mx = {first, second};
  report.suggested_policy = "version: STSv1\r\nmode: testing\r\n";
  report.provider = "Microsoft 365";
  return report;
}

// The same with other enumeration values, and with fewer and fewer fields set.
inline std::vector<verdict::Report> reports_0_1_0() {
  using verdict::Outcome;
  using verdict::PolicyStatus;
  using verdict::TxtStatus;
  std::vector<verdict::Report> reports;
  reports.push_back(full_report_0_1_0());
  auto add = [&](Outcome outcome, TxtStatus record, PolicyStatus policy,
                 std::optional<protocol::Mode> mode) {
    verdict::Report report = full_report_0_1_0();
    report.outcome = outcome;
    report.findings.clear();
    report.record.status = record;
    report.policy.status = policy;
    report.policy.mode = mode;
    report.policy.chain = nullptr;
    reports.push_back(std::move(report));
  };
  add(Outcome::ok, TxtStatus::invalid, PolicyStatus::unreachable, protocol::Mode::testing);
  add(Outcome::warning, TxtStatus::multiple, PolicyStatus::tls_failed, protocol::Mode::none);
  add(Outcome::unknown, TxtStatus::error, PolicyStatus::http_error, std::nullopt);
  add(Outcome::ok, TxtStatus::found, PolicyStatus::too_large, std::nullopt);
  reports.emplace_back();
  // That version had neither of these stages.
  for (verdict::Report& report : reports)
    for (verdict::Stage stage : {verdict::Stage::dane, verdict::Stage::reports})
      report.stages[static_cast<size_t>(stage)] = verdict::StageResult::not_applicable;
  return reports;
}

inline verdict::MxHostReport facts_0_1_0() {
  using verdict::AddressStatus;
  verdict::MxHostReport facts;
  for (AddressStatus status : {AddressStatus::ok, AddressStatus::refused, AddressStatus::timeout,
                               AddressStatus::unreachable, AddressStatus::tls_failed,
                               AddressStatus::smtp_failed, AddressStatus::skipped}) {
    verdict::MxAddressReport address;
    address.address = *IpAddress::parse("192.0.2.1");
    address.status = status;
    address.unobserved = status == AddressStatus::timeout;
    facts.addresses.push_back(address);
  }
  verdict::MxAddressReport& good = facts.addresses.front();
  good.address = *IpAddress::parse("2001:db8::1");
  good.starttls = true;
  good.tls_version = "TLSv1.3";
  good.cipher = "TLS_AES_256_GCM_SHA384";
  good.chain = chain_0_1_0("bb");
  facts.addresses.back().starttls = false;
  return facts;
}

}  // namespace mtasts::state
