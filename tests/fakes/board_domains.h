// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Makes these the configured domains of a board, and no others, by differences as the service does.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "board/latest_reports.h"

namespace mtasts::fakes {

// `apply` gets each update, in order.
template <typename Apply>
void set_domains(board::LatestReports& reports, const std::vector<settings::DomainEntry>& domains,
                 Apply apply) {
  std::set<std::string> wanted;
  for (const settings::DomainEntry& domain : domains) wanted.insert(domain.name.text());
  for (const board::DomainEntryPtr& entry : reports.snapshot().domains)
    if (!wanted.contains(entry->name)) apply(reports.remove_domain(entry->name));
  for (const settings::DomainEntry& domain : domains) apply(reports.put_domain(domain));
}

inline void set_domains(board::LatestReports& reports,
                        const std::vector<settings::DomainEntry>& domains) {
  set_domains(reports, domains, [](const board::Update&) {});
}

}  // namespace mtasts::fakes
