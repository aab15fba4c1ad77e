// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A domain that is checked repeatedly while its record, policy and MX set change.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {

using Codes = std::set<std::string>;

inline constexpr auto kWeek = std::chrono::hours(24 * 7);

inline std::string policy_body(const std::string& mode, uint64_t max_age,
                               const std::vector<std::string>& mx) {
  std::string body = "version: STSv1\r\nmode: " + mode + "\r\n";
  for (const std::string& pattern : mx) body += "mx: " + pattern + "\r\n";
  return body + "max_age: " + std::to_string(max_age) + "\r\n";
}

struct WatchedDomain {
  // What is published; empty: nothing.
  std::optional<std::string> id = "1";
  std::optional<std::string> body = policy_body("enforce", 604800, {"a.example"});
  std::vector<std::string> mx = {"a.example"};
  // What cannot be observed.
  bool record_unseen = false;
  bool policy_unseen = false;
  bool nothing_exists = false;  // or the resolver claims so: NXDOMAIN for every name
  std::chrono::seconds record_ttl{0};
  std::chrono::seconds mx_ttl{0};

  Thresholds thresholds;
  Time now = kNow;
  HistoryPtr history = std::make_shared<const History>();
  std::vector<Change> changes;  // of all checks
  Report report;

  void set_policy(const std::string& mode, uint64_t max_age, std::vector<std::string> patterns) {
    body = policy_body(mode, max_age, patterns);
  }
  void withdraw() { id = body = std::nullopt; }

  Report look() {
    Scene scene;
    scene.thresholds = thresholds;
    Evidence& evidence = scene.evidence;
    evidence.started = evidence.finished = now;
    evidence.record.texts.clear();
    if (id) evidence.record.texts = {"v=STSv1; id=" + *id + ";"};
    evidence.record.ttl = record_ttl;
    if (!id) evidence.record.status = protocol::DnsStatus::nxdomain;
    if (record_unseen) evidence.record.status = protocol::DnsStatus::timeout;
    scene.set_mx(mx);
    evidence.mx.ttl = mx_ttl;
    if (nothing_exists) {
      evidence.mx =
          dns_answer("example.com", protocol::RecordType::mx, protocol::DnsStatus::nxdomain);
      scene.hosts.clear();
      for (auto& answer : evidence.policy.addresses.answers)
        answer = dns_answer(answer.name, answer.type, protocol::DnsStatus::nxdomain);
      evidence.policy.attempts.clear();
    }
    for (auto& attempt : evidence.policy.attempts) {
      attempt.body = body.value_or("not here");
      attempt.http_status = body ? 200 : 404;
      if (!policy_unseen) continue;
      IpAddress address = attempt.address;
      attempt = protocol::HttpsAttempt();
      attempt.address = address;
      attempt.status = protocol::HttpsStatus::cancelled;
    }
    report = scene.judged_at(now, history);
    history = report.history;
    changes.insert(changes.end(), report.changes.begin(), report.changes.end());
    return report;
  }
  Report look_after(std::chrono::milliseconds pause) {
    now += pause;
    return look();
  }
  // Two checks a minute apart: differences are certain after them.
  Report settle(std::chrono::milliseconds pause = std::chrono::minutes(15)) {
    look_after(pause);
    return look_after(std::chrono::minutes(1));
  }

  std::set<std::string> open() const {
    std::set<std::string> codes;
    for (const Finding& finding : report.findings)
      if (finding.row->stage == Stage::change) codes.emplace(finding.code());
    return codes;
  }
  std::string message(std::string_view code) const {
    const Finding* finding = find(report, code);
    return finding == nullptr ? "" : finding->message;
  }
};

// A domain that was checked twice in the initial state of WatchedDomain.
inline WatchedDomain settled() {
  WatchedDomain domain;
  domain.look();
  domain.look_after(std::chrono::minutes(15));
  EXPECT_EQ(domain.open(), std::set<std::string>());
  return domain;
}

}  // namespace mtasts::verdict
