// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Follows from one probe to the next which certificate of an MX host its TLSA records matched, and
// whether another one is served that they do not match. Two probes must agree. Pure.
#pragma once

#include "verdict/history/history.h"

namespace mtasts::verdict {

void follow_served_keys(History& history, const Observation& seen);

}  // namespace mtasts::verdict
