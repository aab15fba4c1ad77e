// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Follows the issuers of certificates from one check to the next: a new issuer is a candidate until
// the next observation of the host confirms it. Part of advance(); pure.
#pragma once

#include <vector>

#include "verdict/history/history.h"

namespace mtasts::verdict {

void follow_issuers(History& history, const Observation& seen, std::vector<Change>& changes);

}  // namespace mtasts::verdict
