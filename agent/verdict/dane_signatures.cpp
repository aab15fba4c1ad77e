// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/dane_signatures.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/printable.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Signers renew signatures when a tenth of their life or more is left: Knot DNS a tenth plus TTL,
// BIND 9 and OpenDNSSEC a fifth or more, PowerDNS a third; who signs at each query leaves half. So
// less than that is a signer that stands still. For long lives three days are early enough.
constexpr hours kSoonest{72};
constexpr int kLeastShare = 10;

// A signature of some section that matters for this lookup. A bogus answer is often one whose
// signature has ended, which its signature then shows.
bool is_judged(const SecuredLookup& lookup) {
  return lookup.security == DnsSecurity::secure || lookup.security == DnsSecurity::bogus;
}

std::string when(Time time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", std::chrono::floor<seconds>(time));
}

std::string name_of_signature(const SignatureDates& dates) {
  return fmt::format("{} records of {}", printable(dates.type, 16), printable(dates.owner, 253));
}

// The answer may have been in a cache for a while, which is not the signer's fault.
bool is_near_end(const SignatureDates& dates, Time now) {
  auto life = dates.expiration - dates.inception;
  auto left = dates.expiration - now + dates.age_in_cache;
  return left < std::min<Time::duration>(kSoonest, life / kLeastShare);
}

}  // namespace

void judge_signatures(FindingCollector& findings, const std::vector<const SecuredLookup*>& lookups,
                      const FindingDetails& about, Time now) {
  for (const SecuredLookup* lookup : lookups) {
    if (!is_judged(*lookup)) continue;
    for (const SignatureDates& dates : lookup->signatures) {
      FindingDetails what = about;
      what.tlsa.signed_name = dates.owner;
      what.tlsa.signed_type = dates.type;
      if (dates.expiration <= now) {
        what.message =
            fmt::format("The signature of the {} ended on {}{}", name_of_signature(dates),
                        when(dates.expiration),
                        lookup->security == DnsSecurity::secure
                            ? "; the agent's resolver still accepts it, others no longer do"
                            : "");
        findings.add("dane-signature-ended", std::move(what));
      } else if (is_near_end(dates, now)) {
        what.message =
            fmt::format("The signature of the {} ends on {}, and was made on {}",
                        name_of_signature(dates), when(dates.expiration), when(dates.inception));
        findings.add("dane-rrsig-expiring", std::move(what));
      }
    }
  }
}

void judge_delegation_match(FindingCollector& findings, const DelegationEvidence& delegation,
                            const FindingDetails& about) {
  using Match = DelegationEvidence::Match;
  if (delegation.match != Match::none && delegation.match != Match::no_dnskey) return;
  FindingDetails what = about;
  what.tlsa.zone = delegation.zone;
  what.message =
      fmt::format("The DS records of {} (key tags {}) match none of its keys ({})",
                  printable(delegation.zone, 253), fmt::join(delegation.ds_key_tags, ", "),
                  delegation.dnskey_key_tags.empty()
                      ? "it has no DNSKEY records"
                      : fmt::format("key tags {}", fmt::join(delegation.dnskey_key_tags, ", ")));
  findings.add("dane-ds-mismatch", std::move(what));
}

}  // namespace mtasts::verdict
