// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage change: another authority issues a certificate. Senders do not mind, but CAA records
// (RFC 8659) and TLSA records of an authority (RFC 7671 §5.2) may.
#include <fmt/format.h>

#include "base/printable.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

// The value of O in a name in the form of RFC 2253; empty: none.
std::string_view organization_of(std::string_view name) {
  size_t at = name.starts_with("O=") ? 0 : name.find(",O=");
  if (at == std::string_view::npos) return {};
  name.remove_prefix(name.find('=', at) + 1);
  size_t end = 0;
  while (end < name.size() && name[end] != ',') end += name[end] == '\\' ? 2 : 1;
  return name.substr(0, end);
}

}  // namespace

void judge_issuer_changes(RuleContext& context, const History& history) {
  for (const SeenIssuer& seen : history.issuers) {
    bool recent =
        seen.changed != kNever && context.now < seen.changed + context.thresholds.change_hold;
    if (!recent) continue;
    std::string_view now = organization_of(seen.issuer);
    bool same_organization = !now.empty() && now == organization_of(seen.previous);
    FindingDetails what;
    what.message = fmt::format("The certificate of {} is issued by {} since {}, before by {}",
                               printable(seen.host, 253), printable(seen.issuer, 200),
                               date_text(seen.changed), printable(seen.previous, 200));
    if (same_organization)
      what.fix = "No action is needed, unless a TLSA record of usage 2 names the previous CA";
    what.host = seen.host;
    context.add("cert-issuer-changed", std::move(what));
  }
}

}  // namespace mtasts::verdict
