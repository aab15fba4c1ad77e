// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The rules of stage dane for a domain. Internal to the verdict room; pure.
#pragma once

#include <memory>

#include "verdict/evidence.h"
#include "verdict/report.h"

namespace mtasts::verdict {

class RuleContext;

// After the rules of stage smtp.
void judge_dane(RuleContext& context);
// DANE and MTA-STS decide differently about a host (RFC 8461 §2).
void judge_sts_conflict(RuleContext& context);

// The certificate is verified for this domain only, by the name of the next hop.
bool is_verified_for(const Evidence& evidence, const HostVerdict& host, size_t address);
// The facts of a host for this domain: those of the host, but for such an address.
std::shared_ptr<const MxHostReport> facts_for(const Evidence& evidence, const HostVerdict& host);

}  // namespace mtasts::verdict
