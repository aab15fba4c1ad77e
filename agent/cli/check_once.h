// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One check of one domain now, with the engine of the agent but without its memory and without
// connections to MX hosts. Runs a loop of its own; blocks for [check] timeout at most, and a moment
// to end tidily.
#pragma once

#include "base/domain_name.h"
#include "base/result.h"
#include "settings/settings.h"
#include "verdict/report.h"

namespace mtasts::cli {

// Fails with one sentence when a trust store cannot be read. A check that did not end is a failure
// of kind cancelled.
Result<verdict::Report> check_once(settings::Settings settings, const DomainName& domain);

}  // namespace mtasts::cli
