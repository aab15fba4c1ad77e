// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reports as JSON: the object printed by `check --json` and returned by the HTTP API, with keys in
// the documented order. Octets that are not UTF-8 are replaced; this is never an error. Pure, any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "board/latest_reports.h"
#include "present/exposition.h"
#include "verdict/report.h"

namespace mtasts::present {

// One line, without a newline.
std::string report_json(const verdict::Report& report);

// {"domains":[…]}: the result of each domain's last check; domains not checked yet have the outcome
// "unknown" and no time. Produced piece by piece, so that memory stays bounded with any number of
// domains.
BodySource domains_source(board::Snapshot snapshot);
std::string domains_json(const board::Snapshot& snapshot);

// {"error":"…"}.
std::string error_json(std::string_view message);

}  // namespace mtasts::present
