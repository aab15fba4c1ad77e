// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Exponential backoff after consecutive failed or inconclusive attempts. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace mtasts::async {

// 1, 2, 4 … minutes after the first, second, third time; at most about 17 hours.
inline std::chrono::milliseconds backoff_after(int times) {
  constexpr std::chrono::minutes kFirst(1);
  constexpr int kMaxDoublings = 10;
  return kFirst * (1 << std::clamp(times - 1, 0, kMaxDoublings));
}

}  // namespace mtasts::async
