// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Rules about what is observed beside a check (ExtraEvidence), and about how the observations of a
// check fit together. What was not observed gives no finding. Internal to the verdict room; pure.
#pragma once

#include "verdict/rule_context.h"

namespace mtasts::verdict {

// Stage record: the TTL, a wildcard, and names at which the record is published by mistake.
void judge_record_name(RuleContext& context);
// Stage record: _mta-sts leads to a provider, but mta-sts does not, or the reverse.
void judge_delegation(RuleContext& context);
// Stage record: the authoritative servers differ. `remembers`: other checks of the domain follow,
// so what may be a zone transfer in progress can wait for them.
void judge_authorities(RuleContext& context, bool remembers);
// Stage policy_syntax: mx patterns that match hosts of strangers.
void judge_pattern_breadth(RuleContext& context);
// Stage tlsrpt: reports cannot arrive.
void judge_report_targets(RuleContext& context);

}  // namespace mtasts::verdict
