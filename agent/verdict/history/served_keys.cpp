// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/history/served_keys.h"

#include <algorithm>

namespace mtasts::verdict {
namespace {

// True: what is remembered changed.
bool follow_key(ServedKey& known, const Observation::Served& seen) {
  if (!seen.verified.empty()) {
    bool same = known.verified == seen.verified && known.failed.empty();
    known.verified = seen.verified;
    known.failed.clear();
    known.failed_since = kNever;
    known.confirmed = false;
    return !same;
  }
  // The same certificate fails when the records changed: another fault, which the stage dane tells.
  if (seen.failed.empty() || seen.failed == known.verified) return false;
  if (known.failed != seen.failed) {
    known.failed = seen.failed;
    known.failed_since = seen.at;
    known.confirmed = false;
    return true;
  }
  if (known.confirmed || seen.at <= known.failed_since) return false;
  known.confirmed = true;
  return true;
}

}  // namespace

void follow_served_keys(History& history, const Observation& seen) {
  auto& known = history.served_keys;
  auto is_gone = [&](const ServedKey& one) {
    return history.mx.value &&
           !std::binary_search(history.mx.value->begin(), history.mx.value->end(), one.host) &&
           std::none_of(seen.served.begin(), seen.served.end(),
                        [&](const auto& other) { return other.host == one.host; });
  };
  if (std::erase_if(known, is_gone) > 0) ++history.revision;
  for (const Observation::Served& one : seen.served) {
    auto place = std::find_if(known.begin(), known.end(),
                              [&](const ServedKey& other) { return other.host == one.host; });
    if (place != known.end()) {
      if (follow_key(*place, one)) ++history.revision;
    } else if (!one.verified.empty() && known.size() < kMostRemembered) {
      known.push_back({one.host, one.verified, "", kNever, false});
      ++history.revision;
    }
  }
}

}  // namespace mtasts::verdict
