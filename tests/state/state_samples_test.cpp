// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The samples themselves, and tests that their comparison detects differences.
#include "state/state_samples.h"

#include <future>

namespace mtasts::state {

using verdict::Stage;
using verdict::StageResult;

protocol::PeerChainPtr sample_chain(const std::string& fingerprint) {
  auto chain = std::make_shared<protocol::PeerChain>();
  protocol::Certificate& leaf = chain->leaf;
  leaf.subject = "CN=mx.example.com,O=\xc3\x9cml\xc3\xa4ut";
  leaf.issuer = "CN=Test CA";
  leaf.common_name = kHostile;
  leaf.dns_names = {"mx.example.com", "*.example.com", kHostile};
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
  chain->faults = {protocol::ChainFault::untrusted, protocol::ChainFault::expired};
  chain->verify_error = "unable to get local issuer certificate";
  chain->name_matches = true;
  chain->name_only_in_cn = true;
  chain->weak_key = "RSA 1024 bits";
  chain->weak_signature = "sha1WithRSAEncryption";
  return chain;
}

std::shared_ptr<const verdict::MxHostReport> sample_facts(const std::string& host, Time probed_at,
                                                          const std::string& fingerprint) {
  auto facts = std::make_shared<verdict::MxHostReport>();
  facts->host = host;
  facts->probed_at = probed_at;
  verdict::MxAddressReport good;
  good.address = *IpAddress::parse("192.0.2.1");
  good.status = verdict::AddressStatus::ok;
  good.starttls = true;
  good.tls_version = "TLSv1.3";
  good.cipher = "TLS_AES_256_GCM_SHA384";
  good.chain = sample_chain(fingerprint);
  good.dane = verdict::DaneStatus::verified;
  good.tlsa_matched = 1;
  verdict::MxAddressReport unobserved;
  unobserved.address = *IpAddress::parse("2001:db8::1");
  unobserved.status = verdict::AddressStatus::timeout;
  unobserved.unobserved = true;
  verdict::MxAddressReport plain;
  plain.address = *IpAddress::parse("192.0.2.2");
  plain.status = verdict::AddressStatus::smtp_failed;
  plain.starttls = false;
  facts->addresses = {good, unobserved, plain};
  facts->tlsa_base = host;
  facts->tlsa = {{3, 1, 1, std::string(64, 'a'), true, true}, {1, 1, 1, "ab", false, {}}};
  facts->tlsa_count = 3;
  return facts;
}

verdict::PolicyFactsPtr sample_policy(const std::string& body, uint64_t max_age_seconds) {
  auto facts = std::make_shared<verdict::PolicyFacts>();
  facts->digest = sha256_hex(body);
  facts->mode = protocol::Mode::enforce;
  facts->max_age_seconds = max_age_seconds;
  facts->mx = {"mx.example.com", "*.example.net"};
  return facts;
}

verdict::Report rich_report(const std::string& domain) {
  verdict::Report report;
  report.domain = domain;
  report.checked_at = at_second(7);
  report.duration = milliseconds(1234);
  report.outcome = verdict::Outcome::critical;
  report.stages = {StageResult::pass,    StageResult::fail,   StageResult::unknown,
                   StageResult::pass,    StageResult::fail,   StageResult::not_applicable,
                   StageResult::unknown, StageResult::pass,   StageResult::fail,
                   StageResult::pass,    StageResult::unknown};
  for (const verdict::FindingRow& row : verdict::findings_table())
    report.findings.push_back({&row, row.in_enforce, "mx.example.com [192.0.2.1]", kHostile,
                               "mend it", "dig +short TXT example.com", std::nullopt});
  report.findings.front().reported =
      verdict::ReportedBy{{kHostile, "Company-X"}, 5, 47, 937, "2026-11-20"};
  report.record = {verdict::TxtStatus::multiple, {"v=STSv1; id=1;", kHostile, ""}, "20261102"};
  verdict::PolicyReport& policy = report.policy;
  policy.url = "https://mta-sts.example.com/.well-known/mta-sts.txt";
  policy.status = verdict::PolicyStatus::http_error;
  policy.http_status = 404;
  policy.content_type = kHostile;
  policy.body = "version: STSv1\r\n" + kHostile;
  policy.valid = true;
  policy.mode = protocol::Mode::testing;
  policy.max_age_seconds = UINT64_MAX;
  policy.mx = {"*.example.com"};
  policy.addresses = {*IpAddress::parse("192.0.2.80"), *IpAddress::parse("2001:db8::80")};
  policy.address_results.resize(2);
  policy.address_results[0].address = policy.addresses[0];
  policy.address_results[0].status = verdict::PolicyAddressStatus::http_error;
  policy.address_results[0].http_status = 404;
  policy.address_results[0].verified = true;
  policy.address_results[1].address = policy.addresses[1];
  policy.chain = sample_chain("aa");
  report.tlsrpt = {verdict::TxtStatus::invalid, {"v=TLSRPTv1; rua=x"}, {"mailto:a@example.com"}};
  verdict::MxReport first;
  first.host = "mx.example.com";
  first.preference = 65535;
  first.covered = false;
  first.facts = sample_facts("mx.example.com", at_second(3));
  verdict::MxReport second;
  second.host = kHostile;
  second.implicit = true;
  second.pattern = "*.example.com";
  report.mx = {first, second};
  report.suggested_policy = "version: STSv1\r\nmode: testing\r\n";
  report.provider = "Microsoft 365";
  report.hosted = verdict::HostedReport{"1f", "v=STSv1; id=1f", true, false};
  report.history = std::make_shared<const verdict::History>(rich_history());
  report.changes = {{at_second(5), "record_id", "", "1", kHostile}};
  report.rollout = verdict::Rollout();
  report.rollout->phase = verdict::RolloutPhase::enforce_week;
  report.rollout->since = at_second(2);
  report.rollout->next = {verdict::RolloutPhase::enforce_month, protocol::Mode::enforce, 2592000,
                          true, at_second(12)};
  report.rollout->obstacles = {
      {verdict::ObstacleKind::finding, "mx-not-covered", kHostile, "mend it", true},
      {verdict::ObstacleKind::reports_off, "", "off", kHostile, false}};
  report.held_faults = {
      {&verdict::row_of("cert-expired"), verdict::Severity::critical, kHostile, at_second(4),
       false},
      {&verdict::row_of("mx-none"), verdict::Severity::warning, "", at_second(5), true}};
  report.held_certificates = {
      {kHostile, protocol::CertificateTime(std::chrono::seconds(90)),
       protocol::CertificateTime(std::chrono::seconds(10)), at_second(4)},
      {"", protocol::CertificateTime(std::chrono::seconds(80)), std::nullopt, at_second(5)}};
  report.rollout->ready = true;
  return report;
}

verdict::History rich_history() {
  verdict::History history;
  history.began = at_second(1);
  history.published = true;
  history.last_id = "id2";
  history.record = {"id2", "id1", at_second(2), at_second(9), "", at_second(8), at_second(2), 7};
  auto old = sample_policy("old", 31557600);
  auto now = sample_policy("version: STSv1\r\n" + kHostile, UINT64_MAX);
  auto next = sample_policy("next");
  history.policy = {now, old, at_second(2), at_second(9), next, at_second(8), at_second(2), 3};
  history.mx = {std::vector<std::string>{"mx.example.com", kHostile, ""},
                std::vector<std::string>{"."},
                at_second(3),
                at_second(9),
                std::vector<std::string>{},
                at_second(9),
                at_second(3),
                UINT64_MAX};
  history.policy_gone = at_second(6);
  history.policy_gone_confirmed = true;
  history.mode_fell = at_second(5);
  history.record_fresh_at = at_second(11);
  history.ids = {{"id1", at_second(1), at_second(2), {}, true},
                 {"id2", at_second(2), at_second(9), at_second(4), true},
                 {"id3", at_second(3), at_second(3), {}, false}};
  history.instances = {{"id1", old, at_second(1), at_second(2), at_second(3), true},
                       {"id2", now, at_second(2), at_second(9), {}, true},
                       {"id2", next, at_second(8), at_second(8), at_second(9), false}};
  history.mx_hosts = {{"mx.example.com", {}, {}}, {kHostile, at_second(2), at_second(5)}};
  history.policy_returns = {at_second(3), at_second(4)};
  history.certificates = {"aa", "bb"};
  history.served_keys = {{"mx.example.com", "aa", "bb", at_second(5), true},
                         {"mx2.example.com", "cc", "", kNever, false}};
  history.issuers = {{"mta-sts.example.com", "CN=E8", "CN=E7", "CN=R1", at_second(4), at_second(3)},
                     {kHostile, "CN=E7", "", "", {}, {}}};
  history.mx_alternation = {{"1f", "2e"}, at_second(5), at_second(6), 7, seconds(300)};
  history.provider_before = "Microsoft 365 (" + kHostile + ")";
  history.provider_changed = at_second(8);
  history.passes = {{verdict::Stage::reports, "", at_second(1), at_second(9)},
                    {verdict::Stage::smtp, "mx.example.com", at_second(2), at_second(8)},
                    {verdict::Stage::mx_certificate, kHostile, at_second(3), at_second(7)}};
  history.phase = {verdict::RolloutPhase::testing_week,
                   at_second(1),
                   at_second(2),
                   at_second(3),
                   at_second(9),
                   at_second(4),
                   kHostile,
                   at_second(5)};
  history.revision = 42;
  return history;
}

verdict::ReportPtr plain_report(const Plain& plain) {
  auto report = std::make_shared<verdict::Report>();
  report->domain = plain.domain;
  report->checked_at = plain.at;
  report->duration = milliseconds(100);
  report->outcome = verdict::Outcome::ok;
  report->stages.fill(StageResult::pass);
  const std::string body = "policy of revision " + std::to_string(plain.revision);
  report->policy.body = body;
  report->suggested_policy = plain.message;
  report->changes = plain.changes;
  if (plain.facts != nullptr) {
    verdict::MxReport mx;
    mx.host = plain.facts->host;
    mx.facts = plain.facts;
    report->mx = {mx};
  }
  const std::string number = std::to_string(plain.revision);
  verdict::History history;
  history.began = plain.began;
  history.published = true;
  history.last_id = number;
  history.record.value = number;
  history.record.seen = plain.at;
  history.record.changes = plain.revision;
  history.policy.value = sample_policy(body, plain.max_age_seconds);
  history.policy.seen = plain.at;
  history.mx.value = {plain.facts ? plain.facts->host : "mx.example.com"};
  history.mx.seen = plain.at;
  history.ids = {{number, plain.began, plain.at, {}, true}};
  history.instances = {{number, *history.policy.value, plain.began, plain.at, {}, true}};
  history.mx_hosts = {{history.mx.value->front(), {}, {}}};
  history.revision = plain.revision;
  report->history = std::make_shared<const verdict::History>(std::move(history));
  return report;
}

board::LastResults plain_stages(Time at) {
  board::LastResults stages;
  for (board::LastResult& stage : stages) stage = {StageResult::pass, at};
  return stages;
}

namespace {

void expect_same(const verdict::Finding& left, const verdict::Finding& right) {
  const auto& [row, severity, subject, message, fix, verify, reported] = left;
  EXPECT_EQ(row, right.row);
  EXPECT_EQ(severity, right.severity);
  EXPECT_EQ(subject, right.subject);
  EXPECT_EQ(message, right.message);
  EXPECT_EQ(fix, right.fix);
  EXPECT_EQ(verify, right.verify);
  EXPECT_EQ(reported, right.reported);
}

void expect_same(const protocol::PeerChainPtr& left, const protocol::PeerChainPtr& right) {
  ASSERT_EQ(left == nullptr, right == nullptr);
  EXPECT_TRUE(left == nullptr || *left == *right);
}

void expect_same(const verdict::PolicyReport& left, const verdict::PolicyReport& right) {
  const auto& [url, status, http_status, content_type, body, valid, mode, max_age, mx, addresses,
               address_results, chain] = left;
  EXPECT_EQ(url, right.url);
  EXPECT_EQ(status, right.status);
  EXPECT_EQ(http_status, right.http_status);
  EXPECT_EQ(content_type, right.content_type);
  EXPECT_EQ(body, right.body);
  EXPECT_EQ(valid, right.valid);
  EXPECT_EQ(mode, right.mode);
  EXPECT_EQ(max_age, right.max_age_seconds);
  EXPECT_EQ(mx, right.mx);
  EXPECT_TRUE(addresses == right.addresses);
  EXPECT_TRUE(address_results == right.address_results);
  expect_same(chain, right.chain);
}

void expect_same(const verdict::MxReport& left, const verdict::MxReport& right) {
  const auto& [host, preference, implicit, covered, pattern, facts] = left;
  EXPECT_EQ(host, right.host);
  EXPECT_EQ(preference, right.preference);
  EXPECT_EQ(implicit, right.implicit);
  EXPECT_EQ(covered, right.covered);
  EXPECT_EQ(pattern, right.pattern);
  ASSERT_EQ(facts == nullptr, right.facts == nullptr);
  if (facts != nullptr) state::expect_same(*facts, *right.facts);
}

void expect_same(const verdict::PolicyFactsPtr& left, const verdict::PolicyFactsPtr& right) {
  ASSERT_TRUE(left != nullptr && right != nullptr);
  EXPECT_EQ(*left, *right);
}

void expect_same(const std::string& left, const std::string& right) { EXPECT_EQ(left, right); }
void expect_same(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  EXPECT_EQ(left, right);
}

template <typename Value>
void expect_same_optional(const std::optional<Value>& left, const std::optional<Value>& right) {
  ASSERT_EQ(left.has_value(), right.has_value());
  if (left) expect_same(*left, *right);
}

template <typename Value>
void expect_same(const verdict::TrackedValue<Value>& left,
                 const verdict::TrackedValue<Value>& right) {
  const auto& [value, previous, since, seen, candidate, candidate_since, changed, changes] = left;
  expect_same_optional(value, right.value);
  expect_same_optional(previous, right.previous);
  EXPECT_EQ(since, right.since);
  EXPECT_EQ(seen, right.seen);
  expect_same_optional(candidate, right.candidate);
  EXPECT_EQ(candidate_since, right.candidate_since);
  EXPECT_EQ(changed, right.changed);
  EXPECT_EQ(changes, right.changes);
}

void expect_same(const verdict::CachedPolicy& left, const verdict::CachedPolicy& right) {
  const auto& [id, policy, first_seen, last_seen, gone, confirmed] = left;
  EXPECT_EQ(id, right.id);
  expect_same(policy, right.policy);
  EXPECT_EQ(first_seen, right.first_seen);
  EXPECT_EQ(last_seen, right.last_seen);
  EXPECT_EQ(gone, right.gone);
  EXPECT_EQ(confirmed, right.confirmed);
}

}  // namespace

void expect_same(const verdict::MxHostReport& left, const verdict::MxHostReport& right) {
  const auto& [host, probed_at, addresses, tlsa_base, tlsa, tlsa_count] = left;
  EXPECT_EQ(tlsa_base, right.tlsa_base);
  EXPECT_TRUE(tlsa == right.tlsa);
  EXPECT_EQ(tlsa_count, right.tlsa_count);
  EXPECT_EQ(host, right.host);
  EXPECT_EQ(probed_at, right.probed_at);
  ASSERT_EQ(addresses.size(), right.addresses.size());
  for (size_t i = 0; i < addresses.size(); ++i) {
    const verdict::MxAddressReport& other = right.addresses[i];
    const auto& [address, status, starttls, tls_version, cipher, chain, unobserved, dane,
                 tlsa_matched] = addresses[i];
    EXPECT_EQ(dane, other.dane);
    EXPECT_EQ(tlsa_matched, other.tlsa_matched);
    EXPECT_EQ(address, other.address);
    EXPECT_EQ(status, other.status);
    EXPECT_EQ(starttls, other.starttls);
    EXPECT_EQ(tls_version, other.tls_version);
    EXPECT_EQ(cipher, other.cipher);
    expect_same(chain, other.chain);
    EXPECT_EQ(unobserved, other.unobserved);
  }
}

void expect_same(const verdict::Report& left, const verdict::Report& right) {
  const auto& [domain, checked_at, duration, outcome, stages, findings, record, policy, tlsrpt, mx,
               suggested_policy, provider, hosted, history, changes, rollout, held_faults,
               held_certificates] = left;
  EXPECT_EQ(domain, right.domain);
  EXPECT_EQ(checked_at, right.checked_at);
  EXPECT_EQ(duration, right.duration);
  EXPECT_EQ(outcome, right.outcome);
  EXPECT_EQ(stages, right.stages);
  ASSERT_EQ(findings.size(), right.findings.size());
  for (size_t i = 0; i < findings.size(); ++i) expect_same(findings[i], right.findings[i]);
  const auto& [record_status, record_texts, id] = record;
  EXPECT_EQ(record_status, right.record.status);
  EXPECT_EQ(record_texts, right.record.texts);
  EXPECT_EQ(id, right.record.id);
  expect_same(policy, right.policy);
  const auto& [tlsrpt_status, tlsrpt_texts, rua] = tlsrpt;
  EXPECT_EQ(tlsrpt_status, right.tlsrpt.status);
  EXPECT_EQ(tlsrpt_texts, right.tlsrpt.texts);
  EXPECT_EQ(rua, right.tlsrpt.rua);
  ASSERT_EQ(mx.size(), right.mx.size());
  for (size_t i = 0; i < mx.size(); ++i) expect_same(mx[i], right.mx[i]);
  EXPECT_EQ(suggested_policy, right.suggested_policy);
  EXPECT_EQ(provider, right.provider);
  EXPECT_EQ(hosted, right.hosted);
  EXPECT_TRUE(rollout == right.rollout);
  EXPECT_TRUE(held_faults == right.held_faults);
  EXPECT_TRUE(held_certificates == right.held_certificates);
}

void expect_same(const verdict::History& left, const verdict::History& right) {
  const auto& [began, published, last_id, record, policy, mx, policy_gone, policy_gone_confirmed,
               mode_fell, record_fresh_at, ids, instances, mx_hosts, policy_returns, certificates,
               issuers, served_keys, mx_alternation, provider_before, provider_changed, passes,
               phase, revision] = left;
  EXPECT_EQ(began, right.began);
  EXPECT_EQ(published, right.published);
  EXPECT_EQ(last_id, right.last_id);
  expect_same(record, right.record);
  expect_same(policy, right.policy);
  expect_same(mx, right.mx);
  EXPECT_EQ(policy_gone, right.policy_gone);
  EXPECT_EQ(policy_gone_confirmed, right.policy_gone_confirmed);
  EXPECT_EQ(mode_fell, right.mode_fell);
  EXPECT_EQ(record_fresh_at, right.record_fresh_at);
  EXPECT_TRUE(ids == right.ids);
  ASSERT_EQ(instances.size(), right.instances.size());
  for (size_t i = 0; i < instances.size(); ++i) expect_same(instances[i], right.instances[i]);
  EXPECT_TRUE(mx_hosts == right.mx_hosts);
  EXPECT_EQ(policy_returns, right.policy_returns);
  EXPECT_EQ(certificates, right.certificates);
  EXPECT_TRUE(issuers == right.issuers);
  EXPECT_TRUE(served_keys == right.served_keys);
  EXPECT_TRUE(mx_alternation == right.mx_alternation);
  EXPECT_EQ(provider_before, right.provider_before);
  EXPECT_EQ(provider_changed, right.provider_changed);
  EXPECT_TRUE(passes == right.passes);
  EXPECT_TRUE(phase == right.phase);
  EXPECT_EQ(revision, right.revision);
}

void expect_same(const board::LastResults& left, const board::LastResults& right) {
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].result, right[i].result) << i;
    EXPECT_EQ(left[i].at, right[i].at) << i;
  }
}

std::unique_ptr<State> open_state(const std::string& path, milliseconds retention, Clock clock) {
  State::Options options;
  options.path = path;
  options.retention = retention;
  options.clock = std::move(clock);
  auto state = State::open(options);
  if (!state) {
    ADD_FAILURE() << state.failure().detail;
    std::abort();
  }
  return std::move(*state);
}

std::unique_ptr<State> open_state(const std::string& path) {
  return open_state(path, std::chrono::hours(400 * 24));
}

Timeline timeline_of(State& state, const std::string& domain) {
  std::promise<Result<Timeline>> promise;
  auto answer = promise.get_future();
  state.timeline(domain,
                 [&](Result<Timeline> timeline) { promise.set_value(std::move(timeline)); });
  Result<Timeline> timeline = answer.get();
  EXPECT_TRUE(timeline.ok());
  return timeline ? *timeline : Timeline{};
}

}  // namespace mtasts::state
