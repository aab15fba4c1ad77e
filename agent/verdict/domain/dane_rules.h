// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The rules of stage dane for a domain. Internal to the verdict room; pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verdict/evidence.h"
#include "verdict/report.h"

namespace mtasts::verdict {

class RuleContext;

// After the rules of stage smtp.
void judge_dane(RuleContext& context);
// DANE and MTA-STS decide differently about a host (RFC 8461 §2).
void judge_sts_conflict(RuleContext& context);

// Names that a certificate under a trust anchor may have beside those of the host (RFC 7672
// §3.2.2): with secure MX records that of the next hop, and the name it is an alias of.
std::vector<std::string> next_hop_names(const Evidence& evidence);
// The certificate is verified for this domain only, by the name of the next hop.
bool is_verified_for(const Evidence& evidence, const HostVerdict& host, size_t address);
// The facts of a host for this domain: those of the host, but for such an address.
std::shared_ptr<const MxHostReport> facts_for(const Evidence& evidence, const HostVerdict& host);

}  // namespace mtasts::verdict
