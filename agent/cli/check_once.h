// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One check of one domain now, with the agent's engine but without history. MX hosts are contacted
// unless smtp.enabled is false. Runs its own loop; blocks for at most [check] timeout plus a short
// time to shut down.
#pragma once

#include "base/domain_name.h"
#include "base/result.h"
#include "settings/settings.h"
#include "verdict/report.h"

namespace mtasts::cli {

// Fails with one sentence when a trust store cannot be read. A check that did not finish is a
// failure of kind cancelled.
Result<verdict::Report> check_once(const settings::Settings& settings, const DomainName& domain);

}  // namespace mtasts::cli
