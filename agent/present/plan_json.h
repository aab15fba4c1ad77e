// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A plan (plan/plan.h) as JSON: the object printed by `plan --json`. Times are RFC 3339, UTC;
// policies are exact octets. Octets that are not UTF-8 are replaced; this is never an error. Pure,
// any thread.
#pragma once

#include <string>

#include "plan/plan.h"

namespace mtasts::present {

// One line, without a newline.
std::string plan_json(const plan::Plan& plan);

}  // namespace mtasts::present
