// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage dane: dates of DNSSEC signatures and delegations, of lookups for an MX host or a domain.
// They are judged here and not left to the resolver: one that validates leniently keeps answers for
// secure up to a day after their signature has ended. Pure.
#pragma once

#include <vector>

#include "base/time.h"
#include "verdict/dane_evidence.h"
#include "verdict/findings/finding_collector.h"

namespace mtasts::verdict {

// `about` carries the host; empty: the domain.
void judge_signatures(FindingCollector& findings, const std::vector<const SecuredLookup*>& lookups,
                      const FindingDetails& about, Time now);
void judge_delegation_match(FindingCollector& findings, const DelegationEvidence& delegation,
                            const FindingDetails& about);

}  // namespace mtasts::verdict
