// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The web pages, rendered on the server, without scripts: the list of domains, worst first, and the
// details of one domain. Bounded: at most kMostRows domains are listed and the rest is counted;
// text from the network is truncated. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "board/latest_reports.h"
#include "present/html.h"
#include "reports/rejected_report.h"
#include "reports/summary.h"

namespace mtasts::present {

inline constexpr size_t kMostRows = 500;

// Base of all links. The default is relative links, which work under any path prefix.
struct PageLinks {
  std::string prefix;        // path prefix of every link, such as "/mtasts"; empty: relative links
  std::string external_url;  // prefix of absolute links, path included, without a trailing "/";
                             // empty: there are no absolute links
};

// `filter` is the user's search text: part of a domain's name or of a finding's code; empty: all
// domains.
std::string index_page(const board::Snapshot& snapshot, std::string_view filter,
                       const PageLinks& links = {});
std::string domain_page(const board::DomainEntry& entry, const PageLinks& links = {});
// The section of a domain's page about TLS reports. What was not authenticated is marked.
// `own_hosts`: the MX hosts of the domain; empty: not known.
std::string reports_section(const std::string& domain, const reports::DomainSummary& summary,
                            const std::vector<std::string>& own_hosts);
// The section of a domain's page about its way to mode enforce, with the commands that write what
// to publish.
std::string rollout_section(const std::string& domain, const verdict::Rollout& rollout);
// The section of the list about TLS reports that were not used; empty: there are none. Their texts
// are strangers'.
std::string rejected_section(const reports::RejectedReports& rejected);
// A page with one sentence, for pages at "/domains/…".
std::string message_page(std::string_view title, std::string_view sentence,
                         const PageLinks& links = {});

// The URL of the list, as markup; `relative` is the relative URL of the list from the linking page.
std::string link_root(const PageLinks& links, std::string_view relative);
// The absolute URL of a path that begins with '/'; empty if there is no external URL.
std::string absolute_link(const PageLinks& links, std::string_view path);

// The name in its Unicode form (U-labels).
std::string display_name(std::string_view domain);
// <span class="tag …">…</span>
std::string tag(std::string_view word);

}  // namespace mtasts::present
