// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage change: an MX host serves another certificate than the one that its TLSA records matched,
// and they do not match the new one (RFC 7671 §8.1).
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {

void judge_key_changes(RuleContext& context, const History& history, const Observation& seen) {
  for (const ServedKey& key : history.served_keys) {
    bool fails =
        key.confirmed &&
        std::any_of(seen.served.begin(), seen.served.end(), [&](const Observation::Served& now) {
          return now.host == key.host && now.failed == key.failed;
        });
    if (!fails) continue;
    constexpr size_t kShown = 16;
    FindingDetails what;
    what.host = key.host;
    what.message = fmt::format(
        "{} serves another certificate since {} (SHA-256 fingerprint {}…, before {}…), and no TLSA "
        "record matches it",
        printable(key.host, 253), date_text(key.failed_since), key.failed.substr(0, kShown),
        key.verified.substr(0, kShown));
    context.add("cert-key-changed-tlsa-not", std::move(what));
  }
}

}  // namespace mtasts::verdict
