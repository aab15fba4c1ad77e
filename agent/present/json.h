// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reports as JSON: the one object that `check --json` prints and the HTTP API returns, with the
// keys and their order as documented. Octets that are not UTF-8 are replaced, never an error.
// Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "board/latest_reports.h"
#include "present/exposition.h"
#include "verdict/report.h"

namespace mtasts::present {

// One line, without its end.
std::string report_json(const verdict::Report& report);

// {"domains":[…]}: what each domain's last check came to; domains not checked yet have the outcome
// "unknown" and no time. Made piece by piece, for boards of any size.
BodySource domains_source(board::Snapshot snapshot);
std::string domains_json(const board::Snapshot& snapshot);

// {"error":"…"}.
std::string error_json(std::string_view message);

}  // namespace mtasts::present
