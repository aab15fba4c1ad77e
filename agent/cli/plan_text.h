// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Plans and histories as text for a terminal. Pure; the caller decides colour and width. Text from
// the network is made printable here; commands and blocks to copy are never wrapped.
#pragma once

#include <cstddef>
#include <string>

#include "base/time.h"
#include "plan/plan.h"

namespace mtasts::cli {

std::string plan_text(const plan::Plan& plan, bool colour, size_t width);

// "2026-12-02 10:15 UTC".
std::string minute_text(Time time);
// The name, preceded by its U-label form if there is one: "bücher.example (xn--bcher-kva.example)".
std::string shown_domain(const std::string& domain);
// A heading, then for each policy "  - the policy last served 2026-11-02 (mode enforce, max_age
// 2592000), until 2026-12-02 10:15 UTC". Empty if there are none.
std::string held_list(const std::vector<verdict::HeldPolicy>& held, bool colour, size_t width);

}  // namespace mtasts::cli
