// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A domain that introduces MTA-STS and is checked every hour for months. Its certificates are
// renewed by a client. Every check is compared with what must always hold of an advisor.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "verdict/healthy_evidence.h"
#include "verdict/history/phases.h"
#include "verdict/reported_scene.h"
#include "verdict/rollout.h"

namespace mtasts::verdict {

inline constexpr std::chrono::hours kOneDay{24};

struct IntroducedDomain {
  std::optional<std::string> id;
  std::string body;
  Time start = Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)) + std::chrono::hours(7);
  Time now = start;
  HistoryPtr history = std::make_shared<const History>();
  Report report;
  Thresholds thresholds;
  bool renews = true;
  int lifetime_days = 90;
  std::function<void(Scene&)> disturb;                      // empty: nothing is wrong
  std::function<reports::DomainSummaryPtr(Time)> reported;  // empty: not taken in
  int ready_changes = 0;
  int published = 0;
  std::vector<std::pair<RolloutPhase, Time>> phases;  // entered, in order

  void publish(protocol::Mode mode, uint64_t max_age) {
    body = "version: STSv1\r\nmode: " + std::string(name_of(mode)) +
           "\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\nmax_age: " + std::to_string(max_age) +
           "\r\n";
    id = "id" + std::to_string(++published);
  }
  int days() const { return static_cast<int>((now - start) / kOneDay); }
  const Rollout& rollout() const { return *report.rollout; }

  void check(std::chrono::minutes pause = std::chrono::minutes(60)) {
    now += pause;
    Scene scene = seen();
    if (disturb) disturb(scene);
    finish(scene);
    bool was_ready = report.rollout && report.rollout->ready;
    report = scene.judged_at(now, history);
    history = report.history;
    verify();
    if (report.rollout->ready != was_ready) ++ready_changes;
    if (phases.empty() || phases.back().first != report.rollout->phase)
      phases.emplace_back(report.rollout->phase, now);
  }
  void check_for(std::chrono::hours duration) {
    for (Time end = now + duration; now < end;) check();
  }
  // Until the next step is due, then publishes it; false: it was not within that time.
  bool take_next_step(std::chrono::hours most) {
    for (Time end = now + most; now < end;) {
      check();
      if (!rollout().ready) continue;
      check_for(std::chrono::hours(30));  // people take their time
      EXPECT_TRUE(rollout().ready) << "it stays due: " << problems();
      NextStep next = *rollout().next;
      publish(next.mode, next.max_age_seconds);
      check();
      check(std::chrono::minutes(1));
      return true;
    }
    return false;
  }
  std::string problems() const {
    std::string text = summary(report);
    for (const Obstacle& one : rollout().obstacles)
      text += "\n" + std::string(name_of(one.kind)) + ": " + one.text + " | " + one.action;
    return text;
  }
  bool has(ObstacleKind kind) const {
    return std::any_of(rollout().obstacles.begin(), rollout().obstacles.end(),
                       [&](const Obstacle& one) { return one.kind == kind; });
  }

 private:
  // A certificate of the age that its host's has now.
  void renew(protocol::PeerChain& chain, int offset_days) const {
    auto first = std::chrono::floor<std::chrono::seconds>(start) - kOneDay * offset_days;
    auto age = std::chrono::floor<std::chrono::seconds>(now) - first;
    auto turns = renews ? age / (kOneDay * 60) : 0;
    chain.leaf.not_before = first + turns * kOneDay * 60;
    chain.leaf.not_after = chain.leaf.not_before + kOneDay * lifetime_days;
    chain.chain_not_after = chain.leaf.not_after;
    chain.leaf.fingerprint_sha256 += std::to_string(turns);
  }
  Scene seen() const {
    Scene scene;
    scene.thresholds = thresholds;
    Evidence& evidence = scene.evidence;
    evidence.started = evidence.finished = now;
    evidence.record.texts = {"v=STSv1; id=" + id.value_or("") + ";"};
    if (!id) {
      evidence.record = dns_answer("_mta-sts.example.com", protocol::RecordType::txt,
                                   protocol::DnsStatus::nxdomain);
      for (auto& answer : evidence.policy.addresses.answers)
        answer = dns_answer(answer.name, answer.type, protocol::DnsStatus::nxdomain);
      evidence.policy.attempts.clear();
    }
    scene.set_body(body);
    scene.break_policy_chain([&](auto& chain) { renew(chain, 10); });
    int offset = 20;
    for (MxHostEvidence& host : scene.hosts) {
      host.probed_at = now;
      for (auto& attempt : host.attempts) {
        auto chain = *attempt.chain;
        renew(chain, offset);
        attempt.chain = share(chain);
      }
      offset += 15;
    }
    if (reported) scene.reported = reported(now);
    return scene;
  }
  // The hosts are judged now, not at the time of the other tests.
  void finish(Scene& scene) const {
    for (const auto& record : scene.evidence.mx.mx) {
      MxTarget target;
      target.host = record.host;
      target.preference = record.preference;
      for (const auto& host : scene.hosts)
        if (host.host == record.host)
          target.verdict =
              judge_host(std::make_shared<const MxHostEvidence>(host), thresholds, now);
      scene.evidence.mx_targets.push_back(std::move(target));
    }
  }
  void verify() const {
    ASSERT_TRUE(report.rollout.has_value());
    const Rollout& advice = *report.rollout;
    bool fault = std::any_of(report.findings.begin(), report.findings.end(), is_obstacle);
    EXPECT_FALSE(advice.ready && fault) << summary(report);
    EXPECT_EQ(find(report, "sts-ready-for-next-phase") != nullptr, advice.ready);
    bool blocked = std::any_of(advice.obstacles.begin(), advice.obstacles.end(),
                               [](const Obstacle& one) { return one.blocks; });
    EXPECT_FALSE(advice.ready && blocked);
    if (!advice.ready && advice.next && !advice.next->optional) {
      EXPECT_TRUE(blocked) << "it says why not";
    }
    if (advice.ready) {
      EXPECT_LE(*advice.next->earliest, now);
    }
    EXPECT_LE(advice.obstacles.size(), kMostObstacles);
    for (const Obstacle& one : advice.obstacles) {
      if (one.kind == ObstacleKind::finding) continue;  // texts of the finding
      EXPECT_TRUE(one.text.ends_with('.')) << one.text;
      EXPECT_TRUE(one.action.ends_with('.')) << one.action;
    }
  }
};

}  // namespace mtasts::verdict
