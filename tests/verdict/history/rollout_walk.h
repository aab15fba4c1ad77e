// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A domain on the way to mode enforce, and how far it is.
#pragma once

#include <string>

#include "verdict/history/introduced_domain.h"
#include "verdict/rollout.h"

namespace mtasts::verdict {

inline constexpr uint64_t kDay_seconds = 86400;

inline IntroducedDomain in_testing(uint64_t max_age = kDay_seconds) {
  IntroducedDomain domain;
  domain.publish(protocol::Mode::testing, max_age);
  domain.check();
  return domain;
}

inline std::string action_of(const IntroducedDomain& domain, ObstacleKind kind) {
  for (const Obstacle& one : domain.rollout().obstacles)
    if (one.kind == kind) return one.text + " " + one.action;
  return {};
}

// Days of checks until the next step is due; -1: not within half a year.
inline int days_until_ready(IntroducedDomain& domain) {
  Time from = domain.now;
  while (domain.now - from < kOneDay * 180) {
    domain.check();
    if (domain.rollout().ready) return static_cast<int>((domain.now - from) / kOneDay);
  }
  return -1;
}

}  // namespace mtasts::verdict
