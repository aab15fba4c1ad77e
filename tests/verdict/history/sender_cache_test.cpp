// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The sender-cache model compared with senders. A random domain changes its policy, takes it down
// and restores it; random checks, some of them inconclusive, feed a history. Senders that follow
// RFC 8461 §5.1 fetch whenever something can differ from the moment before, and keep the policy for
// max_age. The model must never report "expired" while a sender still holds a policy other than the
// current one, and must not be later than necessary: than a sender that fetched the old policy at
// the last instant at which it may have been served, as far as the checks show.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "verdict/history/history.h"

namespace mtasts::verdict {
namespace {

using std::chrono::seconds;

Time at(int64_t second) { return Time(seconds(1700000000 + second)); }

PolicyFactsPtr facts(int number, uint64_t max_age) {
  auto made = std::make_shared<PolicyFacts>();
  made->digest = "body " + std::to_string(number);
  made->mode = protocol::Mode::enforce;
  made->max_age_seconds = max_age;
  made->mx = {"mx" + std::to_string(number) + ".example"};
  return made;
}

struct Span {
  int64_t begin;
  int64_t end;            // exclusive
  PolicyFactsPtr policy;  // null: none is served
};

struct Check {
  int64_t second;
  bool observes_policy;
  bool observes_record;
};

struct World {
  std::vector<Span> spans;
  std::vector<Check> checks;
};

// At most one change between two checks that observe the policy: a policy that comes and goes in
// between cannot be known.
World random_world(std::mt19937_64& random) {
  auto number = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  std::vector<PolicyFactsPtr> known;
  for (int i = 0; i < 4; ++i)
    known.push_back(
        facts(i, static_cast<uint64_t>(number(0, 1) == 0 ? number(1, 500) : number(1, 20000))));
  World world;
  int64_t now = 0;
  int64_t begin = 0;
  PolicyFactsPtr policy = known[0];
  bool changed = false;
  int64_t count = number(2, 40);
  for (int64_t i = 0; i < count; ++i) {
    Check check{now, number(0, 9) > 0, number(0, 9) > 0};
    if (i == 0) check.observes_policy = check.observes_record = true;
    world.checks.push_back(check);
    if (check.observes_policy) changed = false;
    int64_t pause = number(0, 20) == 0 ? number(1, 30000) : number(1, 900);
    if (!changed && number(0, 3) == 0) {
      int64_t when = now + number(1, pause);
      world.spans.push_back({begin, when, policy});
      begin = when;
      size_t next = static_cast<size_t>(number(0, 4));
      policy = next == 4 ? nullptr : known[next];
      changed = true;
    }
    now += pause;
  }
  world.spans.push_back({begin, now + 1, policy});
  return world;
}

const Span& span_at(const World& world, int64_t second) {
  return *std::find_if(world.spans.begin(), world.spans.end(),
                       [&](const Span& span) { return second < span.end; });
}

// The last instant at which a sender that fetched before `now` holds a policy other than `today`.
int64_t longest_hold(const World& world, int64_t now, const PolicyFactsPtr& today) {
  int64_t longest = 0;
  for (const Span& span : world.spans) {
    if (span.policy == nullptr || span.policy == today || span.begin >= now) continue;
    int64_t last_fetch = std::min(span.end, now) - 1;
    longest = std::max(longest, last_fetch + static_cast<int64_t>(span.policy->max_age_seconds));
  }
  return longest;
}

// What the checks allow: each policy may have been served until a check observed otherwise.
int64_t latest_possible(const World& world, int64_t now, const PolicyFactsPtr& today) {
  int64_t latest = 0;
  for (size_t i = 0; i < world.checks.size(); ++i) {
    if (!world.checks[i].observes_policy || world.checks[i].second > now) continue;
    PolicyFactsPtr policy = span_at(world, world.checks[i].second).policy;
    if (policy == nullptr || policy == today) continue;
    for (size_t j = i + 1; j < world.checks.size(); ++j) {
      if (!world.checks[j].observes_policy || world.checks[j].second > now) continue;
      if (span_at(world, world.checks[j].second).policy != policy)
        latest = std::max(latest,
                          world.checks[j].second + static_cast<int64_t>(policy->max_age_seconds));
      break;
    }
  }
  return latest;
}

Observation observation_of(const World& world, const Check& check) {
  Observation seen;
  seen.at = at(check.second);
  if (check.observes_record) seen.record = "1";
  if (!check.observes_policy) return seen;
  seen.policy = span_at(world, check.second).policy;
  seen.policy_gone = seen.policy == nullptr;
  return seen;
}

TEST(SenderCache, IsNeverTooEarlyAndNotLaterThanNeeded) {
  std::mt19937_64 random(20261102);
  constexpr int kRounds = 10000;
  int with_held = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    World world = random_world(random);
    History history;
    std::vector<Change> changes;
    PolicyFactsPtr today;
    for (const Check& check : world.checks) {
      history = advance(history, observation_of(world, check), std::chrono::hours(1), changes);
      if (!check.observes_policy) continue;
      today = span_at(world, check.second).policy;
      std::vector<HeldPolicy> held = held_policies(history, at(check.second));
      int64_t model = held.empty() ? 0 : (held.front().until - at(0)).count() / 1000;
      int64_t truth = longest_hold(world, check.second, today);
      int64_t needed = latest_possible(world, check.second, today);
      ASSERT_TRUE(truth <= check.second || model >= truth) << "expired while a sender holds it";
      ASSERT_LE(model, needed) << "later than needed";
      ASSERT_TRUE(model == 0 || model > check.second);
      with_held += model != 0;
    }
  }
  EXPECT_GT(with_held, kRounds)
      << "fewer than one observation per world while senders hold a policy";
}

TEST(SenderCache, CountsFromTheLastInstantOfAPossibleFetch) {
  struct Case {
    std::vector<std::pair<int64_t, int>> checks;  // when, which policy (-1: none, -2: not observed)
    int64_t until;                                // 0: nothing is held
  };
  const Case cases[] = {
      {{{0, 0}, {900, 0}}, 0},                        // unchanged
      {{{0, 0}, {900, 1}}, 900 + 1000},               // served until the other was observed
      {{{0, 0}, {900, -2}, {1800, 1}}, 1800 + 1000},  // an inconclusive check ends nothing
      {{{0, 0}, {900, -1}, {1800, 1}}, 900 + 1000},   // gone since the first check without it
      {{{0, 0}, {900, 1}, {1000, 0}}, 1000 + 1000},   // a rollback: the new one is the old one
      {{{0, 0}, {900, 1}, {1899, 1}}, 900 + 1000},    // still held
      {{{0, 0}, {900, 1}, {1900, 1}}, 0},             // expired, to the second
      {{{0, 0}, {900, -1}}, 900 + 1000},              // nothing is served now
  };
  for (const Case& c : cases) {
    History history;
    std::vector<Change> changes;
    for (auto [second, number] : c.checks) {
      Observation seen;
      seen.at = at(second);
      seen.record = "1";
      if (number >= 0) seen.policy = facts(number, 1000);
      seen.policy_gone = number == -1;
      history = advance(history, seen, std::chrono::hours(1), changes);
    }
    auto held = held_policies(history, at(c.checks.back().first));
    EXPECT_EQ(held.empty() ? 0 : (held.front().until - at(0)).count() / 1000, c.until);
  }
}

TEST(SenderCache, NobodyHoldsWhatWasNeverAnnounced) {
  History history;
  std::vector<Change> changes;
  for (int i = 0; i < 3; ++i) {
    Observation seen;
    seen.at = at(i * 900);
    seen.record = "";
    seen.policy = facts(i, 100000);
    history = advance(history, seen, std::chrono::hours(1), changes);
  }
  EXPECT_TRUE(held_policies(history, at(1800)).empty());
}

TEST(SenderCache, TakesNoMaxAgeAboveTheLimit) {
  History history;
  std::vector<Change> changes;
  for (int number : {0, 1}) {
    Observation seen;
    seen.at = at(number);
    seen.record = "1";
    seen.policy = facts(number, UINT64_MAX);
    history = advance(history, seen, std::chrono::hours(1), changes);
  }
  EXPECT_EQ(held_policies(history, at(1))[0].until, at(1 + 31557600));
}

}  // namespace
}  // namespace mtasts::verdict
