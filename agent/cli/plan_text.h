// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Plans and histories for a person at a terminal. Pure; colour and width are decided by the caller.
// What came from the network is made printable here; blocks to copy and commands are never wrapped.
#pragma once

#include <cstddef>
#include <string>

#include "base/time.h"
#include "plan/plan.h"

namespace mtasts::cli {

std::string plan_text(const plan::Plan& plan, bool colour, size_t width);

// "2026-12-02 10:15 UTC".
std::string minute_text(Time time);
// The name with its U-label form where there is one: "bücher.example (xn--bcher-kva.example)".
std::string shown_domain(const std::string& domain);
// "  - the policy last served 2026-11-02 (mode enforce, max_age 2592000), until 2026-12-02 10:15
// UTC" for each; the heading before them. Empty without any.
std::string held_list(const std::vector<verdict::HeldPolicy>& held, bool colour, size_t width);

}  // namespace mtasts::cli
