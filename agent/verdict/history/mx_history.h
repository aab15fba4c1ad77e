// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What advance() remembers of the MX set beyond its current value: whether it alternates, and which
// provider it belonged to. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "verdict/history/history.h"

namespace mtasts::verdict {

// Notes the set that a check observed; `hosts` is sorted. `returned`: it has just been confirmed,
// and was the known one before the last change. True when something was remembered.
bool note_mx_set(MxAlternation& alternation, const std::vector<std::string>& hosts,
                 const Observation& seen, bool returned);

// After a confirmed change of history.mx: notes whether no provider of the previous set is left.
void note_provider(History& history);

}  // namespace mtasts::verdict
