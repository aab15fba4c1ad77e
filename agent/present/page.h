// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The web pages, made on the server, without scripts: the list of domains, worst first, and
// everything known of one domain. Bounded: at most kMostRows domains are listed, the rest is
// counted; texts from the network are cut. Links are relative, so that a path prefix does no harm.
// Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "board/latest_reports.h"
#include "present/html.h"

namespace mtasts::present {

inline constexpr size_t kMostRows = 500;

// `filter` is what a person typed: part of a domain's name or of a finding's code; empty: all.
std::string index_page(const board::Snapshot& snapshot, std::string_view filter);
std::string domain_page(const board::DomainEntry& entry);
// One sentence; for pages at "/domains/…".
std::string message_page(std::string_view title, std::string_view sentence);

// The name as people write it.
std::string display_name(std::string_view domain);
// <span class="tag …">…</span>
std::string tag(std::string_view word);

}  // namespace mtasts::present
