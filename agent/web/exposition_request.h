// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a scrape asks for: the format, by Accept (RFC 9110 §12.5.1), and families and domains, by
// parameters of the URL. Any thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "board/latest_reports.h"
#include "present/exposition_format.h"
#include "web/request_target.h"

namespace mtasts::web {

// OpenMetrics 1.0 where the client prefers it to text, as Prometheus does; text otherwise. A field
// that cannot be parsed asks for nothing.
present::ExpositionFormat exposition_format(std::string_view accept);

// The values of a repeated parameter, without empty ones.
std::vector<std::string> values_of(const RequestTarget& target, std::string_view name);

// As in the labels `domain` and `mx`.
struct ScrapedNames {
  std::set<std::string> domains;
  std::set<std::string> hosts;  // the MX hosts of the domains
};

// Of ?domain=. The failure is one sentence about a name that is no configured domain.
Result<ScrapedNames> scraped_names(const std::vector<std::string>& domains,
                                   const board::LatestReports& reports);

}  // namespace mtasts::web
